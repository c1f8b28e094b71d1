"""Readings no finer than a customer allowed: summed up by local hour, day or month. See decision 70.

A period leaves only when all of it is known: what is still coming in, or cut by a query, would tell by its difference
what happened within. Readings that last as long as a period leave as they are.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from django.utils import timezone

from consent.resolution import Resolution
from datahub.models import ChannelKind
from datahub.rows.usage import Quality
from datahub.store.codec import Flags, Integers
from datahub.usage.counted_channels import AMOUNTS
from datahub.usage.readings import ChannelReadings
from datahub.usage.sum_periods import By, Slots, calendar

# the shortest local hour, day and month, and the longest, in seconds
SHORTEST = {Resolution.HOURLY: 3600, Resolution.DAILY: 23 * 3600, Resolution.MONTHLY: 28 * 86_400 - 3600}
LONGEST = {
    Resolution.AS_READ: 0,
    Resolution.HOURLY: 3600,
    Resolution.DAILY: 25 * 3600,
    Resolution.MONTHLY: 32 * 86_400,
}
_PERIODS: dict[Resolution, By | Slots] = {
    Resolution.HOURLY: Slots(3600), Resolution.DAILY: By.DAY, Resolution.MONTHLY: By.MONTH,
}  # fmt: skip
_FITS = 2**63 - 1
# how sure a sum is: as its least sure reading
_SURENESS = (
    Quality.UNSTATED, Quality.PROVISIONAL, Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.CORRECTED, Quality.ACTUAL,
)  # fmt: skip
_Row = tuple[int, int, int, int]  # start, length, value, quality


def coarse_readings(channel: ChannelReadings, resolution: Resolution) -> ChannelReadings | None:
    """`channel` at `resolution`, exact and in order of time; None where no period of it is whole.

    Amounts are summed, of anything else the highest stands for a period, of a dial its last reading, once a later
    period has one.
    """
    known, is_dial = channel.known, channel.kind == ChannelKind.REGISTER
    quality = channel.quality.astype(np.int64)
    columns: list[Integers] = [
        column[known] for column in (channel.starts, channel.durations, channel.values, quality)
    ]
    coarse: Flags = (columns[1] >= SHORTEST[resolution]) & (not is_dial)
    kept: list[_Row] = list(zip(*(column[coarse].tolist() for column in columns), strict=True))
    starts, lengths, values, quality = (column[~coarse] for column in columns)
    if len(starts):
        first, last, zone = int(starts[0]), int(starts[-1]), timezone.get_default_timezone()
        edges = calendar(_PERIODS[resolution], first, last, zone).edges
        periods = np.searchsorted(edges, starts, side="right") - 1
        if is_dial:  # what it said last in each period; not of the last one, in which it may move on
            lasts = np.flatnonzero(np.diff(periods))
            rows = (column[lasts].tolist() for column in (starts, lengths, values, quality))
            kept += zip(*rows, strict=True)
        else:
            sums = channel.kind == ChannelKind.INTERVAL and channel.unit in AMOUNTS
            kept += _whole_periods(edges, periods, starts, lengths, values, quality, sums=sums)
    if not kept:
        return None
    starts, lengths, values, quality = (
        np.array(column, dtype=np.int64) for column in zip(*sorted(kept), strict=True)
    )
    known = np.ones(len(starts), dtype=np.bool_)
    return replace(
        channel, step=None, starts=starts, durations=lengths, values=values, known=known,
        quality=quality.astype(np.uint8),
    )  # fmt: skip


def _whole_periods(
    edges: Integers,
    periods: Integers,
    starts: Integers,
    lengths: Integers,
    values: Integers,
    quality: Integers,
    *,
    sums: bool,
) -> Iterator[_Row]:
    """One for each period that the readings fill."""
    bounds = np.flatnonzero(np.diff(periods, prepend=-1, append=len(edges))).tolist()
    filled = np.add.reduceat(lengths, bounds[:-1]).tolist()
    for first, past, seconds in zip(bounds[:-1], bounds[1:], filled, strict=True):
        begin, end = (int(edge) for edge in edges[periods[first] : periods[first] + 2])
        if seconds != end - begin or int(starts[past - 1] + lengths[past - 1]) > end:
            continue
        own = values[first:past].tolist()
        value = sum(own) if sums else max(own)
        if abs(value) <= _FITS:
            yield begin, end - begin, value, _least_sure(quality[first:past])


def _least_sure(codes: Integers) -> int:
    there = set(codes.tolist())
    return next(int(quality) for quality in _SURENESS if quality in there)
