"""Feed rows of the generation mix into its tables: shares and amounts."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models

from accounts.models import ServiceContract
from datahub.feeds.loading.mix_days import mark_all_regions, mark_days, utc_days
from datahub.models import MixAmount, MixAmountHistory, MixMethod, MixSeries, MixShare, MixShareHistory
from datahub.rows.base import Rejection
from datahub.rows.mix import AmountRow, MixRow
from datahub.store.load import Loaded
from datahub.store.mix_blocks import note_written
from datahub.store.tally import Origin

_AmountKey = tuple[str, str, datetime, int, str, str, int | None]
_SHARE_FIELDS = (
    "share", "seconds", "quantity", "beyond", "method", "provisional", "computed", "origin", "modified",
)  # fmt: skip


def load_mix(*, rows: Sequence[MixRow | AmountRow], origin: Origin) -> Loaded:
    """A file holds either shares or amounts."""
    amounts = [row for row in rows if isinstance(row, AmountRow)]
    if amounts:
        return load_amounts(rows=amounts, origin=origin)
    return load_shares(rows=[row for row in rows if isinstance(row, MixRow)], origin=origin)


def load_shares(*, rows: Sequence[MixRow], origin: Origin) -> Loaded:
    """Insert or update by series, key, start and source; unknown never erases a known share that a file stated.

    A share that was computed here is replaced; the other sources of its series go when its day is computed again. A
    bounded number of statements.
    """
    _mark_days_of_shares(rows, origin)
    keys = {(row.series, row.key, row.start, row.source) for row in rows}
    candidates = MixShare.objects.filter(
        series__in={row.series for row in rows},
        key__in={row.key for row in rows},
        region="",
        contract=None,
        start__range=(min(row.start for row in rows), max(row.start for row in rows)),
    )
    stored: dict[tuple[object, ...], MixShare] = {}
    for candidate in candidates.select_for_update().order_by("pk"):
        if (key := (candidate.series, candidate.key, candidate.start, candidate.source)) in keys:
            stored[key] = candidate
    new: dict[tuple[object, ...], MixShare] = {}
    changed: dict[int, MixShare] = {}
    loaded = Loaded()
    for row in rows:
        key = (row.series, row.key, row.start, row.source)
        share = stored.get(key) or new.get(key)
        if share is None:
            share = new[key] = MixShare(series=row.series, key=row.key, start=row.start, source=row.source)
        elif _states_nothing_new(row, share):
            loaded.unchanged += 1
            continue
        elif share.pk:
            changed[share.pk] = share
        loaded.accepted += 1
        share.share, share.seconds, share.provisional = row.share, row.resolution_seconds, row.provisional
        share.method, share.quantity, share.beyond, share.computed = MixMethod.PUBLISHED, None, 0, False
        share.origin_id, share.modified, share.synced = origin.run_id, origin.at, origin.at
    _keep_history(MixShare, MixShareHistory, changed, origin.at)
    MixShare.objects.bulk_create(new.values(), batch_size=2000)
    MixShare.objects.bulk_update(changed.values(), _SHARE_FIELDS, batch_size=1000)
    MixShare.objects.filter(pk__in=[share.pk for share in stored.values()]).update(synced=origin.at)
    note_written(
        {(str(row.series), row.key, "", None) for row in rows},
        days={row.start.astimezone(UTC).date() for row in rows},
        at=origin.at,
    )
    return loaded


def load_amounts(*, rows: Sequence[AmountRow], origin: Origin) -> Loaded:
    """Insert or update by all that an amount is of; a contract that is not known rejects its row.

    Only days of amounts that change are marked. A bounded number of statements.
    """
    numbers = {row.contract_number for row in rows} - {""}
    contracts = dict(
        ServiceContract.objects.filter(contract_number__in=numbers).values_list("contract_number", "pk")
    )
    loaded = Loaded()
    stated: dict[_AmountKey, AmountRow] = {}
    for row in rows:
        if row.contract_number and row.contract_number not in contracts:
            loaded.rejected.append(Rejection(row.line, f"contract {row.contract_number} is not known"))
            continue
        contract = contracts.get(row.contract_number)
        key = (row.region, row.kind, row.start, row.seconds, row.source, row.tariff_code, contract)
        stated[key] = row
    stored = _stored_amounts(list(stated.values()))
    new, changed = [], []
    for key, row in stated.items():
        amount = stored.get(key)
        if amount is not None and (amount.wh, amount.provisional) == (row.wh, row.provisional):
            loaded.unchanged += 1
            continue
        loaded.accepted += 1
        if amount is None:
            amount = MixAmount(
                region=row.region, kind=row.kind, start=row.start, seconds=row.seconds, source=row.source,
                tariff_code=row.tariff_code, contract_id=contracts.get(row.contract_number),
            )  # fmt: skip
            new.append(amount)
        else:
            changed.append(amount)
        amount.wh, amount.provisional, amount.origin_id = row.wh, row.provisional, origin.run_id
        amount.modified = amount.synced = origin.at
    _keep_history(MixAmount, MixAmountHistory, [amount.pk for amount in changed], origin.at)
    MixAmount.objects.bulk_create(new, batch_size=2000)
    MixAmount.objects.bulk_update(changed, ["wh", "provisional", "origin", "modified"], batch_size=1000)
    confirmed = [stored[key].pk for key in stated.keys() & stored.keys()]
    MixAmount.objects.filter(pk__in=confirmed).update(synced=origin.at)
    mark_days(
        periods=[(amount.region, amount.start, amount.seconds) for amount in (*new, *changed)], at=origin.at
    )
    return loaded


def _mark_days_of_shares(rows: Sequence[MixRow], origin: Origin) -> None:
    """Mark the days that rest on these shares; a grid mix that a file states only replaces the computed mix."""
    grid = [row for row in rows if row.series != MixSeries.CONSUMPTION]
    tariffs = [row for row in rows if row.series == MixSeries.CONSUMPTION]
    mark_days(periods=[(row.key, row.start, row.resolution_seconds) for row in grid], at=origin.at)
    days = {day for row in tariffs for day in utc_days(row.start, row.resolution_seconds)}
    mark_all_regions(days=days, at=origin.at)


def _states_nothing_new(row: MixRow, share: MixShare) -> bool:
    if share.computed:
        return False
    stated = (row.share, row.resolution_seconds, row.provisional)
    return row.share is None or (share.share, share.seconds, share.provisional) == stated


def _stored_amounts(rows: Sequence[AmountRow]) -> dict[_AmountKey, MixAmount]:
    """The amounts of the regions, kinds and times of `rows`, locked, by all that they are of."""
    if not rows:
        return {}
    amounts = MixAmount.objects.filter(
        region__in={row.region for row in rows},
        kind__in={row.kind for row in rows},
        start__range=(min(row.start for row in rows), max(row.start for row in rows)),
    ).select_for_update()
    return {
        (a.region, a.kind, a.start, a.seconds, a.source, a.tariff_code, a.contract_id): a
        for a in amounts.order_by("pk")
    }


def _keep_history(
    stored: type[models.Model], history: type[models.Model], keys: Collection[int], at: datetime
) -> None:
    """Copy these rows as they are stored, before they change. One statement."""
    if not keys:
        return
    fields: list[Any] = [
        field for field in history._meta.concrete_fields if field.name not in ("id", "replaced")
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {history._meta.db_table} ({columns}, replaced) "  # noqa: S608 - our own names
            f"SELECT {columns}, %s FROM {stored._meta.db_table} WHERE id = ANY(%s)",
            [at, list(keys)],
        )
