"""Load who supplied which contract on which tariff."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.feed_rows import SupplyTermRow
from accounts.models import Entity, EntityKind, ServiceContract, SupplyTerm, span_of
from accounts.services.link_changes import Changed, record_link_changes
from accounts.services.loading.contractual import ends_before_start
from accounts.services.loading.load import Load, LoadResult
from accounts.services.loading.objects import not_newer
from accounts.services.loading.timeline import Interval, Timeline
from cdsc_portal.lib import clock

_FIELDS = ("supplier_id", "supplier_contract_number", "tariff_code", "tariff_name", "end")


@transaction.atomic
def load_supply_terms(
    *, rows: Sequence[SupplyTermRow], at: datetime, version_at: datetime | None = None
) -> LoadResult:
    """Make or change supply terms; contract and start tell them apart.

    A term ends only where its row says so: a new one that overlaps another is rejected, naming the other. A
    supplier not known yet is added. `version_at` is the file's own time, by default `at`: an older file never
    undoes a newer one. The number of queries does not grow with the rows.
    """
    load = Load(at=at, as_of=version_at or at)
    suppliers = _suppliers({row.supplier for row in rows}, load)
    contracts = ServiceContract.objects.select_for_update().in_bulk(
        {row.contract_number for row in rows}, field_name="contract_number"
    )
    stored = SupplyTerm.objects.filter(contract__in=contracts.values()).select_related("supplier")
    terms = {(term.contract_id, term.start): term for term in stored}
    timelines: dict[int, Timeline] = defaultdict(Timeline)
    for term in terms.values():
        timelines[term.contract_id].add(_stretch(term))
    ordered = sorted(rows, key=lambda row: (not _makes_room(row, contracts, terms), row.start))
    shorter: list[SupplyTerm] = []
    longer: list[SupplyTerm] = []
    new: list[SupplyTerm] = []
    same: list[int] = []
    for row in ordered:
        contract = contracts.get(row.contract_number)
        reason = ends_before_start(row) if contract else f"contract {row.contract_number} is not known"
        if contract is None or reason:
            load.refuse(row.line, str(reason))
            continue
        found = terms.get((contract.pk, row.start))
        told = _told(row, suppliers)
        if found is not None and all(getattr(found, name) == value for name, value in told.items()):
            same.append(found.pk)
        elif found is not None and load.is_older_than(found):
            load.refuse_as_older(row.line, found)
        else:
            to = new if found is None else shorter if _makes_room(row, contracts, terms) else longer
            to += _fit(row, contract, found, told, timelines[contract.pk], load)
    _write(new, shorter, longer, same, load)
    record_link_changes(load.changed, at=max(at, clock.now()), by=None)
    return load.result()


def _suppliers(names: set[str], load: Load) -> dict[str, Entity]:
    known = Entity.objects.in_bulk(names, field_name="name")
    Entity.objects.bulk_create(
        Entity(
            name=name,
            kind=EntityKind.SUPPLIER,
            cds_created=load.at,
            cds_modified=load.at,
            cds_synced=load.at,
            version_at=load.as_of,
        )
        for name in sorted(names - known.keys())
    )
    return Entity.objects.in_bulk(names, field_name="name")


def _makes_room(
    row: SupplyTermRow, contracts: dict[str, ServiceContract], terms: dict[tuple[int, date], SupplyTerm]
) -> bool:
    """A stored term that ends sooner or stays as long: written before what takes the room."""
    contract = contracts.get(row.contract_number)
    found = terms.get((contract.pk, row.start)) if contract else None
    return found is not None and _stretch(found).covers(Interval(row.start, row.end))


def _told(row: SupplyTermRow, suppliers: dict[str, Entity]) -> dict[str, Any]:
    return {
        "supplier_id": suppliers[row.supplier].pk,
        "supplier_contract_number": row.supplier_contract_number,
        "tariff_code": row.tariff_code,
        "tariff_name": row.tariff_name,
        "end": row.end,
    }


def _fit(
    row: SupplyTermRow,
    contract: ServiceContract,
    found: SupplyTerm | None,
    told: dict[str, Any],
    timeline: Timeline,
    load: Load,
) -> list[SupplyTerm]:
    """The term to write; none where another one is in its way."""
    if found is not None:
        timeline.remove(_stretch(found))
    stretch = Interval(row.start, row.end, f"{row.supplier} {row.tariff_code} from {row.start}")
    clash = timeline.clash(stretch)
    if clash is not None:
        until = clash.end or "now"
        load.refuse(row.line, f"contract {contract}: it overlaps {clash.label}, {clash.start} to {until}")
        if found is not None:
            timeline.add(_stretch(found))
        return []
    timeline.add(stretch)
    times = {"cds_modified": load.at, "cds_synced": load.at, "version_at": load.as_of}
    if found is None:
        return [SupplyTerm(contract=contract, start=row.start, cds_created=load.at, **told, **times)]
    was = span_of(found)
    for name, value in (told | times).items():
        setattr(found, name, value)
    load.changed.append(Changed(found, found.pk, was, span_of(found)))
    return [found]


def _write(
    new: list[SupplyTerm], shorter: list[SupplyTerm], longer: list[SupplyTerm], same: list[int], load: Load
) -> None:
    fields = [name.removesuffix("_id") for name in _FIELDS] + ["cds_modified", "cds_synced", "version_at"]
    # the database refuses overlaps as it goes: room is made before it is taken
    SupplyTerm.objects.bulk_update(shorter, fields, batch_size=2_000)
    SupplyTerm.objects.bulk_update(longer, fields, batch_size=2_000)
    SupplyTerm.objects.bulk_create(new, batch_size=2_000)
    load.changed += [Changed(term, term.pk, None, span_of(term)) for term in new]
    SupplyTerm.objects.filter(not_newer(load), pk__in=same).update(cds_synced=load.at, version_at=load.as_of)
    load.accepted += len(new) + len(shorter) + len(longer)
    load.unchanged += len(same)


def _stretch(term: SupplyTerm) -> Interval:
    return Interval(term.start, term.end, str(term))
