"""Usage: series of known meters into the store, the others rejected by line."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import numpy as np
from django.db import transaction

from accounts.models import Commodity, MeterDevice
from datahub.feeds.formats.base import Rejection, UsageSeries
from datahub.feeds.formats.usage_rows import UsageColumns, UsageRows, columns_of
from datahub.feeds.store.codec import DAY_SECONDS
from datahub.feeds.store.load import Loaded, load_series
from datahub.feeds.store.tally import Origin
from datahub.models import Channel
from datahub.services.partitions import ensure_months

_CHANNEL = ("meter_id", "register", "commodity", "unit", "direction", "kind")
_ChannelKey = tuple[int, str, str, str, str, str]


def make_room(*, rows: Iterable[UsageRows]) -> None:
    """Make the partitions that `rows` need, ahead of `load_usage` and in a transaction of its own."""
    months: set[date] = set()
    for part in rows:
        days = np.unique(columns_of(part).starts // DAY_SECONDS).astype("datetime64[D]")
        months.update(np.unique(days.astype("datetime64[M]")).astype("datetime64[D]").tolist())
    ensure_months(months=months)


@transaction.atomic
def load_usage(
    *,
    rows: Sequence[UsageRows],
    origin: Origin,
    unknown: Callable[[UsageColumns], None] | None = None,
) -> Loaded:
    """Load `rows`, a few queries however many; room for their days must have been made.

    Readings of a meter that nobody knows go to `unknown` and are counted nowhere; without it they are rejected, as are
    those of a meter that measures another commodity.
    """
    series = [one for part in rows for one in columns_of(part).series()]
    meters = {
        meter.meter_number: meter
        for meter in MeterDevice.objects.filter(meter_number__in={one.meter_number for one in series})
    }
    if unknown is not None:
        strange = [one for one in series if one.meter_number not in meters]
        series = [one for one in series if one.meter_number in meters]
        if strange:
            unknown(UsageColumns.of(strange))
    rejected: list[Rejection] = []
    taken: list[tuple[_ChannelKey, UsageSeries]] = []
    for one in series:
        reason = _refusal(one, meters.get(one.meter_number))
        if reason:
            rejected.extend(Rejection(line, reason) for line in one.lines.tolist())
        else:
            meter = meters[one.meter_number]
            taken.append(((meter.pk, one.register, one.commodity, one.unit, one.direction, one.kind), one))
    if not taken:
        return Loaded(rejected=rejected)
    channels = _channels({key for key, _ in taken})
    loaded = load_series(series=[(channels[key], one) for key, one in taken], origin=origin)
    loaded.rejected.extend(rejected)
    return loaded


def _refusal(series: UsageSeries, meter: MeterDevice | None) -> str:
    if meter is None:
        return f"meter {series.meter_number} is not known here"
    if series.commodity != meter.commodity:
        measured, said = Commodity(meter.commodity).label, Commodity(series.commodity).label
        return f"meter {series.meter_number} measures {measured}, the file says {said}"
    return ""


def _channels(keys: Iterable[_ChannelKey]) -> dict[_ChannelKey, int]:
    """The key of each channel; the ones that are new are made."""
    wanted = set(keys)
    found = _known(wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        Channel.objects.bulk_create(
            (Channel(**dict(zip(_CHANNEL, key, strict=True))) for key in missing), ignore_conflicts=True
        )
        found = _known(wanted)
    return found


def _known(keys: set[_ChannelKey]) -> dict[_ChannelKey, int]:
    rows = Channel.objects.filter(meter_id__in={key[0] for key in keys}).values_list(*_CHANNEL, "pk")
    return {(meter, register, commodity, unit, direction, kind): pk
            for meter, register, commodity, unit, direction, kind, pk in rows}  # fmt: skip
