"""Readings of a contract as segments, consecutive ones of a channel with one interval, and how they are written:
JSON and CSV by columns, without an object a reading.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil
from operator import attrgetter

import numpy as np
import orjson

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.text.csv_cells import csv_cells
from cdsc_portal.lib.text.text_cells import Cells, decimal_cells, fixed_cells, instant_cells, text
from cdsc_portal.lib.time.ranges import Span
from consent.resolution import Resolution
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.rows.usage import Quality
from datahub.usage.coarse import coarse_readings
from datahub.usage.facts import UsageFacts, usage_facts, usage_standings
from datahub.usage.plan import ReadInterval, contracts_with_readings, page_of, read_intervals, spans_in_window
from datahub.usage.readings import ChannelReadings, decimal_strings, readings

MISSING = 255  # beside the codes of Quality: no value, so no quality
QUALITY_NAMES = {code.value: code.name.lower() for code in Quality} | {MISSING: "missing"}
CSV_HEADER = (
    "contract_number", "service_point_id", "meter_number", "register", "direction", "kind", "unit",
    "start", "end", "value", "quality",
)  # fmt: skip
QUALITY_WORDS = [QUALITY_NAMES.get(code, "") for code in range(MISSING + 1)]  # by code
LINES_AT_ONCE = 4096  # readings of a table's lines: what they take stays in the processor's cache
_VALUES_AT_ONCE = 16_384  # values alone take less
_PLACE = attrgetter(
    "contract_number", "channel.meter_number", "channel.register", "channel.channel_id", "start"
)


@dataclass(frozen=True, slots=True, eq=False)
class UsageSegment:
    """`rows` of a channel: consecutive readings that each last `interval_seconds`, from `start` to `end`.

    `verified`: when they last came in a feed; not after the end of the window, unless they changed then.
    """

    channel: ChannelReadings
    contract_number: str
    service_point_id: str
    rows: slice
    start: datetime
    end: datetime
    interval_seconds: int
    verified: datetime

    @property
    def size(self) -> int:
        return int(self.rows.stop - self.rows.start)

    @property
    def values(self) -> list[str | None]:
        """Exact, in the channel's unit; None = unknown."""
        shown = decimal_strings(self.channel.values[self.rows], self.channel.scale)
        known = self.channel.known[self.rows].tolist()
        return [text if is_known else None for text, is_known in zip(shown, known, strict=True)]

    def quality_runs(self) -> list[dict[str, object]]:
        """How many values in a row have the same quality; `missing` where there is no value."""
        codes = np.where(self.channel.known[self.rows], self.channel.quality[self.rows], MISSING)
        edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
        return [
            {"count": past - first, "quality": QUALITY_NAMES[int(codes[first])]}
            for first, past in pairwise(edges)
        ]


def usage(covered: Coverage, *, after: Position | None = None) -> Page[UsageSegment]:
    """Readings of the window while meter, point and contract were linked, by contract, meter and time.

    Two queries, however many readings, and one more for what other pages hold.
    """
    return usage_page(covered, usage_facts(covered.spans.keys(), only=covered.meters), after=after)


def usage_page(covered: Coverage, facts: UsageFacts, *, after: Position | None) -> Page[UsageSegment]:
    """The page that begins at `after`, where the facts are known already. One query, and the one for other pages."""
    intervals = read_intervals(spans_in_window(covered, facts), facts, covered)
    page, resume = page_of(intervals, after)
    spans = []
    parts: dict[tuple[int, int], list[ReadInterval]] = defaultdict(list)  # by contract and meter, as the next
    for part in page:
        parts[part.contract, part.meter].append(part)
        to_read = Span(part.start, min(part.limit, part.end + part.longest))
        spans.append(MeteredSpan(part.contract, 0, part.meter, to_read))
    linked: dict[tuple[int, int], list[MeteredSpan]] = defaultdict(list)
    for link in facts.links:
        linked[link.contract_id, link.meter_id].append(link)
    contracts = {contract.key: contract for contract in covered.contracts}
    segments = []
    channels: Iterable[ChannelReadings] = readings(spans, facts.channels)
    if covered.resolution is not Resolution.AS_READ:
        channels = filter(None, (coarse_readings(channel, covered.resolution) for channel in channels))
    for channel in channels:
        pair, contract = (channel.contract_id, channel.meter_id), contracts[channel.contract_id]
        verified = max(contract.not_after_window(channel.synced) or channel.synced, channel.modified)
        for rows in _consecutive_rows(channel, parts[pair]):
            seconds = int(channel.durations[rows.start])
            start = datetime.fromtimestamp(int(channel.starts[rows.start]), UTC)
            end = datetime.fromtimestamp(int(channel.starts[rows.stop - 1]) + seconds, UTC)
            point = next(link.service_point_id for link in linked[pair] if link.span.contains(start))
            place = (contract.contract_number, facts.points[point])
            segments.append(UsageSegment(channel, *place, rows, start, end, seconds, verified))
    segments.sort(key=_PLACE)
    starts, ends = (map(attrgetter(side), segments) for side in ("start", "end"))
    data = Span(min(starts), max(ends)) if segments else None
    in_page = frozenset(segment.channel.contract_id for segment in segments)
    is_whole = after is None and resume is None
    with_readings = in_page if is_whole else contracts_with_readings(intervals)
    return Page(
        items=segments,
        standings=usage_standings(covered, facts.links, facts.loads, with_readings=with_readings),
        contracts=in_page,
        values=sum(segment.rows.stop - segment.rows.start for segment in segments),
        data=data,
        resume=resume,
        resolution=covered.resolution or "as_read",
    )


