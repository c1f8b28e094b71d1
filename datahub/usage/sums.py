"""Sums by local day, month and year, and by parts of a day, from the sums that stand in each block: see decision 11.

Readings that a link or a window cuts off never count: the blocks at its ends are decoded, all others are added up
as they stand. A reading counts in the period in which it starts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from django.conf import settings
from django.utils import timezone

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span, union
from datahub.models import ChannelKind
from datahub.store.codec import DAY_SECONDS, Flags, Integers
from datahub.store.sum_blocks import QUALITIES, Halves, SummedBlocks, Wanted, halves_of, summed_blocks
from datahub.store.sums import NO_CUT, cuts
from datahub.usage.counted_channels import AMOUNTS, Intervals
from datahub.usage.readings import ChannelFacts, seconds_of
from datahub.usage.registers import Differences
from datahub.usage.sum_periods import By, Calendar, Slots, calendar
from datahub.usage.sum_pieces import Due, Pieces, Rule, added, due_readings, totals
from datahub.usage.sum_readings import FAR, Readings, block_readings, finest, period_readings

_NO_CHANNEL = 0  # the key of none: of what it is wanted for, nothing is stored


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSums:
    """One channel's totals for one contract, period by period; periods without a known reading are left out.

    Total i is totals[i] / 10**scale in the channel's unit: by `rule` a sum, the highest or the last value of the
    local period that begins on days[i] (a slot: at that instant, UTC). It speaks of [starts[i], ends[i]), the part
    that links and window cover, which is all of the period where whole[i]. `known` of `due` readings are there:
    equal = complete; due is exact on a grid. `qualities` counts the known ones by code of Quality: shape (periods,
    codes).
    """

    contract_id: int
    channel: ChannelFacts
    rule: Rule
    days: tuple[date, ...]
    starts: Integers
    ends: Integers
    whole: Flags
    totals: tuple[int, ...]
    scale: int
    known: Integers
    due: Integers
    qualities: Integers

    @property
    def size(self) -> int:
        return len(self.days)


@dataclass(frozen=True, slots=True)
class KnownReadings:
    """How many, and `data` from the first to the end of the last; None without any."""

    count: int
    data: Span | None


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is summed by `rule` for one contract: a channel during `intervals`, or a register's `differences` there."""

    contract_id: int
    channel: ChannelFacts
    rule: Rule
    intervals: Intervals
    differences: Differences | None = None


@dataclass(frozen=True, slots=True)
class _SumPlan:
    """Parts, and the intervals wanted of each, part after part."""

    parts: Sequence[Part]
    wanted: Sequence[Wanted]
    pair_of: Integers

    @property
    def rules(self) -> list[Rule]:
        return [part.rule for part in self.parts]


def usage_sums(
    spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]], *, by: By | Slots
) -> list[ChannelSums]:
    """Totals of what the meters measured during their spans, by contract, meter and channel; `channels` are by meter.

    Three statements however many spans: blocks without their values, periods, and the values of the few
    blocks that have to be decoded; of slots, those are all.
    """
    return [one for _, one in sums_of(parts_of(spans, channels), (by,))[0]]


def parts_of(spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]]) -> list[Part]:
    """Each channel of the meters during their spans, by itself."""
    allowed: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for span in spans:
        allowed[span.contract_id, span.meter_id].append(span.span)
    return [
        Part(contract, channel, _rule(channel), tuple(map(seconds_of, union(intervals))))
        for (contract, meter), intervals in sorted(allowed.items())
        for channel in channels.get(meter, ())
    ]


def sums_of(parts: Sequence[Part], every: Sequence[By | Slots]) -> list[list[tuple[int, ChannelSums]]]:
    """Their sums for several lengths of a period at once, in the order of `every`: (which of the parts, its sums).

    Three statements, too. Parts without a known reading are left out.
    """
    plan = _sum_plan(parts)
    if not plan.wanted:
        return [[] for _ in every]
    counting = _counting(plan, halves_count=not any(isinstance(by, Slots) for by in every))
    return [_sums(plan, *counting, by) for by in every]


