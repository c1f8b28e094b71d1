"""Usage: readings of known meters into the store, the others handed back or rejected by line."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import zip_longest

import numpy as np
from django.db import transaction

from accounts.models import Commodity, MeterDevice
from datahub.feeds.loading.channels import (
    LONGEST_NAME,
    NO_METER,
    OTHER_COMMODITY,
    UNBOUNDED,
    ChannelMatches,
    Extent,
    find_channels,
    find_or_make_channels,
)
from datahub.feeds.loading.mix_days import record_changed_use
from datahub.rows.base import Rejection
from datahub.rows.usage import UsageColumns, UsageGrid, UsageRows, columns_of
from datahub.store.codec import DAY_SECONDS, Integers
from datahub.store.load import Loaded, load_rows, rows_of
from datahub.store.partitions import ensure_months
from datahub.store.tally import Origin

_LAST_INSTANT = 2**33  # epoch seconds, in the year 2242: the database may not hold a later time


def make_partitions(*, rows: Iterable[UsageRows]) -> None:
    """Make the partitions that `rows` need, before `load_usage` and in a transaction of its own."""
    ensure_months(months=months_of(rows))


def months_of(rows: Iterable[UsageRows]) -> frozenset[date]:
    """The first days of the months whose partitions `rows` need."""
    months: set[date] = set()
    for part in rows:
        days = part.starts // DAY_SECONDS
        days = np.unique(days[np.append(True, np.diff(days) != 0)] if len(days) else days)
        if isinstance(part, UsageGrid):
            length = (part.known.shape[1] * part.step - 1) // DAY_SECONDS + 1
            days = np.unique(days[:, None] + np.arange(length + 1))
        first_days = np.unique(days.astype("datetime64[D]").astype("datetime64[M]"))
        months.update(first_days.astype("datetime64[D]").tolist())
    return frozenset(months)


@transaction.atomic
def look_up(*, rows: Sequence[UsageRows], at: datetime) -> Sequence[ChannelMatches]:
    """The channels of `rows` that exist, for `load_usage` a moment later; changes nothing."""
    return [find_channels(part.channels, _extent(part), at) for part in rows]


@transaction.atomic
def load_usage(
    *,
    rows: Sequence[UsageRows],
    origin: Origin,
    unknown: Callable[[UsageColumns], None] | None = None,
    ahead: Sequence[ChannelMatches] = (),
) -> Loaded:
    """Load `rows`, a few queries however many; the partitions of their days must exist.

    `ahead` is what `look_up` found for them. Raises IntegrityError where one of these channels has gone since.

    Readings of a meter that is not known go to `unknown` and are counted nowhere; without it they are rejected, as are
    those of a meter that measures another commodity.
    """
    total = Loaded()
    for part, earlier in zip_longest(rows, ahead):
        channels = find_or_make_channels(part.channels, _extent(part), origin.at, earlier)
        ids = channels.ids
        if (ids == NO_METER).any() and unknown is not None:
            strange = columns_of(rows_of(part, ids == NO_METER))
            if strange.size:
                unknown(
                    UsageColumns.of(list(strange.series()))
                )  # without the channels that have no reading in it
            part = rows_of(part, ids != NO_METER)
        if (ids < 0).any():
            total.rejected.extend(_rejections(part, ids))
            part = rows_of(part, ids >= 0)
        if not part.size:
            continue
        loaded = load_rows(rows=part, ids=ids, settled=channels.settled, origin=origin)
        total.accepted += loaded.accepted
        total.unchanged += loaded.unchanged
        total.superseded += loaded.superseded
        total.rejected.extend(loaded.rejected)
        total.days.extend(loaded.days)
        total.channels.extend(loaded.channels)
    record_changed_use(total.days, total.channels, at=origin.at)
    return total


def _extent(rows: UsageRows) -> Extent:
    if not rows.size:
        return UNBOUNDED
    lengths = rows.known.shape[1] * rows.step if isinstance(rows, UsageGrid) else rows.durations
    longest = rows.step if isinstance(rows, UsageGrid) else int(rows.durations.max())
    extent = Extent(int(rows.starts.min()), int((rows.starts + lengths).max()), longest)
    return extent if extent.first >= 0 and extent.past <= _LAST_INSTANT else UNBOUNDED


def _rejections(rows: UsageRows, ids: Integers) -> Iterable[Rejection]:
    """Every reading of a channel that has no key, with the reason."""
    columns = columns_of(rows_of(rows, ids < 0))
    others = {rows.channels[place].meter_number for place in np.flatnonzero(ids == OTHER_COMMODITY).tolist()}
    measured = dict(
        MeterDevice.objects.filter(meter_number__in=others).values_list("meter_number", "commodity")
    )
    reasons = {}
    for place in np.flatnonzero(ids < 0).tolist():
        key = rows.channels[place]
        if ids[place] == NO_METER:
            reasons[place] = f"meter {key.meter_number} is not known here"
        elif ids[place] == OTHER_COMMODITY:
            is_for, stated = Commodity(measured[key.meter_number]).label, Commodity(key.commodity).label
            reasons[place] = f"meter {key.meter_number} measures {is_for}, the file says {stated}"
        else:
            reasons[place] = f"no channel's name has more than {LONGEST_NAME} characters"
    for place, line in zip(columns.channel.tolist(), columns.lines.tolist(), strict=True):
        yield Rejection(line, reasons[place])
