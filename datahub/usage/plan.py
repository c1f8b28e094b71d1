"""Which intervals of which meters a page of usage holds, planned before any reading is touched."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.ranges import Span, union
from datahub.answers.coverage import Coverage
from datahub.usage.coarse import LONGEST
from datahub.usage.facts import UsageFacts

METER_DAYS = 1100  # three years of one meter
_WITH_READINGS = """
    SELECT DISTINCT wanted.contract
    FROM unnest(%(contracts)s::bigint[], %(meters)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
         AS wanted(contract, meter, first, last)
    JOIN datahub_channel channel ON channel.meter_id = wanted.meter AND channel.direction <> 'production'
    WHERE EXISTS (
        SELECT 1 FROM interval_block block
        WHERE block.channel_id = channel.id AND block.known > 0
          AND block.day BETWEEN (%(first)s::timestamptz AT TIME ZONE 'UTC')::date
                            AND (%(last)s::timestamptz AT TIME ZONE 'UTC')::date
          AND block.day BETWEEN (wanted.first AT TIME ZONE 'UTC')::date
                            AND ((wanted.last AT TIME ZONE 'UTC') - interval '1 microsecond')::date
    ) OR EXISTS (
        SELECT 1 FROM datahub_periodreading reading
        WHERE reading.channel_id = channel.id AND reading.value IS NOT NULL
          AND reading.start >= wanted.first AND reading."end" <= wanted.last
    )
"""


@dataclass(frozen=True, slots=True)
class ReadInterval:
    """One meter measuring one contract during [start, end).

    A reading belongs where it starts; it lasts no longer than `longest` and counts if it ends by `limit`.
    """

    contract: int
    contract_number: str
    meter: int
    meter_number: str
    start: datetime
    end: datetime
    limit: datetime
    longest: timedelta

    @property
    def position(self) -> Position:
        return [self.contract_number, self.meter_number, self.start.isoformat()]


def spans_in_window(covered: Coverage, facts: UsageFacts) -> list[MeteredSpan]:
    """When a meter measured a covered contract, cut to what is covered."""
    windows = {contract.key: contract.spans for contract in covered.contracts}
    return [
        replace(link, span=cut)
        for link in facts.links
        for window in windows.get(link.contract_id, ())
        if (cut := link.span.intersect(window)) is not None
    ]


def read_intervals(spans: Iterable[MeteredSpan], facts: UsageFacts, covered: Coverage) -> list[ReadInterval]:
    """Where in `spans` readings can lie, by contract number, meter number and time."""
    linked: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for span in spans:
        linked[span.contract_id, span.meter_id].append(span.span)
    numbers = {contract.key: contract.contract_number for contract in covered.contracts}
    loads, least = facts.loads, timedelta(seconds=LONGEST[covered.resolution])
    intervals = [
        ReadInterval(
            contract, numbers[contract], meter, facts.meters[meter], cut.start, cut.end, cut.end,
            max(loads[meter].longest, least),
        )
        for (contract, meter), parts in linked.items()
        for span in union(parts)
        if meter in loads and (cut := span.intersect(loads[meter].span)) is not None
        if cut.start is not None and cut.end is not None
    ]  # fmt: skip
    return sorted(intervals, key=attrgetter("contract_number", "meter_number", "start"))


def page_of(
    plan: Sequence[ReadInterval], after: Position | None
) -> tuple[list[ReadInterval], Position | None]:
    """The intervals of the page that begins at `after`, in pieces of METER_DAYS, and where the next one begins."""
    page: list[ReadInterval] = []
    days = 0
    first = None if after is None else (str(after[0]), str(after[1]), datetime.fromisoformat(str(after[2])))
    for interval in plan:
        start = interval.start
        if first is not None:
            if (interval.contract_number, interval.meter_number, interval.end) <= first:
                continue
            if (interval.contract_number, interval.meter_number) == first[:2]:
                start = max(start, first[2])
        while start < interval.end:
            end = min(interval.end, start + timedelta(days=METER_DAYS))
            piece = replace(interval, start=start, end=end)
            piece_days = max(1, (end - start).days)
            if page and days + piece_days > METER_DAYS:
                return page, piece.position
            page.append(piece)
            days += piece_days
            start = end
    return page, None


def contracts_with_readings(plan: Sequence[ReadInterval]) -> frozenset[int]:
    """Contracts for which some reading of an interval is on record, to the day. One statement."""
    if not plan:
        return frozenset()
    parameters = {
        "contracts": array(interval.contract for interval in plan),
        "meters": array(interval.meter for interval in plan),
        "starts": array(interval.start.isoformat() for interval in plan),
        "ends": array(interval.end.isoformat() for interval in plan),
        "first": min(interval.start for interval in plan).isoformat(),
        "last": max(interval.end for interval in plan).isoformat(),
    }
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_WITH_READINGS, parameters)
        return frozenset(contract for (contract,) in cursor.fetchall())
