"""Amounts of generation and certificates into their table."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import ServiceContract
from datahub.feeds.loading.mix_days import mark_days
from datahub.feeds.loading.mix_history import keep_amounts
from datahub.models import MixAmount
from datahub.rows.base import Rejection
from datahub.rows.mix import AmountRow
from datahub.store.load import Loaded
from datahub.store.tally import Origin

_Key = tuple[str, str, datetime, int, str, str, int | None]


def load_amounts(*, rows: Sequence[AmountRow], origin: Origin) -> Loaded:
    """Insert or update by all that an amount is of; a contract that is not known rejects its row.

    Only days of amounts that change are marked. A bounded number of statements.
    """
    numbers = {row.contract_number for row in rows} - {""}
    contracts = dict(
        ServiceContract.objects.filter(contract_number__in=numbers).values_list("contract_number", "pk")
    )
    loaded = Loaded()
    told: dict[_Key, AmountRow] = {}
    for row in rows:
        if row.contract_number and row.contract_number not in contracts:
            loaded.rejected.append(Rejection(row.line, f"contract {row.contract_number} is not known"))
            continue
        told[_key(row, contracts.get(row.contract_number))] = row
    stored = _stored(told)
    new, changed = [], []
    for key, row in told.items():
        amount = stored.get(key)
        if amount is not None and (amount.wh, amount.provisional) == (row.wh, row.provisional):
            loaded.unchanged += 1
            continue
        loaded.accepted += 1
        if amount is None:
            amount = _amount(key)
            new.append(amount)
        else:
            changed.append(amount)
        amount.wh, amount.provisional, amount.origin_id = row.wh, row.provisional, origin.run_id
        amount.modified = amount.synced = origin.at
    _write(new, changed, list(stored.values()), origin)
    return loaded


def _write(new: list[MixAmount], changed: list[MixAmount], seen: list[MixAmount], origin: Origin) -> None:
    keep_amounts([amount.pk for amount in changed], at=origin.at)
    MixAmount.objects.bulk_create(new, batch_size=2000)
    MixAmount.objects.bulk_update(changed, ["wh", "provisional", "origin", "modified"], batch_size=1000)
    MixAmount.objects.filter(pk__in=[amount.pk for amount in seen]).update(synced=origin.at)
    mark_days(
        stretches=[(amount.region, amount.start, amount.seconds) for amount in (*new, *changed)], at=origin.at
    )


def _key(row: AmountRow, contract: int | None) -> _Key:
    return (row.region, row.kind, row.start, row.seconds, row.source, row.tariff_code, contract)


def _stored(told: dict[_Key, AmountRow]) -> dict[_Key, MixAmount]:
    if not told:
        return {}
    starts = [row.start for row in told.values()]
    found = MixAmount.objects.filter(
        region__in={row.region for row in told.values()},
        kind__in={row.kind for row in told.values()},
        start__range=(min(starts), max(starts)),
    ).select_for_update()
    by_key = {
        (one.region, one.kind, one.start, one.seconds, one.source, one.tariff_code, one.contract_id): one
        for one in found.order_by("pk")
    }
    return {key: one for key, one in by_key.items() if key in told}


def _amount(key: _Key) -> MixAmount:
    region, kind, start, seconds, source, tariff_code, contract = key
    return MixAmount(
        region=region,
        kind=kind,
        start=start,
        seconds=seconds,
        source=source,
        tariff_code=tariff_code,
        contract_id=contract,
    )
