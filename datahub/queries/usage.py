"""Meter readings of a grant's contracts, as segments: consecutive readings of one channel with one interval."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from accounts.queries.labels import point_numbers
from accounts.queries.links import MeteredSpan, metered_spans
from cdsc_portal.lib.paging import Position
from cdsc_portal.lib.ranges import Span
from datahub.feeds.store.codec import Codes, Integers
from datahub.queries.coverage import Coverage
from datahub.queries.meter_loads import meter_loads
from datahub.queries.paged import Page
from datahub.queries.readings import ChannelReadings, decimal_strings, readings
from datahub.queries.usage_plan import Stretch, page_of, stretches
from datahub.queries.usage_standings import contracts_with_readings, usage_standings

MISSING = 255  # beside the codes of Quality: no value, so no quality
_Pair = tuple[int, int]  # contract, meter


@dataclass(frozen=True, slots=True, eq=False)
class UsageSegment:
    """`rows` of a channel: consecutive readings that last equally long."""

    channel: ChannelReadings
    contract_number: str
    service_point_id: str
    rows: slice

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
            int(self.starts[0]),
        )

    @property
    def starts(self) -> Integers:
        """Epoch seconds, UTC."""
        return self.channel.starts[self.rows]

    @property
    def interval_seconds(self) -> int:
        return int(self.channel.durations[self.rows.start])

    @property
    def start(self) -> datetime:
        return datetime.fromtimestamp(int(self.starts[0]), UTC)

    @property
    def end(self) -> datetime:
        return datetime.fromtimestamp(int(self.starts[-1]) + self.interval_seconds, UTC)

    @property
    def values(self) -> list[str | None]:
        """Exact, in the channel's unit; None = unknown."""
        shown = decimal_strings(self.channel.values[self.rows], self.channel.scale)
        known = self.channel.known[self.rows].tolist()
        return [text if told else None for text, told in zip(shown, known, strict=True)]

    @property
    def quality(self) -> Codes:
        """A code of Quality a reading; MISSING where there is no value."""
        return np.where(self.channel.known[self.rows], self.channel.quality[self.rows], MISSING)


def usage(covered: Coverage, *, after: Position | None = None) -> Page[UsageSegment]:
    """Readings of the window while meter, point and contract were linked, by contract, meter and time.

    Eight queries, however many readings: links, loads, meter and point numbers, three for the readings, and
    one more for what other pages hold.
    """
    links = metered_spans(covered.spans.keys(), Span())
    loads = meter_loads({link.meter_id for link in links})
    plan = stretches(_in_window(links, covered), loads, covered)
    page, resume = page_of(plan, after)
    segments = _segments(page, links)
    in_page = frozenset(segment.contract_key for segment in segments)
    alone = after is None and resume is None
    return Page(
        items=segments,
        standings=usage_standings(
            covered, links, loads, found=in_page if alone else contracts_with_readings(plan)
        ),
        contracts=in_page,
        values=sum(len(segment.starts) for segment in segments),
        resume=resume,
    )


def _in_window(links: Iterable[MeteredSpan], covered: Coverage) -> Iterator[MeteredSpan]:
    for link in links:
        for window in covered.spans[link.contract_id]:
            cut = link.span.intersect(window)
            if cut is not None:
                yield replace(link, span=cut)


def _segments(page: Sequence[Stretch], links: Sequence[MeteredSpan]) -> list[UsageSegment]:
    parts: dict[_Pair, list[Stretch]] = defaultdict(list)
    for part in page:
        parts[part.contract, part.meter].append(part)
    linked: dict[_Pair, list[MeteredSpan]] = defaultdict(list)
    for link in links:
        if (link.contract_id, link.meter_id) in parts:
            linked[link.contract_id, link.meter_id].append(link)
    points = point_numbers({link.service_point_id for found in linked.values() for link in found})
    segments = []
    for channel in readings([MeteredSpan(part.contract, 0, part.meter, part.reach) for part in page]):
        pair = (channel.contract_id, channel.meter_id)
        for rows in _runs(channel, parts[pair]):
            point = points[_point_at(int(channel.starts[rows.start]), linked[pair])]
            segments.append(UsageSegment(channel, parts[pair][0].contract_number, point, rows))
    return sorted(segments, key=lambda segment: segment.place)


def _runs(channel: ChannelReadings, page: Iterable[Stretch]) -> Iterator[slice]:
    """Rows that start inside the page's stretches, parted where one does not follow on the other."""
    inside = np.zeros(channel.size, dtype=np.bool_)
    for part in page:
        inside |= (channel.starts >= part.start.timestamp()) & (channel.starts < part.end.timestamp())
    ends = channel.starts + channel.durations
    parted = (
        (channel.starts[1:] != ends[:-1]) | (np.diff(channel.durations) != 0) | (channel.durations[1:] == 0)
    )
    parted |= np.diff(inside)
    edges = [0, *(np.flatnonzero(parted) + 1).tolist(), channel.size]
    for first, last in pairwise(edges):
        known = np.flatnonzero(channel.known[first:last])
        if inside[first] and len(known):
            yield slice(first + int(known[0]), first + int(known[-1]) + 1)


def _point_at(moment: int, links: Iterable[MeteredSpan]) -> int:
    """Where the meter was when the segment began."""
    start = datetime.fromtimestamp(moment, UTC)
    return next(link.service_point_id for link in links if link.span.contains(start))