def _sums(
    plan: _SumPlan, blocks: SummedBlocks, halves: Halves, readings: Readings, by: By | Slots
) -> list[tuple[int, ChannelSums]]:
    moments = np.concatenate([halves.starts, readings.start])
    if not len(moments):
        return []
    days = calendar(by, int(moments.min()), int(moments.max()), timezone.get_default_timezone())
    pieces, qualities = _pieces(plan, blocks, halves, readings, days)
    keys, group = np.unique(pieces.pair * FAR + pieces.period, return_inverse=True)
    pair, period = keys // FAR, keys % FAR
    counts = np.stack([added(group, of_one, len(keys)) for of_one in qualities.T], axis=1)
    rules = plan.rules
    exact = totals(group, pieces, [rules[one] for one in pair.tolist()])
    due = due_readings(group, pieces, readings, (pair, period), days, plan.wanted, plan.pair_of)
    edges = np.flatnonzero(np.diff(pair, prepend=-1, append=len(plan.parts)))
    return [
        (
            int(pair[first]),
            _channel_sums(plan.parts[int(pair[first])], slice(first, past), days, period, exact, counts, due),
        )
        for first, past in zip(edges.tolist(), edges.tolist()[1:], strict=False)
    ]


def known_readings(
    spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]]
) -> KnownReadings:
    """The readings with a value that the spans hold. Four statements at most."""
    plan = _sum_plan(parts_of(spans, channels))
    if not plan.wanted:
        return KnownReadings(0, None)
    blocks = summed_blocks(plan.wanted)
    inside, touching = _inside(blocks.place, blocks.starts, blocks.starts + DAY_SECONDS, plan.wanted)
    single = block_readings(blocks.where(touching & ~inside), plan.wanted) + period_readings(plan.wanted)
    whole = blocks.where(inside)
    count = int(whole.known.sum()) + single.size
    if not count:
        return KnownReadings(0, None)
    if len(whole.day):  # the first and the last of their readings stand in one of these
        ends = whole.starts < whole.starts.min() + DAY_SECONDS
        ends |= whole.starts > whole.starts.max() - DAY_SECONDS
        single += block_readings(whole.where(ends), plan.wanted)
    first, past = int(single.start.min()), int((single.start + single.length).max())
    return KnownReadings(count, Span(datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(past, UTC)))


def _sum_plan(parts: Sequence[Part]) -> _SumPlan:
    wanted = [
        Wanted(part.channel.channel_id if part.differences is None else _NO_CHANNEL, first, past)
        for part in parts
        for first, past in part.intervals
        if first < past
    ]
    counts = [sum(first < past for first, past in part.intervals) for part in parts]
    return _SumPlan(parts, wanted, np.repeat(np.arange(len(parts), dtype=np.int64), counts))


def _given(plan: _SumPlan) -> Readings:
    """The differences of registers as single readings, each in the interval that it lies in."""
    whole = Readings(*np.empty((7, 0), dtype=np.int64))
    for number, part in enumerate(plan.parts):
        between = part.differences
        if between is not None and len(between.starts):
            firsts = np.array([first for first, past in part.intervals if first < past], dtype=np.int64)
            place = np.searchsorted(firsts, between.starts, side="right") - 1
            place += int(np.searchsorted(plan.pair_of, number))
            scale = np.full(len(place), between.scale, dtype=np.int64)
            lengths, step = between.ends - between.starts, np.zeros(len(place), dtype=np.int64)
            quality = between.quality.astype(np.int64)
            whole += Readings(place, between.starts, lengths, step, between.values, scale, quality)
    return whole


def _rule(channel: ChannelFacts) -> Rule:
    if channel.kind == ChannelKind.REGISTER:
        return Rule.LAST
    summed = channel.kind == ChannelKind.INTERVAL and channel.unit in AMOUNTS
    return Rule.SUM if summed else Rule.HIGHEST


