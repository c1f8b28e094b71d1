"""What contracts used of electricity during any intervals, to weigh their mix with; it is not shown by itself.

What counts of their meters' interval channels is what counts in every figure of use (`counted`), as it does where a
tariff's certificates are shared by use.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from cdsc_portal.lib.time.ranges import Span, union
from datahub.models import ChannelKind
from datahub.store.codec import DAY_SECONDS, Flags, Integers, scaled_up
from datahub.store.stored_segments import ChannelDays, StoredSegment, stored_segments
from datahub.usage.counted_channels import Intervals, inside, ranked, shared_out
from datahub.usage.facts import usage_facts
from datahub.usage.readings import seconds_of

_MOST = 2.0**62


@dataclass(frozen=True, slots=True, eq=False)
class _Channel:
    """Known readings that do not overlap, by start.

    Reading i is values[i] / 10**scale Wh during [starts[i], ends[i]) and last moved at moved[i].
    """

    starts: Integers
    ends: Integers
    values: Integers
    scale: int
    moved: Integers

    def where(self, keep: Flags) -> "_Channel":
        return _Channel(self.starts[keep], self.ends[keep], self.values[keep], self.scale, self.moved[keep])

    def touching(self, begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """[first, past) of the readings that have some of their time in each [begin, end)."""
        return np.searchsorted(self.ends, begins, side="right"), np.searchsorted(self.starts, ends)

    def up_to(self, moments: Integers, values: Integers) -> Integers:
        """How much of `values` came before each moment; a reading counts by the part of its time that has passed."""
        place = np.searchsorted(self.starts, moments, side="right") - 1
        before = np.concatenate([[0], np.cumsum(values)])
        at = np.maximum(place, 0)
        lasts = self.ends[at] - self.starts[at]
        passed = np.clip(moments - self.starts[at], 0, lasts)
        whole, rest = np.divmod(values[at], lasts)
        so_far: Integers = np.where(place < 0, 0, before[at] + whole * passed + rest * passed // lasts)
        return so_far


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """During one interval after the other: values[i] / 10**scale Wh, which means nothing where it is not `known`."""

    values: Integers
    known: Flags
    scale: int


@dataclass(frozen=True, slots=True, eq=False)
class ContractUse:
    """What one contract used; made by `contracts_use`."""

    channels: tuple[_Channel, ...]

    def during(self, begins: Integers, ends: Integers) -> Used:
        """Known where readings cover all of the interval without a gap; below 0 counts as nothing."""
        scale = max((channel.scale for channel in self.channels), default=0)
        values = np.zeros(len(begins), dtype=np.int64)
        known_seconds = np.zeros(len(begins), dtype=np.int64)
        gaps: Flags = np.zeros(len(begins), dtype=np.bool_)
        for channel in self.channels:
            finer, fits = scaled_up(channel.values, np.array(scale - channel.scale))
            if not fits.all() or np.abs(finer).sum(dtype=np.float64) >= _MOST:
                gaps[:] = True  # more than can be added up exactly is no use of electricity
                continue
            lengths = channel.ends - channel.starts
            values += channel.up_to(ends, finer) - channel.up_to(begins, finer)
            covered = channel.up_to(ends, lengths) - channel.up_to(begins, lengths)
            due = np.minimum(ends, channel.ends[-1]) - np.maximum(begins, channel.starts[0])
            gaps |= covered < due
            known_seconds += covered
        return Used(np.maximum(values, 0), ~gaps & (known_seconds >= ends - begins), scale)

    def moved(self, begins: Integers, ends: Integers) -> Integers:
        """When a reading of each [begin, end) last moved, in epoch microseconds; 0 for never."""
        last = np.zeros(len(begins), dtype=np.int64)
        for channel in self.channels:
            first, past = channel.touching(begins, ends)
            # of every second of these slices; what follows the last one stands for nothing
            slices = np.stack([first, past], axis=1).ravel()
            moved = np.maximum.reduceat(np.append(channel.moved, 0), slices)[::2]
            last = np.maximum(last, np.where(first < past, moved, 0))
        return last

    def hull_of_readings(self, begins: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """From when to when the readings last that have time in each [begin, end): a part of one tells of all of it."""
        for channel in self.channels:
            first, past = channel.touching(begins, ends)
            some, most = first < past, len(channel.starts) - 1
            start, end = channel.starts[np.minimum(first, most)], channel.ends[np.maximum(past - 1, 0)]
            begins = np.where(some, np.minimum(begins, start), begins)
            ends = np.where(some, np.maximum(ends, end), ends)
        return begins, ends


def contracts_use(contracts: Collection[int], hull: tuple[int, int]) -> dict[int, ContractUse]:
    """By contract key, while its meters measured it; `hull` in epoch seconds. Two queries."""
    facts = usage_facts(contracts)
    spans: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for link in facts.links:
        spans[link.contract_id, link.meter_id].append(link.span)
    # differences of registers are too coarse to say what was used in an hour
    channels = {
        meter: [
            channel
            for channel in of_meter
            if (channel.kind, channel.direction, channel.commodity, channel.unit)
            == (ChannelKind.INTERVAL, "import", "electricity", "Wh")
        ]
        for meter, of_meter in facts.channels.items()
    }
    wanted = sorted({channel.channel_id for of_meter in channels.values() for channel in of_meter})
    stored: dict[int, list[StoredSegment]] = defaultdict(list)
    longest = max((int(load.longest.total_seconds()) for load in facts.loads.values()), default=0)
    days = (hull[0] - longest) // DAY_SECONDS - 1, (hull[1] + longest) // DAY_SECONDS
    for segment in stored_segments([ChannelDays(channel, *days) for channel in wanted]) if wanted else ():
        stored[segment.channel_id].append(segment)
    uses: dict[int, list[_Channel]] = defaultdict(list)
    for (contract, meter), linked in spans.items():
        intervals = tuple(map(seconds_of, union(linked)))
        for by_rank in ranked(channels.get(meter, ())):
            built = [
                [_channel(stored[channel.channel_id], intervals) for channel in same] for same in by_rank
            ]
            times = [[(channel.starts, channel.ends) for channel in same] for same in built]
            shares, _ = shared_out(times, intervals)
            counting = [
                [channel.where(keep) for channel, keep in zip(same, share.kept, strict=True)]
                for same, share in zip(built, shares, strict=True)
            ]
            # what one channel leaves to another is known by the two together
            for in_turn in zip_longest(*counting):
                uses[contract] += _joined([channel for channel in in_turn if channel and len(channel.starts)])
    return {contract: ContractUse(tuple(uses[contract])) for contract in contracts}


def _channel(segments: Sequence[StoredSegment], intervals: Intervals) -> _Channel:
    """Where readings of one channel overlap, the shorter ones count."""
    scale = max((segment.scale for segment in segments), default=0)
    starts, ends, values, moved = (np.zeros(0, dtype=np.int64) for _ in range(4))
    for segment in sorted(segments, key=lambda segment: segment.step or DAY_SECONDS):
        begin, past = segment.starts, segment.starts + segment.durations
        finer, fits = scaled_up(segment.values, np.array(scale - segment.scale))
        kept = segment.known & fits & inside(begin, past, intervals)
        kept &= np.searchsorted(starts, past, side="left") <= np.searchsorted(ends, begin, side="right")
        own = np.repeat(segment.moved, segment.slots)
        columns = (begin, past, finer, own)
        joined = [
            np.concatenate([old, new[kept]])
            for old, new in zip((starts, ends, values, moved), columns, strict=True)
        ]
        order = np.argsort(joined[0], kind="stable")
        starts, ends, values, moved = (column[order] for column in joined)
    return _Channel(starts, ends, values, scale, moved)


def _joined(channels: Sequence[_Channel]) -> list[_Channel]:
    """Channels of which no two share time as one channel; apart where one scale has no room for them."""
    if len(channels) < 2:
        return list(channels)
    scale = max(channel.scale for channel in channels)
    finer = [scaled_up(channel.values, np.array(scale - channel.scale)) for channel in channels]
    if not all(fits.all() for _, fits in finer):
        return list(channels)
    starts, ends, moved = (
        np.concatenate([getattr(channel, name) for channel in channels])
        for name in ("starts", "ends", "moved")
    )
    order = np.argsort(starts, kind="stable")
    values = np.concatenate([values for values, _ in finer])
    return [_Channel(starts[order], ends[order], values[order], scale, moved[order])]
