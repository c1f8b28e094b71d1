"""What the store holds for some intervals: sums of closed months, sums of halves of blocks, and single readings.

Each reading counts in one of the three. Blocks are read only where no closed month is summed, and decoded only where a
half of one cannot count as it stands.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.conf import settings
from django.utils import timezone

from datahub.store.channel_months import MonthSums, month_sums
from datahub.store.codec import DAY_SECONDS, Flags, Integers
from datahub.store.sum_blocks import QUALITIES, Halves, SummedBlocks, Wanted, halves_of, summed_blocks
from datahub.store.sums import NO_CUT, cuts
from datahub.usage.counted_channels import Intervals, without
from datahub.usage.sum_periods import By, Calendar, calendar
from datahub.usage.sum_pieces import Pieces
from datahub.usage.sum_readings import FAR, Readings, block_readings, finest, period_readings


@dataclass(frozen=True, slots=True, eq=False)
class StoredAmounts:
    """`months` and `halves` count as they stand, `readings` one by one; `place` is that of the wanted interval."""

    months: MonthSums
    blocks: SummedBlocks  # of which `halves` are
    halves: Halves
    readings: Readings

    @property
    def starts(self) -> Integers:
        """When the months, halves and readings begin, in epoch seconds."""
        return np.concatenate([self.months.start, self.halves.starts, self.readings.start])

    def pieces(self, days: Calendar, pair_of: Integers) -> Pieces:
        """By the periods of `days`; interval i is of the pair `pair_of[i]`."""
        months, readings = self.months, self.readings
        halves = self.halves.added(_alike(self.blocks, self.halves, days))
        block = self.blocks.where(halves.block)
        by_quality = np.zeros((readings.size, QUALITIES), dtype=np.int64)
        by_quality[np.arange(readings.size), readings.quality] = 1
        return (
            Pieces(
                pair_of[months.place], days.places(months.start), months.start, months.total, months.scale,
                months.known, months.known * months.step, months.step, months.phase, months.qualities,
            )
            + Pieces(
                pair_of[block.place], days.places(halves.starts), halves.starts, halves.total, block.scale,
                halves.known, halves.known * block.step, block.step, block.phase, halves.qualities,
            )
            + Pieces(
                pair_of[readings.place], days.places(readings.start), readings.start, readings.value, readings.scale,
                np.ones(readings.size, dtype=np.int64), readings.length, readings.step,
                readings.start % np.maximum(readings.step, 1), by_quality,
            )
        )  # fmt: skip


def stored_amounts(
    wanted: Sequence[Wanted],
    is_sum: Flags,
    *,
    uses_months: bool,
    uses_halves: bool,
    given: Readings | None = None,
) -> StoredAmounts:
    """What counts of the intervals; `is_sum` says which are added up, `given` are readings from elsewhere.

    Four statements at most: months, blocks without their values, periods, and the values of the few blocks that have to
    be decoded. The months come first: one that a load changes meanwhile is as it was before, as a whole.
    """
    months = _of_this_zone(month_sums(wanted if uses_months else ()))
    blocks, periods = _blocks_beside(wanted, months), period_readings(wanted)
    stated = (blocks.cut >= 0) & (blocks.cut == _expected_cuts(blocks))
    as_they_stand = stated & is_sum[blocks.place] & ~_met(blocks, periods) & uses_halves
    halves = halves_of(blocks)
    place = blocks.place[halves.block]
    inside, touching = intersection(place, halves.starts, halves.ends, wanted)
    due = touching & (halves.known > 0) & ~_within(months, place, halves.starts)
    as_they_stand[halves.block[due & ~inside]] = False
    single = block_readings(blocks.where(~as_they_stand), wanted) + periods + (given or Readings.none())
    single = single.where(~_within(months, single.place, single.start))
    summed = is_sum[single.place]
    return StoredAmounts(
        months,
        blocks,
        halves.where(as_they_stand[halves.block] & due & inside),
        finest(single.where(summed)) + single.where(~summed),
    )


def intersection(
    place: Integers, starts: Integers, ends: Integers, wanted: Sequence[Wanted]
) -> tuple[Flags, Flags]:
    """What lies wholly in its interval, and what touches it."""
    first = np.array([interval.first for interval in wanted], dtype=np.int64)[place]
    past = np.array([interval.past for interval in wanted], dtype=np.int64)[place]
    return (starts >= first) & (ends <= past), (starts < past) & (ends > first)


def _of_this_zone(months: MonthSums) -> MonthSums:
    """Without months of another zone, from before the utility's was changed."""
    if not len(months.place):
        return months
    first, last = int(months.start.min()), int(months.end.max())
    edges = calendar(By.MONTH, first, last, timezone.get_default_timezone()).edges
    number = np.searchsorted(edges, months.start)
    return months.where((edges[number] == months.start) & (edges[number + 1] == months.end))


