"""What was used in all: which channels of a meter tell it, and when. The one rule behind every single figure.

Of a meter, direction and unit: interval channels, or the differences of registers where none of these has a reading,
never both; what is a part by its name only where no total has a reading. Meters add up. See docs/data-model.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.ranges import Span, union
from datahub.feeds.formats.base import Quality
from datahub.feeds.store.codec import Codes, Flags, Integers, scaled_up
from datahub.models import ChannelKind
from datahub.queries.readings import ChannelFacts, ChannelReadings, instants_of, readings, seconds_of
from datahub.queries.register_names import register_name

AMOUNTS = frozenset(
    {"Wh", "varh", "VAh", "m3", "ft3", "gal", "therm"}
)  # of other units no sum means anything
_LONGER = (28_800, 90_000)  # seconds: what fits day blocks, and a local day
_NOT_MEASURED = (Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.PROVISIONAL)
Stretches = tuple[tuple[int, int], ...]  # [first, past) in epoch seconds, in order, apart
Times = tuple[Integers, Integers]  # starts and ends of readings


class Rank(NamedTuple):
    """Channels of one rank add up; one of a higher rank counts only while those of lower ones have no reading."""

    kind: int  # interval before register
    split: int  # a total by its name, what is no part, then each way to split a total
    telling: int  # of what tells the same, the better one


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """What a register counted from one of its readings to the next: values[i] / 10**scale in [starts[i], ends[i])."""

    starts: Integers
    ends: Integers
    values: Integers
    scale: int
    quality: Codes

    def where(self, keep: Flags) -> "Differences":
        return Differences(
            self.starts[keep], self.ends[keep], self.values[keep], self.scale, self.quality[keep]
        )


class Share(NamedTuple):
    """Of the channels of one rank: which of the readings of each count, and the time that these cover."""

    kept: list[Flags]
    time: Stretches


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """One channel while it counts for a contract. `differences` are those of a register, None of an interval channel.

    `always`: it counts all the time, so that what is known of it by itself is what counts.
    """

    contract_id: int
    channel: ChannelFacts
    stretches: Stretches
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
        return Rank(place, 0, name.telling)
    if not name.is_part:  # readings of hours before those of days: some feeds tell a meter's use in both
        return Rank(place, 1, sum(longest > length for length in _LONGER))
    return Rank(place, 1 + bool(name.tariff) + 2 * bool(name.tier) + 4 * bool(name.phase), name.telling)


def counted(spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]]) -> list[Counted]:
    """Which channels count for which contract, and when. No statement where each meter's interval channels add up.

    Where there are registers, or channels that tell the same, one: their readings say when which has any.
    """
    linked: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for span in spans:
        linked[span.contract_id, span.meter_id].append(span.span)
    found: list[Counted] = []
    unclear: list[tuple[int, int, list[list[ChannelFacts]]]] = []
    for (contract, meter), parts in sorted(linked.items()):
        for by_rank in ranked(channels.get(meter, ())):
            if len(by_rank) == 1 and by_rank[0][0].kind == ChannelKind.INTERVAL:
                stretches = tuple(map(seconds_of, union(parts)))
                found += [Counted(contract, channel, stretches, always=True) for channel in by_rank[0]]
            else:
                unclear.append((contract, meter, by_rank))
    if not unclear:
        return found
    # a register read at the very end belongs to both sides of it
    longer = [
        MeteredSpan(contract, 0, meter, instants_of(first, past + 1))
        for contract, meter in {(contract, meter) for contract, meter, _ in unclear}
        for first, past in map(seconds_of, union(linked[contract, meter]))
    ]
    wanted: dict[int, list[ChannelFacts]] = defaultdict(list)
    for _, meter, by_rank in unclear:
        wanted[meter] += [one for same in by_rank for one in same if one not in wanted[meter]]
    held: dict[tuple[int, int], list[ChannelReadings]] = defaultdict(list)
    for one in readings(longer, wanted):
        held[one.contract_id, one.channel_id].append(one)
    for contract, meter, by_rank in unclear:
        found += _counted(contract, by_rank, held, tuple(map(seconds_of, union(linked[contract, meter]))))
    return found


def ranked(channels: Sequence[ChannelFacts]) -> list[list[list[ChannelFacts]]]:
    """For each direction and unit of a meter: its channels by rank, those of one rank together."""
    found: dict[tuple[str, str, str], dict[Rank, list[ChannelFacts]]] = defaultdict(lambda: defaultdict(list))
    for channel in channels:
        place = rank(channel)
        if place is not None:
            found[channel.commodity, channel.direction, channel.unit][place].append(channel)
    return [[by_rank[place] for place in sorted(by_rank)] for by_rank in found.values()]


def shared_out(by_rank: Sequence[Sequence[Times]], stretches: Stretches) -> tuple[list[Share], Stretches]:
    """Which known readings count, rank by rank, and the time that none of them covers.

    Of each channel of a rank come the starts and the ends of its readings. One counts where it lies wholly in the time
    that lower ranks leave.
    """
    free, shares = stretches, []
    for same in by_rank:
        kept = [inside(starts, ends, free) for starts, ends in same]
        taken = [(starts[keep], ends[keep]) for (starts, ends), keep in zip(same, kept, strict=True)]
        time = covered(*(np.concatenate(side) for side in zip(*taken, strict=True)))
        shares.append(Share(kept, time))
        free = without(free, time)
    return shares, free


def _counted(
    contract: int,
    by_rank: Sequence[Sequence[ChannelFacts]],
    held: Mapping[tuple[int, int], Sequence[ChannelReadings]],
    stretches: Stretches,
) -> Iterator[Counted]:
    """Time that no rank has readings for goes to the first: there they are missing."""
    between: dict[int, Differences] = {}
    times: list[list[Times]] = []
    for same in by_rank:
        times.append([])
        for channel in same:
            own = held.get((contract, channel.channel_id), ())
            if channel.kind == ChannelKind.REGISTER:
                found = between[channel.channel_id] = _differences(own)
                times[-1].append((found.starts, found.ends))
            else:
                times[-1].append(_known(own))
    shares, free = shared_out(times, stretches)
    for place, (same, share) in enumerate(zip(by_rank, shares, strict=True)):
        time = share.time if place else _merged((*share.time, *free))
        for channel, keep in zip(same, share.kept, strict=True):
            differences = between.get(channel.channel_id)
            if time:
                yield Counted(
                    contract, channel, time, always=False,
                    differences=None if differences is None else differences.where(keep),
                )  # fmt: skip


def _known(held: Sequence[ChannelReadings]) -> Times:
    starts = [np.empty(0, dtype=np.int64), *(one.starts[one.known] for one in held)]
    ends = [np.empty(0, dtype=np.int64), *((one.starts + one.durations)[one.known] for one in held)]
    return np.concatenate(starts), np.concatenate(ends)


def _differences(held: Sequence[ChannelReadings]) -> Differences:
    """Between known readings that follow each other; where a register fell, it was set back, and nothing is known."""
    scale = max((one.scale for one in held), default=0)
    columns = []
    for one in held:
        finer, fits = scaled_up(one.values, np.array(scale - one.scale))
        keep = one.known & fits
        columns.append(((one.starts + one.durations)[keep], finer[keep], one.quality[keep].astype(np.int64)))
    moments, values, quality = (
        np.concatenate([np.empty(0, dtype=np.int64), *(column[place] for column in columns)])
        for place in range(3)
    )
    order = np.argsort(moments, kind="stable")
    moments, values, quality = moments[order], values[order], quality[order]
    rose = (np.diff(moments) > 0) & (np.diff(values) >= 0)
    doubtful = np.isin(quality[:-1], _NOT_MEASURED)
    between = Differences(
        moments[:-1],
        moments[1:],
        np.diff(values),
        scale,
        np.where(doubtful, quality[:-1], quality[1:]).astype(np.uint8),
    )
    return between.where(rose)


def inside(starts: Integers, ends: Integers, stretches: Stretches) -> Flags:
    """Which of [start, end) lie wholly in one of the stretches."""
    if not stretches:
        return np.zeros(len(starts), dtype=np.bool_)
    firsts, pasts = np.array(stretches, dtype=np.int64).T
    place = np.searchsorted(firsts, starts, side="right") - 1
    within: Flags = (place >= 0) & (ends <= pasts[place]) & (ends > starts)
    return within


def covered(starts: Integers, ends: Integers) -> Stretches:
    """The time that any of [start, end) covers."""
    if not len(starts):
        return ()
    order = np.argsort(starts, kind="stable")
    starts, until = starts[order], np.maximum.accumulate(ends[order])
    parted = np.flatnonzero(starts[1:] > until[:-1]) + 1
    first, last = np.append(0, parted), np.append(parted, len(starts)) - 1
    return tuple(zip(starts[first].tolist(), until[last].tolist(), strict=True))


def without(stretches: Stretches, taken: Stretches) -> Stretches:
    """The time of `stretches` that `taken` leaves."""
    left: list[tuple[int, int]] = []
    for first, past in stretches:
        for begin, end in taken:
            if end <= first or begin >= past:
                continue
            if begin > first:
                left.append((first, begin))
            first = end
        if first < past:
            left.append((first, past))
    return tuple(left)


def _merged(stretches: Stretches) -> Stretches:
    starts, ends = np.array(stretches, dtype=np.int64).reshape(-1, 2).T
    return covered(starts, ends)
