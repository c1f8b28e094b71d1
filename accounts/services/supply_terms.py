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
from cdsc_portal.lib.time import clock

_FIELDS = ("supplier_id", "supplier_contract_number", "tariff_code", "tariff_name", "end")


@transaction.atomic
def load_supply_terms(
    *, rows: Sequence[SupplyTermRow], at: datetime, version_at: datetime | None = None
) -> LoadResult:
    """Create or update supply terms; contract and start identify one.

    A term ends only where its row says so: a new one that overlaps another is rejected, naming the other. A
    supplier not known yet is added. `version_at` is the file's own time, by default `at`: an older file never
    undoes a newer one. The number of queries does not grow with the rows.
    """
    load = Load(at=at, as_of=version_at or at)
    suppliers = _add_suppliers({row.supplier for row in rows}, load)
    contracts = ServiceContract.objects.select_for_update().in_bulk(
        {row.contract_number for row in rows}, field_name="contract_number"
    )
    stored = SupplyTerm.objects.filter(contract__in=contracts.values()).select_related("supplier")
    terms = {(term.contract_id, term.start): term for term in stored}
    timelines: dict[int, Timeline] = defaultdict(Timeline)
    for term in terms.values():
        timelines[term.contract_id].add(_interval(term))
    ordered = sorted(rows, key=lambda row: (not _makes_room(row, contracts, terms), row.start))
    shorter: list[SupplyTerm] = []
    longer: list[SupplyTerm] = []
    new: list[SupplyTerm] = []
    unchanged: list[int] = []
    for row in ordered:
        contract = contracts.get(row.contract_number)
        reason = ends_before_start(row) if contract else f"contract {row.contract_number} is not known"
        if contract is None or reason:
            load.refuse(row.line, str(reason))
            continue
        stored_term = terms.get((contract.pk, row.start))
        fields = {
            "supplier_id": suppliers[row.supplier].pk,
            "supplier_contract_number": row.supplier_contract_number,
            "tariff_code": row.tariff_code,
            "tariff_name": row.tariff_name,
            "end": row.end,
        }
        if stored_term is not None and all(
            getattr(stored_term, name) == value for name, value in fields.items()
        ):
            unchanged.append(stored_term.pk)
        elif stored_term is not None and load.is_older_than(stored_term):
            load.refuse_as_older(row.line, stored_term)
        else:
            target = new if stored_term is None else shorter if _makes_room(row, contracts, terms) else longer
            target += _fit_into_timeline(row, contract, stored_term, fields, timelines[contract.pk], load)
    _write_terms(new, shorter, longer, unchanged, load)
    record_link_changes(load.changed, at=max(at, clock.now()), by=None)
    return load.result()


def _add_suppliers(names: set[str], load: Load) -> dict[str, Entity]:
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
    """Whether the stored term ends sooner or stays as long: it is written before terms that become longer."""
    contract = contracts.get(row.contract_number)
    stored_term = terms.get((contract.pk, row.start)) if contract else None
    return stored_term is not None and _interval(stored_term).covers(Interval(row.start, row.end))


def _fit_into_timeline(
    row: SupplyTermRow,
    contract: ServiceContract,
    stored_term: SupplyTerm | None,
    fields: dict[str, Any],
    timeline: Timeline,
    load: Load,
) -> list[SupplyTerm]:
    """The term to write; none if it overlaps another one."""
    if stored_term is not None:
        timeline.remove(_interval(stored_term))
    interval = Interval(row.start, row.end, f"{row.supplier} {row.tariff_code} from {row.start}")
    clash = timeline.clash(interval)
    if clash is not None:
        until = clash.end or "now"
        load.refuse(row.line, f"contract {contract}: it overlaps {clash.label}, {clash.start} to {until}")
        if stored_term is not None:
            timeline.add(_interval(stored_term))
        return []
    timeline.add(interval)
    times = {"cds_modified": load.at, "cds_synced": load.at, "version_at": load.as_of}
    if stored_term is None:
        return [SupplyTerm(contract=contract, start=row.start, cds_created=load.at, **fields, **times)]
    old_span = span_of(stored_term)
    for name, value in (fields | times).items():
        setattr(stored_term, name, value)
    load.changed.append(Changed(stored_term, stored_term.pk, old_span, span_of(stored_term)))
    return [stored_term]


def _write_terms(
    new: list[SupplyTerm],
    shorter: list[SupplyTerm],
    longer: list[SupplyTerm],
    unchanged: list[int],
    load: Load,
) -> None:
    fields = [name.removesuffix("_id") for name in _FIELDS] + ["cds_modified", "cds_synced", "version_at"]
    # each statement is checked for overlaps: shorten before lengthening
    SupplyTerm.objects.bulk_update(shorter, fields, batch_size=2_000)
    SupplyTerm.objects.bulk_update(longer, fields, batch_size=2_000)
    SupplyTerm.objects.bulk_create(new, batch_size=2_000)
    load.changed += [Changed(term, term.pk, None, span_of(term)) for term in new]
    SupplyTerm.objects.filter(not_newer(load), pk__in=unchanged).update(
        cds_synced=load.at, version_at=load.as_of
    )
    load.accepted += len(new) + len(shorter) + len(longer)
    load.unchanged += len(unchanged)


def _interval(term: SupplyTerm) -> Interval:
    return Interval(term.start, term.end, str(term))