def _blocks_beside(wanted: Sequence[Wanted], months: MonthSums) -> SummedBlocks:
    """The blocks that touch time of the intervals which no month covers. One statement."""
    covered: dict[int, Intervals] = defaultdict(tuple)
    begins = np.diff(months.place, prepend=-1) != 0
    begins[1:] |= months.start[1:] != months.end[:-1]
    first, past = np.flatnonzero(begins), np.flatnonzero(np.append(begins[1:], True))[: begins.sum()]
    runs = (months.place[first].tolist(), months.start[first].tolist(), months.end[past].tolist())
    for place, start, end in zip(*runs, strict=True):
        covered[place] += ((start, end),)
    rest, place_of = list[Wanted](), list[int]()
    for place, interval in enumerate(wanted):
        own = covered.get(place, ())
        for start, end in without(((interval.first, interval.past),), own) if own else (interval[1:],):
            rest.append(Wanted(interval.channel, start, end))
            place_of.append(place)
    blocks = summed_blocks(rest)
    _, touching = intersection(blocks.place, blocks.starts, blocks.starts + DAY_SECONDS, rest)
    return replace(blocks, place=np.array(place_of, dtype=np.int64)[blocks.place]).where(touching)


def _within(months: MonthSums, place: Integers, moments: Integers) -> Flags:
    """Which moments of the intervals at `place` lie in one of their months."""
    if not len(months.place):
        return np.zeros(len(place), dtype=np.bool_)
    number = np.searchsorted(months.place * FAR + months.start, place * FAR + moments, side="right") - 1
    within: Flags = (number >= 0) & (months.place[number] == place) & (moments < months.end[number])
    return within


def _expected_cuts(blocks: SummedBlocks) -> Integers:
    """Where the utility's present zone cuts the days, in seconds; blocks of another zone state other cuts."""
    quarters = cuts(blocks.day, settings.TIME_ZONE)
    return np.where(quarters == NO_CUT, -1, quarters * 900)


def _met(blocks: SummedBlocks, periods: Readings) -> Flags:
    """Blocks that share time with another grid of their channel, or with a reading without a grid."""
    met: Flags = np.zeros(len(blocks.day), dtype=np.bool_)
    begin = blocks.place * FAR + blocks.starts
    order = np.argsort(begin, kind="stable")
    close = np.flatnonzero(np.diff(begin[order]) < DAY_SECONDS)
    met[order[close]] = met[order[close + 1]] = True
    starts = np.sort(periods.place * FAR + periods.start)
    ends = np.sort(periods.place * FAR + periods.start + periods.length)
    return met | (np.searchsorted(starts, begin + DAY_SECONDS) > np.searchsorted(ends, begin, side="right"))


def _alike(blocks: SummedBlocks, halves: Halves, days: Calendar) -> Integers:
    """A number for each half that is its neighbour's where both are of one interval, grid, scale and period."""
    changes = np.diff(days.places(halves.starts), prepend=-1) != 0
    for column in (blocks.place, blocks.step, blocks.phase, blocks.scale):
        changes |= np.diff(column[halves.block], prepend=-1) != 0
    return np.cumsum(changes)
