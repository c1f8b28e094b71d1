"""Readings as they are stored, cut to the intervals that a caller may see."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.db.models.functions import Coalesce

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span, union
from datahub.models import Channel, Direction
from datahub.store.codec import DAY_SECONDS, Codes, Flags, Integers, Rows
from datahub.store.stored_segments import ChannelDays, StoredSegment, stored_segments

_ENDLESS = (-62_135_596_800, 253_402_214_400)  # the years 1 and 9999, in epoch seconds
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A register of a meter as its feed names it."""

    channel_id: int
    meter_id: int
    meter_number: str
    register: str
    commodity: str
    unit: str
    direction: str
    kind: str
    synced: datetime
    longest: int = 0  # seconds of its longest reading


@dataclass(frozen=True, slots=True, eq=False)
class ChannelReadings:
    """What one channel measured for one contract, in order of time; arrays have an element a reading.

    Reading i covers [starts[i], starts[i] + durations[i]) in epoch seconds and is values[i] / 10**scale in `unit`
    where known[i]; else it was withdrawn or never came, and the value means nothing. Gaps are either absent
    or not known, never 0. `step` is the grid in seconds, None for periods of any length (a register read at an instant
    has duration 0). `quality` holds codes of `datahub.rows.base.Quality`.
    """

    contract_id: int
    meter_id: int
    meter_number: str
    channel_id: int
    register: str
    commodity: str
    unit: str
    direction: str
    kind: str
    step: int | None
    starts: Integers
    durations: Integers
    values: Integers
    scale: int
    known: Flags
    quality: Codes
    modified: datetime
    synced: datetime

    @property
    def size(self) -> int:
        return len(self.starts)

    def decimals(self) -> list[str | None]:
        """The exact values in decimal notation; None where unknown."""
        shown = decimal_strings(self.values, self.scale)
        return [text if known else None for text, known in zip(shown, self.known.tolist(), strict=True)]


def readings(
    spans: Sequence[MeteredSpan], channels: Mapping[int, Sequence[ChannelFacts]] | None = None
) -> list[ChannelReadings]:
    """What the meters measured during their spans, by contract, meter, channel and step. Two queries.

    A reading counts when its whole interval lies in a span, an instant when it does not lie at the span's
    end; so a former occupant's readings never show. Channels without a reading there are left out. `channels` of
    the meters, by key, save a query where they are known already.
    """
    allowed: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for span in spans:
        allowed[span.contract_id, span.meter_id].append(span.span)
    if channels is None:
        channels = channels_of({meter for _, meter in allowed})
    of_meter: dict[int, list[Span]] = defaultdict(list)
    for (_contract, meter), of_pair in allowed.items():
        of_meter[meter] += of_pair
    wanted = []
    for meter, meter_spans in of_meter.items():  # the days that the spans may touch
        bounds = list(map(seconds_of, union(meter_spans)))
        wanted += [
            ChannelDays(channel.channel_id, first // DAY_SECONDS, past // DAY_SECONDS)
            for channel in channels.get(meter, ())
            for first, past in bounds
        ]
    if not wanted:
        return []
    segments: dict[int, list[StoredSegment]] = defaultdict(list)
    for segment in stored_segments(wanted):
        segments[segment.channel_id].append(segment)
    return [
        cut
        for (contract, meter), intervals in sorted(allowed.items())
        for channel in channels.get(meter, ())
        for segment in segments[channel.channel_id]
        if (cut := _cut(contract, channel, segment, union(intervals))) is not None
    ]


def channels_of(meter_ids: Collection[int]) -> dict[int, list[ChannelFacts]]:
    """By meter key, without what a plant of the customer's makes. One query."""
    of_service = Channel.objects.filter(meter__in=meter_ids).exclude(direction=Direction.PRODUCTION)
    rows = of_service.order_by("pk").values_list(
        "pk", "meter_id", "meter__meter_number", "register", "commodity", "unit", "direction", "kind", "synced",
        Coalesce("longest", 0),
    )  # fmt: skip
    channels: dict[int, list[ChannelFacts]] = defaultdict(list)
    for row in rows:
        channels[row[1]].append(ChannelFacts(*row))
    return channels


def decimal_strings(values: Integers, scale: int) -> list[str]:
    """integer / 10**scale in plain decimal notation, all `scale` decimals shown."""
    if scale <= 0:
        return [str(value * 10**-scale) for value in values.tolist()]
    return [
        f"{'-' if value < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"
        for value in values.tolist()
        for digits in (f"{abs(value):0{scale + 1}d}",)
    ]


def _cut(
    contract: int, channel: ChannelFacts, segment: StoredSegment, intervals: tuple[Span, ...]
) -> ChannelReadings | None:
    """The readings that lie wholly in one of the intervals, from the first to the last known one; None of none."""
    ends = segment.starts + segment.durations
    inside: Flags = np.zeros(len(ends), dtype=np.bool_)
    for span in intervals:
        first, past = seconds_of(span)
        inside |= (segment.starts >= first) & (ends <= past) & (segment.starts < past)
    known = np.flatnonzero(inside & segment.known)
    if not len(known):
        return None
    # slots that no reading has reached yet are no part of the series
    first, past = int(known[0]), int(known[-1]) + 1
    kept: slice | Rows = slice(first, past)
    moved = segment.moved[first // segment.slots : (past - 1) // segment.slots + 1]
    if not inside[first:past].all():
        kept = first + np.flatnonzero(inside[first:past])
        moved = segment.moved[kept // segment.slots]
    seconds, micros = divmod(int(moved.max()), _MICROS)
    modified = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    return ChannelReadings(
        contract, channel.meter_id, channel.meter_number, channel.channel_id, channel.register,
        channel.commodity, channel.unit, channel.direction, channel.kind, segment.step, segment.starts[kept],
        segment.durations[kept], segment.values[kept], segment.scale, segment.known[kept], segment.quality[kept],
        modified, channel.synced,
    )  # fmt: skip


def seconds_of(span: Span) -> tuple[int, int]:
    """[first, past) in epoch seconds: whole ones, rounded inwards."""
    first = _ENDLESS[0] if span.start is None else -int(-span.start.timestamp() // 1)
    past = _ENDLESS[1] if span.end is None else int(span.end.timestamp() // 1)
    return first, past


def instants_of(first: int, past: int) -> Span:
    """The span of these seconds; without a side that lies beyond all of time."""
    start, end = (
        None if side <= _ENDLESS[0] or side >= _ENDLESS[1] else datetime.fromtimestamp(side, UTC)
        for side in (first, past)
    )
    return Span(start, end)
