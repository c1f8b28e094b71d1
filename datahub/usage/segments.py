"""Readings of a contract as segments, consecutive ones of a channel with one interval, and how they are written:
JSON and CSV by columns, without an object a reading.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil

import numpy as np
import orjson

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.text.csv_cells import csv_cells
from cdsc_portal.lib.text.text_cells import Cells, decimal_cells, fixed_cells, instant_cells, text
from cdsc_portal.lib.time.ranges import Span, union
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, from_first_to_last
from datahub.rows.usage import Quality
from datahub.store.codec import Codes
from datahub.usage.coarse import coarse_readings
from datahub.usage.facts import UsageFacts, open_facts, usage_facts, usage_standings
from datahub.usage.plan import ReadInterval, UsagePlan, contracts_with_readings, usage_plan
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


@dataclass(frozen=True, slots=True, eq=False)
class UsageSegment:
    """`rows` of a channel: consecutive readings that last equally long.

    `verified`: when they last came in a feed; not after the end of the window, unless they changed then.
    """

    channel: ChannelReadings
    contract_number: str
    service_point_id: str
    rows: slice
    verified: datetime

    @property
    def contract_key(self) -> int:
        return self.channel.contract_id

    @property
    def place(self) -> tuple[str, str, str, int, int]:
        """By contract, meter, register and time."""
        channel = self.channel
        return (
            self.contract_number,
            channel.meter_number,
            channel.register,
            channel.channel_id,
            self._first,
        )

    @property
    def size(self) -> int:
        return int(self.rows.stop - self.rows.start)

    @property
    def _first(self) -> int:
        return self.channel.times.start(self.rows.start)

    @property
    def interval_seconds(self) -> int:
        return self.channel.times.duration(self.rows.start)

    @property
    def start(self) -> datetime:
        return datetime.fromtimestamp(self._first, UTC)

    @property
    def end(self) -> datetime:
        last = self.channel.times.start(self.rows.stop - 1)
        return datetime.fromtimestamp(last + self.interval_seconds, UTC)

    @property
    def values(self) -> list[str | None]:
        """Exact, in the channel's unit; None = unknown."""
        shown = decimal_strings(self.channel.values[self.rows], self.channel.scale)
        known = self.channel.known[self.rows].tolist()
        return [text if is_known else None for text, is_known in zip(shown, known, strict=True)]

    @property
    def quality(self) -> Codes:
        """A code of Quality a reading; MISSING where there is no value."""
        return np.where(self.channel.known[self.rows], self.channel.quality[self.rows], MISSING)


def usage(covered: Coverage, *, after: Position | None = None) -> Page[UsageSegment]:
    """Readings of the window while meter, point and contract were linked, by contract, meter and time.

    Two queries, however many readings, and one more for what other pages hold.
    """
    facts = open_facts(usage_facts(covered.spans.keys()), covered)
    return usage_page(covered, facts, usage_plan(covered, facts, after=after))


def usage_page(covered: Coverage, facts: UsageFacts, plan: UsagePlan) -> Page[UsageSegment]:
    """The same where facts and plan are known already. One query, and the one for other pages."""
    parts: dict[tuple[int, int], list[ReadInterval]] = defaultdict(list)  # by contract and meter, as the next
    for part in plan.page:
        parts[part.contract, part.meter].append(part)
    linked: dict[tuple[int, int], list[MeteredSpan]] = defaultdict(list)
    for link in facts.links:
        linked[link.contract_id, link.meter_id].append(link)
    spans = [MeteredSpan(part.contract, 0, part.meter, part.read_window) for part in plan.page]
    contracts = {contract.key: contract for contract in covered.open}
    segments = []
    for stored in readings(spans, facts.channels):
        channel = coarse_readings(stored, covered.resolution)
        if channel is None:
            continue
        pair = (channel.contract_id, channel.meter_id)
        synced = contracts[channel.contract_id].not_after_window(channel.synced) or channel.synced
        verified = max(synced, channel.modified)
        for rows in _consecutive_rows(channel, parts[pair]):
            start = datetime.fromtimestamp(channel.times.start(rows.start), UTC)
            point = next(link.service_point_id for link in linked[pair] if link.span.contains(start))
            number = parts[pair][0].contract_number
            segments.append(UsageSegment(channel, number, facts.points[point], rows, verified))
    segments.sort(key=lambda segment: segment.place)

    in_page = frozenset(segment.contract_key for segment in segments)
    with_readings = in_page if plan.alone else contracts_with_readings(plan.read_intervals)
    return Page(
        items=segments,
        standings=usage_standings(covered, facts.links, facts.loads, with_readings=with_readings),
        contracts=in_page,
        values=sum(segment.size for segment in segments),
        data=from_first_to_last((segment.start, segment.end) for segment in segments),
        resume=plan.resume,
    )


def _consecutive_rows(channel: ChannelReadings, page: Iterable[ReadInterval]) -> Iterator[slice]:
    """Rows that start inside the page's intervals, parted where one does not follow on the other."""
    times = channel.times
    for span in union(Span(part.start, part.end) for part in page):
        if span.start is None or span.end is None:
            continue  # never: an interval has both
        first, past = (times.before(ceil(side.timestamp())) for side in (span.start, span.end))
        for begin, end in times.follow_on():
            begin, end = max(begin, first), min(end, past)
            known = channel.known[begin:end]
            if begin < end and known.any():
                yield slice(begin + int(known.argmax()), end - int(known[::-1].argmax()))


def usage_object(segment: UsageSegment) -> dict[str, object]:
    """What `UsageSegmentShape` says of a segment, its values as ready JSON."""
    channel = segment.channel
    values = [
        text(
            decimal_cells(
                channel.values[part],
                channel.known[part],
                channel.scale,
                before=b'"',
                after=b'",',
                unknown=b"null,",
            )
        )
        for part in row_slices(segment.rows, _VALUES_AT_ONCE)
    ]
    if values:
        values[-1] = values[-1][:-1]
    return {
        "contract_number": segment.contract_number,
        "service_point_id": segment.service_point_id,
        "meter_number": channel.meter_number,
        "register": channel.register or None,
        "service_type": channel.commodity,
        "direction": channel.direction,
        "kind": channel.kind,
        "unit": channel.unit,
        "interval_seconds": segment.interval_seconds,
        "start": instant(segment.start),
        "end": instant(segment.end),
        "values": orjson.Fragment(b"".join((b"[", *values, b"]"))),
        "quality": quality_runs(segment.quality),
        "modified": instant(channel.modified),
        "verified": instant(segment.verified),
    }


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


def quality_runs(codes: Codes) -> list[dict[str, object]]:
    """How many values in a row have the same quality."""
    edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    return [
        {"count": past - first, "quality": QUALITY_NAMES[int(codes[first])]}
        for first, past in pairwise(edges)
    ]