def _consecutive_rows(channel: ChannelReadings, page: Iterable[ReadInterval]) -> Iterator[slice]:
    """Rows that start inside the page's intervals, parted where one does not follow on the other; instants alone."""
    starts, lengths = channel.starts, channel.durations
    parted = np.diff(starts) != lengths[:-1]
    if channel.step is None:
        parted |= (np.diff(lengths) != 0) | (lengths[1:] == 0)
    edges = [0, *(np.flatnonzero(parted) + 1).tolist(), len(starts)]
    for part in page:
        first, past = np.searchsorted(
            starts, [ceil(part.start.timestamp()), ceil(part.end.timestamp())]
        ).tolist()
        for begin, end in pairwise(edges):
            begin, end = max(begin, first), min(end, past)
            known = channel.known[begin:end]
            if begin < end and known.any():
                yield slice(begin + int(known.argmax()), end - int(known[::-1].argmax()))


def usage_objects(segments: Iterable[UsageSegment]) -> list[dict[str, object]]:
    """What `UsageSegmentShape` says of each segment, its values as ready JSON."""
    objects: list[dict[str, object]] = []
    for segment in segments:
        channel, rows = segment.channel, segment.rows
        values = []
        for first in range(rows.start, rows.stop, _VALUES_AT_ONCE):
            part = slice(first, min(first + _VALUES_AT_ONCE, rows.stop))
            cells = decimal_cells(
                channel.values[part],
                channel.known[part],
                channel.scale,
                before=b'"',
                after=b'",',
                unknown=b"null,",
            )
            values.append(text(cells))
        objects.append(
            {
                "contract_number": segment.contract_number,
                "service_point_id": segment.service_point_id,
                "meter_number": channel.meter_number,
                "register": channel.register or None,
                "service_type": channel.commodity,
                "direction": channel.direction,
                "kind": channel.kind,
                "unit": channel.unit,
                "interval_seconds": segment.interval_seconds,
                "start": segment.start,
                "end": segment.end,
                "values": orjson.Fragment(b"[" + b"".join(values)[:-1] + b"]"),
                "quality": segment.quality_runs(),
                "modified": channel.modified,
                "verified": segment.verified,
            }
        )
    return objects


def usage_csv(segments: Iterable[UsageSegment]) -> bytes:
    """One line a value, LF; an unknown value is an empty cell."""
    lines = [f"{','.join(CSV_HEADER)}\n".encode()]
    for segment in segments:
        channel, head = segment.channel, csv_head(segment)
        for part in row_slices(segment.rows, LINES_AT_ONCE):
            starts, known = channel.starts[part], channel.known[part]
            columns = (
                repeated(head, len(starts)),
                instant_cells(starts),
                repeated(b",", len(starts)),
                instant_cells(starts + channel.durations[part]),
                decimal_cells(
                    channel.values[part], known, channel.scale, before=b",", after=b",", unknown=b",,"
                ),
                fixed_cells(QUALITY_WORDS, np.where(known, channel.quality[part], np.uint8(MISSING))),
                repeated(b"\n", len(starts)),
            )
            lines.append(text(np.hstack(columns)))
    return b"".join(lines)


def csv_head(segment: UsageSegment) -> bytes:
    """The cells that all lines of a segment begin with."""
    channel = segment.channel
    cells = csv_cells(
        (
            segment.contract_number, segment.service_point_id, channel.meter_number, channel.register,
            channel.direction, channel.kind, channel.unit,
        )
    )  # fmt: skip
    return f"{cells},".encode()


def row_slices(rows: slice, at_once: int) -> Iterator[slice]:
    for first in range(rows.start, rows.stop, at_once):
        yield slice(first, min(first + at_once, rows.stop))


def repeated(word: bytes, rows: int) -> Cells:
    return np.broadcast_to(np.frombuffer(word, dtype=np.uint8), (rows, len(word)))
