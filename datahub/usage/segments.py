"""Meter readings of a grant's contracts, as segments: consecutive readings of one channel with one interval."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

import numpy as np

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.ranges import Span, union
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, from_first_to_last
from datahub.store.codec import Codes
from datahub.usage.facts import UsageFacts, usage_facts
from datahub.usage.load_status import usage_standings
from datahub.usage.plan import ReadInterval, UsagePlan, contracts_with_readings, usage_plan
from datahub.usage.readings import ChannelReadings, decimal_strings, readings

MISSING = 255  # beside the codes of Quality: no value, so no quality
_Pair = tuple[int, int]  # contract, meter


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
    facts = usage_facts(covered.spans.keys())
    return usage_page(covered, facts, usage_plan(covered, facts, after=after))


def usage_page(covered: Coverage, facts: UsageFacts, plan: UsagePlan) -> Page[UsageSegment]:
    """The same where facts and plan are known already. One query, and the one for other pages."""
    segments = _segments(covered, plan, facts)
    in_page = frozenset(segment.contract_key for segment in segments)
    found = in_page if plan.alone else contracts_with_readings(plan.read_intervals)
    return Page(
        items=segments,
        standings=usage_standings(covered, facts.links, facts.loads, found=found),
        contracts=in_page,
        values=sum(segment.size for segment in segments),
        data=from_first_to_last((segment.start, segment.end) for segment in segments),
        resume=plan.resume,
    )


def _segments(covered: Coverage, plan: UsagePlan, facts: UsageFacts) -> list[UsageSegment]:
    parts: dict[_Pair, list[ReadInterval]] = defaultdict(list)
    for part in plan.page:
        parts[part.contract, part.meter].append(part)
    linked: dict[_Pair, list[MeteredSpan]] = defaultdict(list)
    for link in facts.links:
        linked[link.contract_id, link.meter_id].append(link)
    spans = [MeteredSpan(part.contract, 0, part.meter, part.read_window) for part in plan.page]
    contracts = {contract.key: contract for contract in covered.open}
    segments = []
    for channel in readings(spans, facts.channels):
        pair = (channel.contract_id, channel.meter_id)
        synced = contracts[channel.contract_id].not_after_window(channel.synced) or channel.synced
        verified = max(synced, channel.modified)
        for rows in _runs(channel, parts[pair]):
            start = datetime.fromtimestamp(channel.times.start(rows.start), UTC)
            point = next(link.service_point_id for link in linked[pair] if link.span.contains(start))
            segments.append(
                UsageSegment(channel, parts[pair][0].contract_number, facts.points[point], rows, verified)
            )
    return sorted(segments, key=lambda segment: segment.place)


def _runs(channel: ChannelReadings, page: Iterable[ReadInterval]) -> Iterator[slice]:
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
