"""Sums by local day, month and year, and by parts of a day, from what the store keeps: see decisions 11 and 54.

Readings that a link or a window cuts off never count: closed months are taken as they are summed, blocks beside them
added up as they stand, and those at the ends of links and windows decoded. A reading counts in the period in which it
starts.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
from django.utils import timezone

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span, union
from datahub.models import ChannelKind
from datahub.store.codec import DAY_SECONDS, Flags, Integers, Rows
from datahub.store.sum_blocks import Wanted, summed_blocks
from datahub.usage.counted_channels import AMOUNTS, Intervals
from datahub.usage.readings import ChannelFacts, seconds_of
from datahub.usage.registers import Differences
from datahub.usage.stored_amounts import StoredAmounts, intersection, stored_amounts
from datahub.usage.sum_periods import By, Slots, calendar
from datahub.usage.sum_pieces import RULES, Rule, added, due_readings, totals
from datahub.usage.sum_readings import FAR, Readings, block_readings, period_readings

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
    on_grid: Flags

    @property
    def size(self) -> int:
        return len(self.days)

    def of_whole_periods(self) -> "ChannelSums":
        """Without periods of which something is missing or cut off; without a grid also without the last, of which that
        is not known.
        """
        keep = self.whole & (self.known == self.due)
        if self.channel.kind == ChannelKind.REGISTER or not self.on_grid[-1]:
            keep[-1] = False
        return self._at(np.flatnonzero(keep))

    def of_days(self, days: frozenset[date]) -> "ChannelSums":
        """Only the periods that begin on these days."""
        return self._at(np.flatnonzero([day in days for day in self.days]))

    def _at(self, places: Rows) -> "ChannelSums":
        arrays = {
            name: getattr(self, name)[places]
            for name in ("starts", "ends", "whole", "known", "due", "qualities", "on_grid")
        }
        return replace(
            self,
            days=tuple(self.days[place] for place in places.tolist()),
            totals=tuple(self.totals[place] for place in places.tolist()),
            **arrays,
        )


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
    """Parts, the number of each one's rule, and the intervals wanted of each, part after part."""

    parts: Sequence[Part]
    rules: Integers
    wanted: Sequence[Wanted]
    pair_of: Integers


def usage_sums(
    spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]], *, by: By | Slots
) -> list[ChannelSums]:
    """Totals of what the meters measured during their spans, by contract, meter and channel; `channels` are by meter.

    Four statements at most, however many spans: closed months, blocks without their values, periods, and the values of
    the few blocks that have to be decoded; of slots, those are all.
    """
    return [sums for _, sums in sums_by_length(parts_of(spans, channels), (by,))(by)]


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


def sums_by_length(
    parts: Sequence[Part], every: Sequence[By | Slots]
) -> Callable[[By | Slots], list[tuple[int, ChannelSums]]]:
    """Their sums for one of the lengths `every` of a period, once it is called for: (which of the parts, its sums).

    Four statements at most, too, however many lengths. Parts without a known reading are left out.
    """
    plan = _sum_plan(parts)
    if not plan.wanted:
        return lambda _by: []
    stored = stored_amounts(
        plan.wanted,
        (plan.rules == RULES.index(Rule.SUM))[plan.pair_of],
        uses_months=all(by in (By.MONTH, By.YEAR) for by in every),
        uses_halves=not any(isinstance(by, Slots) for by in every),
        given=_register_differences(plan),
    )
    return lambda by: _sums(plan, stored, by)


def _sums(plan: _SumPlan, stored: StoredAmounts, by: By | Slots) -> list[tuple[int, ChannelSums]]:
    starts = stored.starts
    if not len(starts):
        return []
    days = calendar(by, int(starts.min()), int(starts.max()), timezone.get_default_timezone())
    pieces = stored.pieces(days, plan.pair_of)
    keys, group = np.unique(pieces.pair * FAR + pieces.period, return_inverse=True)
    pair, period = keys // FAR, keys % FAR
    qualities = np.stack([added(group, counts, len(keys)) for counts in pieces.qualities.T], axis=1)
    values, scales = totals(group, pieces, plan.rules[pair])
    due = due_readings(group, pieces, stored.readings, (pair, period), days, plan.wanted, plan.pair_of)
    first_days = [days.days[number] for number in period.tolist()]
    edges = np.flatnonzero(np.diff(pair, prepend=-1, append=len(plan.parts)))
    sums = []
    for first, past in zip(edges.tolist(), edges.tolist()[1:], strict=False):
        rows, number = slice(first, past), int(pair[first])
        scale = int(scales[rows].max())
        if (scales[rows] == scale).all():
            of_one_scale = tuple(values[rows])
        else:
            powers = (scale - scales[rows]).tolist()
            of_one_scale = tuple(value * 10**power for value, power in zip(values[rows], powers, strict=True))
        of_part = ChannelSums(
            contract_id=plan.parts[number].contract_id,
            channel=plan.parts[number].channel,
            rule=plan.parts[number].rule,
            days=tuple(first_days[rows]),
            starts=due.starts[rows],
            ends=due.ends[rows],
            whole=due.whole[rows],
            totals=of_one_scale,
            scale=scale,
            known=due.known[rows],
            due=due.due[rows],
            qualities=qualities[rows],
            on_grid=due.on_grid[rows],
        )
        sums.append((number, of_part))
    return sums


def known_readings(
    spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]]
) -> KnownReadings:
    """The readings with a value that the spans hold. Four statements at most."""
    plan = _sum_plan(parts_of(spans, channels))
    if not plan.wanted:
        return KnownReadings(0, None)
    blocks = summed_blocks(plan.wanted)
    inside, touching = intersection(blocks.place, blocks.starts, blocks.starts + DAY_SECONDS, plan.wanted)
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
    rules = np.array([RULES.index(part.rule) for part in parts], dtype=np.int64)
    return _SumPlan(parts, rules, wanted, np.repeat(np.arange(len(parts), dtype=np.int64), counts))


def _register_differences(plan: _SumPlan) -> Readings:
    """The differences of registers as single readings, each in the interval that it lies in."""
    whole = Readings.none()
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