def _counting(plan: _SumPlan, *, halves_count: bool) -> tuple[SummedBlocks, Halves, Readings]:
    """(blocks, those halves of them whose sums count as they stand, readings that count one by one)."""
    sums = np.array([rule is Rule.SUM for rule in plan.rules])[plan.pair_of]
    blocks, periods = summed_blocks(plan.wanted), period_readings(plan.wanted)
    _, touching = _inside(blocks.place, blocks.starts, blocks.starts + DAY_SECONDS, plan.wanted)
    blocks = blocks.where(touching)
    stated = (blocks.cut >= 0) & (blocks.cut == _expected_cuts(blocks))
    whole = stated & sums[blocks.place] & ~_met(blocks, periods) & halves_count
    halves = halves_of(blocks)
    inside, touching = _inside(blocks.place[halves.block], halves.starts, halves.ends, plan.wanted)
    whole[halves.block[touching & ~inside & (halves.known > 0)]] = False
    single = block_readings(blocks.where(~whole), plan.wanted) + periods + _given(plan)
    summed = sums[single.place]
    count = whole[halves.block] & inside & (halves.known > 0)
    return blocks, halves.where(count), finest(single.where(summed)) + single.where(~summed)


def _inside(
    place: Integers, starts: Integers, ends: Integers, wanted: Sequence[Wanted]
) -> tuple[Flags, Flags]:
    """What lies wholly in its interval, and what touches it."""
    first = np.array([one.first for one in wanted], dtype=np.int64)[place]
    past = np.array([one.past for one in wanted], dtype=np.int64)[place]
    return (starts >= first) & (ends <= past), (starts < past) & (ends > first)


def _expected_cuts(blocks: SummedBlocks) -> Integers:
    """Where the utility's zone of today cuts the blocks' days, in seconds; what says else was written under another."""
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


def _pieces(
    plan: _SumPlan, blocks: SummedBlocks, halves: Halves, readings: Readings, days: Calendar
) -> tuple[Pieces, Integers]:
    """Halves of blocks and single readings alike, with their counts by quality."""
    halves = halves.added(_alike(blocks, halves, days))
    of = blocks.where(halves.block)
    summed = Pieces(
        plan.pair_of[of.place], days.places(halves.starts), halves.starts, halves.total, of.scale, halves.known,
        halves.known * of.step, of.step, of.phase,
    )  # fmt: skip
    one = np.ones(readings.size, dtype=np.int64)
    by_quality = np.zeros((readings.size, QUALITIES), dtype=np.int64)
    by_quality[np.arange(readings.size), readings.quality] = 1
    single = Pieces(
        plan.pair_of[readings.place], days.places(readings.start), readings.start, readings.value, readings.scale,
        one, readings.length, readings.step, readings.start % np.maximum(readings.step, 1),
    )  # fmt: skip
    return summed + single, np.concatenate([halves.qualities, by_quality])


def _alike(blocks: SummedBlocks, halves: Halves, days: Calendar) -> Integers:
    """A number for each half that is its neighbour's where both are of one interval, grid, scale and period."""
    changes = np.diff(days.places(halves.starts), prepend=-1) != 0
    for column in (blocks.place, blocks.step, blocks.phase, blocks.scale):
        changes |= np.diff(column[halves.block], prepend=-1) != 0
    return np.cumsum(changes)


def _channel_sums(
    part: Part,
    rows: slice,
    days: Calendar,
    period: Integers,
    exact: Sequence[tuple[int, int]],
    counts: Integers,
    due: Due,
) -> ChannelSums:
    scale = max(own for _, own in exact[rows])
    return ChannelSums(
        contract_id=part.contract_id,
        channel=part.channel,
        rule=part.rule,
        days=tuple(days.days[place] for place in period[rows].tolist()),
        starts=due.starts[rows],
        ends=due.ends[rows],
        whole=due.whole[rows],
        totals=tuple(total if own == scale else total * 10 ** (scale - own) for total, own in exact[rows]),
        scale=scale,
        known=due.known[rows],
        due=due.due[rows],
        qualities=counts[rows],
    )
