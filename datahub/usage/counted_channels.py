"""What was used in all: which channels of a meter make it up, and when. The one rule behind every single figure.

Of a meter, direction and unit: interval channels, or the differences of registers where none of these has a reading,
never both; what is a part by its name only where no total has a reading. Meters add up. See docs/data-model.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span, union
from datahub.models import ChannelKind
from datahub.store.codec import DAY_SECONDS, Flags, Integers
from datahub.store.columns import LONGEST_IN_A_BLOCK
from datahub.store.sum_blocks import Wanted, summed_blocks
from datahub.usage.readings import ChannelFacts, ChannelReadings, instants_of, readings, seconds_of
from datahub.usage.registers import Differences, differences, register_name
from datahub.usage.sum_readings import FAR, block_readings, period_readings

# of other units no sum means anything
AMOUNTS = frozenset({"Wh", "varh", "VAh", "m3", "ft3", "gal", "imp_gal", "therm", "J", "Btu"})
LONGEST_DAY = 90_000  # seconds of a local day
_LONGER = (LONGEST_IN_A_BLOCK, LONGEST_DAY)
Intervals = tuple[tuple[int, int], ...]  # [first, past) in epoch seconds, in order, apart
Times = tuple[Integers, Integers]  # starts and ends of readings


class Rank(NamedTuple):
    """Channels of one rank add up; one of a higher rank counts only while those of lower ones have no reading."""

    kind: int  # interval before register
    split: int  # a total by its name, what is no part, then each way to split a total
    preference: int  # of what measures the same, the better one


class Share(NamedTuple):
    """Of the channels of one rank: which of the readings of each count, and the time that these cover."""

    kept: list[Flags]
    time: Intervals


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """One channel while it counts for a contract. `differences` are those of a register, None of an interval channel.

    `always`: it counts all the time, so that what is known of it by itself is what counts.
    """

    contract_id: int
    channel: ChannelFacts
    intervals: Intervals
    always: bool
    differences: Differences | None = None


def rank(channel: ChannelFacts) -> Rank | None:
    """None for what is no amount: demand, power, volts."""
    return rank_of(channel.register, kind=channel.kind, unit=channel.unit, longest=channel.longest)


def rank_of(register: str, *, kind: str, unit: str, longest: int) -> Rank | None:
    """Of a channel that is named so, with its longest reading in seconds."""
    if unit not in AMOUNTS or kind not in (ChannelKind.INTERVAL, ChannelKind.REGISTER):
        return None
    name, place = register_name(register), int(kind == ChannelKind.REGISTER)
    if name.is_total:
        return Rank(place, 0, name.preference)
    if not name.is_part:  # readings of hours before those of days: some feeds have a meter's use in both
        return Rank(place, 1, sum(longest > length for length in _LONGER))
    return Rank(place, 1 + bool(name.tariff) + 2 * bool(name.tier) + 4 * bool(name.phase), name.preference)


def counted(spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]]) -> list[Counted]:
    """Which channels count for which contract, and when. No statement where each meter's interval channels add up.

    Where there are registers beside them, at most four: their readings, and which of them lie in time without another.
    Where channels measure the same, one more: their readings say when which has any.
    """
    linked: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for span in spans:
        linked[span.contract_id, span.meter_id].append(span.span)
    counting: list[Counted] = []
    unclear: list[_Meter] = []
    for (contract, meter), parts in sorted(linked.items()):
        intervals = tuple(map(seconds_of, union(parts)))
        for by_rank in ranked(channels.get(meter, ())):
            own = _Meter(contract, meter, by_rank, intervals)
            if len(by_rank) == 1 and own.interval_channels:
                counting += [Counted(contract, channel, intervals, always=True) for channel in by_rank[0]]
            else:
                unclear.append(own)
    alike = [group for group in unclear if len(group.interval_channels) > 1]
    if alike:
        stored = _stored_readings(alike, [group.by_rank for group in alike])
        for group in alike:
            counting += _by_reading(group, stored)
    beside = [group for group in unclear if len(group.interval_channels) <= 1]
    if beside:
        stored = _stored_readings(beside, [group.register_channels for group in beside])
        counting += _beside_registers(beside, stored)
    return counting


def ranked(channels: Sequence[ChannelFacts]) -> list[list[list[ChannelFacts]]]:
    """For each direction and unit of a meter: its channels by rank, those of one rank together."""
    by_kind: dict[tuple[str, str, str], dict[Rank, list[ChannelFacts]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for channel in channels:
        place = rank(channel)
        if place is not None:
            by_kind[channel.commodity, channel.direction, channel.unit][place].append(channel)
    return [[by_rank[place] for place in sorted(by_rank)] for by_rank in by_kind.values()]


def shared_out(by_rank: Sequence[Sequence[Times]], intervals: Intervals) -> tuple[list[Share], Intervals]:
    """Which known readings count, rank by rank, and the time that none of them covers.

    Of each channel of a rank come the starts and the ends of its readings. One counts where it lies wholly in the time
    that lower ranks leave.
    """
    free, shares = intervals, []
    for same in by_rank:
        kept = [inside(starts, ends, free) for starts, ends in same]
        taken = [(starts[keep], ends[keep]) for (starts, ends), keep in zip(same, kept, strict=True)]
        time = covered(*(np.concatenate(side) for side in zip(*taken, strict=True)))
        shares.append(Share(kept, time))
        free = without(free, time)
    return shares, free


@dataclass(frozen=True, slots=True, eq=False)
class _Meter:
    """One direction and unit of a meter while it measured a contract."""

    contract_id: int
    meter_id: int
    by_rank: Sequence[Sequence[ChannelFacts]]
    intervals: Intervals

    @property
    def interval_channels(self) -> Sequence[Sequence[ChannelFacts]]:
        return [same for same in self.by_rank if same[0].kind == ChannelKind.INTERVAL]

    @property
    def register_channels(self) -> Sequence[Sequence[ChannelFacts]]:
        return [same for same in self.by_rank if same[0].kind == ChannelKind.REGISTER]


_Stored = Mapping[tuple[int, int], Sequence[ChannelReadings]]  # by contract and channel


def _stored_readings(meters: Sequence[_Meter], wanted: Sequence[Sequence[Sequence[ChannelFacts]]]) -> _Stored:
    """Readings of these channels, by rank, of the meters; one at the very end belongs to both sides of it."""
    spans = dict.fromkeys(
        MeteredSpan(group.contract_id, 0, group.meter_id, instants_of(first, past + 1))
        for group in meters
        for first, past in group.intervals
    )
    channels: dict[int, dict[int, ChannelFacts]] = defaultdict(dict)
    for group, by_rank in zip(meters, wanted, strict=True):
        channels[group.meter_id].update((channel.channel_id, channel) for same in by_rank for channel in same)
    stored: dict[tuple[int, int], list[ChannelReadings]] = defaultdict(list)
    for channel_readings in readings(
        list(spans), {meter: list(own.values()) for meter, own in channels.items()}
    ):
        stored[channel_readings.contract_id, channel_readings.channel_id].append(channel_readings)
    return stored


def _by_reading(meter: _Meter, stored: _Stored) -> Iterator[Counted]:
    """Time that no rank has readings for goes to the first: there they are missing."""
    between = _between(meter, stored)
    times = [
        [
            (between[channel.channel_id].starts, between[channel.channel_id].ends)
            if channel.channel_id in between
            else _known(stored.get((meter.contract_id, channel.channel_id), ()))
            for channel in same
        ]
        for same in meter.by_rank
    ]
    shares, free = shared_out(times, meter.intervals)
    for place, (same, share) in enumerate(zip(meter.by_rank, shares, strict=True)):
        time = share.time if place else _merged((*share.time, *free))
        for channel, keep in zip(same, share.kept, strict=True):
            of_register = between.get(channel.channel_id)
            if time:
                yield Counted(
                    meter.contract_id, channel, time, always=False,
                    differences=None if of_register is None else of_register.where(keep),
                )  # fmt: skip


def _beside_registers(meters: Sequence[_Meter], stored: _Stored) -> Iterator[Counted]:
    """Interval channels of one rank, if any: a difference counts where none of them has a reading, they all other time.

    Sums of blocks say where they have any; only those blocks are read in which a difference begins or ends.
    """
    between = [_between(meter, stored) for meter in meters]
    starts, ends = _known_of_intervals(meters, between)
    for number, meter in enumerate(meters):
        free = {}
        for key, part in between[number].items():
            begin, past = number * FAR + part.starts, number * FAR + part.ends
            shares_time = np.searchsorted(starts, past) > np.searchsorted(ends, begin, side="right")
            free[key] = part.where(~shares_time)
        times = [
            [(free[channel.channel_id].starts, free[channel.channel_id].ends) for channel in same]
            for same in meter.register_channels
        ]
        shares, rest = shared_out(times, meter.intervals)
        taken = any(share.time for share in shares)
        for channel in (channel for same in meter.interval_channels for channel in same):
            yield Counted(meter.contract_id, channel, rest, always=not taken)
        for place, (same, share) in enumerate(zip(meter.register_channels, shares, strict=True)):
            first = place == 0 and not meter.interval_channels
            time = _merged((*share.time, *rest)) if first else share.time
            for channel, keep in zip(same, share.kept, strict=True):
                if time:
                    own = free[channel.channel_id].where(keep)
                    yield Counted(meter.contract_id, channel, time, always=False, differences=own)


def _known_of_intervals(
    meters: Sequence[_Meter], between: Sequence[Mapping[int, Differences]]
) -> tuple[Integers, Integers]:
    """When readings of the interval channels, or their blocks, begin and end, each in order; of meter i by i * FAR."""
    wanted, owner = [], []
    for number, meter in enumerate(meters):
        intervals = [
            Wanted(channel.channel_id, first, past)
            for same in meter.interval_channels
            for channel in same
            for first, past in meter.intervals
        ]
        wanted += intervals
        owner += [number * FAR] * len(intervals)
    if not wanted:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    line = np.array(owner, dtype=np.int64)
    edges = [
        number * FAR + side
        for number, own in enumerate(between)
        for part in own.values()
        for side in (part.starts, part.ends)
    ]
    edge = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *edges]))
    blocks = summed_blocks(wanted)
    begin = line[blocks.place] + blocks.starts
    cut = np.searchsorted(edge, begin + DAY_SECONDS) > np.searchsorted(edge, begin, side="right")
    single = block_readings(blocks.where(cut), wanted) + period_readings(wanted)
    start = line[single.place] + single.start
    starts = np.concatenate([begin[~cut], start])
    ends = np.concatenate([begin[~cut] + DAY_SECONDS, start + single.length])
    return np.sort(starts), np.sort(ends)


def _between(meter: _Meter, stored: _Stored) -> dict[int, Differences]:
    """By channel key, of the registers: only differences that lie wholly in the meter's time."""
    by_channel = {}
    for channel in (channel for same in meter.register_channels for channel in same):
        own = differences(stored.get((meter.contract_id, channel.channel_id), ()))
        by_channel[channel.channel_id] = own.where(inside(own.starts, own.ends, meter.intervals))
    return by_channel


def _known(stored: Sequence[ChannelReadings]) -> Times:
    starts = [np.empty(0, dtype=np.int64), *(part.starts[part.known] for part in stored)]
    ends = [np.empty(0, dtype=np.int64), *((part.starts + part.durations)[part.known] for part in stored)]
    return np.concatenate(starts), np.concatenate(ends)


def inside(starts: Integers, ends: Integers, intervals: Intervals) -> Flags:
    """Which of [start, end) lie wholly in one of the intervals."""
    if not intervals:
        return np.zeros(len(starts), dtype=np.bool_)
    firsts, pasts = np.array(intervals, dtype=np.int64).T
    place = np.searchsorted(firsts, starts, side="right") - 1
    within: Flags = (place >= 0) & (ends <= pasts[place]) & (ends > starts)
    return within


def covered(starts: Integers, ends: Integers) -> Intervals:
    """The time that any of [start, end) covers."""
    if not len(starts):
        return ()
    order = np.argsort(starts, kind="stable")
    starts, until = starts[order], np.maximum.accumulate(ends[order])
    parted = np.flatnonzero(starts[1:] > until[:-1]) + 1
    first, last = np.append(0, parted), np.append(parted, len(starts)) - 1
    return tuple(zip(starts[first].tolist(), until[last].tolist(), strict=True))


def without(intervals: Intervals, taken: Intervals) -> Intervals:
    """The time of `intervals` that `taken` leaves."""
    left: list[tuple[int, int]] = []
    place = 0
    for first, past in intervals:
        while place < len(taken) and taken[place][0] < past:
            begin, end = taken[place]
            if begin > first:
                left.append((first, begin))
            first = max(first, end)
            if end > past:
                break  # it reaches into the next interval, maybe
            place += 1
        if first < past:
            left.append((first, past))
    return tuple(left)


def _merged(intervals: Intervals) -> Intervals:
    starts, ends = np.array(intervals, dtype=np.int64).reshape(-1, 2).T
    return covered(starts, ends)
