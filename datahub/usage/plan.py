"""Which stretches of which meters a page of usage holds, planned before any reading is touched."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.paging import Position
from cdsc_portal.lib.ranges import Span, union
from datahub.answers.coverage import Coverage
from datahub.usage.facts import UsageFacts
from datahub.usage.meter_loads import MeterLoad

METER_DAYS = 1100  # three years of one meter


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
    def days(self) -> int:
        return max(1, (self.end - self.start).days)

    @property
    def read_window(self) -> Span:
        """What to read so that no reading that starts in the stretch is missed."""
        return Span(self.start, min(self.limit, self.end + self.longest))

    @property
    def position(self) -> Position:
        return [self.contract_number, self.meter_number, self.start.isoformat()]


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """Where readings can lie (`stretches`), which of it the page holds, and where the next page begins."""

    read_intervals: list[ReadInterval]
    page: list[ReadInterval]
    resume: Position | None
    alone: bool  # there is no other page


def usage_plan(covered: Coverage, facts: UsageFacts, *, after: Position | None) -> UsagePlan:
    """By contract number, meter number and time, the page that begins at `after`. No query."""
    found = read_intervals(_in_window(facts.links, covered), facts.loads, covered, facts.meters)
    page, resume = page_of(found, after)
    return UsagePlan(found, page, resume, after is None and resume is None)


def _in_window(links: Iterable[MeteredSpan], covered: Coverage) -> Iterator[MeteredSpan]:
    open_spans = covered.spans
    for link in links:
        for window in open_spans.get(link.contract_id, ()):
            cut = link.span.intersect(window)
            if cut is not None:
                yield replace(link, span=cut)


def read_intervals(
    spans: Iterable[MeteredSpan],
    loads: Mapping[int, MeterLoad],
    covered: Coverage,
    meters: Mapping[int, str],
) -> list[ReadInterval]:
    """Where readings can lie, by contract number, meter number and time; `meters` tells the numbers."""
    linked: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for span in spans:
        linked[span.contract_id, span.meter_id].append(span.span)
    contracts = {contract.key: contract.contract_number for contract in covered.open}
    found = [
        ReadInterval(
            contract, contracts[contract], meter, meters[meter], held.start, held.end, held.end,
            loads[meter].longest,
        )
        for (contract, meter), parts in linked.items()
        for span in union(parts)
        if meter in loads and (held := span.intersect(loads[meter].span)) is not None
        if held.start is not None and held.end is not None
    ]  # fmt: skip
    return sorted(found, key=lambda stretch: (stretch.contract_number, stretch.meter_number, stretch.start))


def page_of(
    plan: Sequence[ReadInterval], after: Position | None
) -> tuple[list[ReadInterval], Position | None]:
    """The stretches of the page that begins at `after`, and where the next one begins."""
    page: list[ReadInterval] = []
    days = 0
    for stretch in _from(plan, after):
        for chunk in _chunks(stretch):
            if page and days + chunk.days > METER_DAYS:
                return page, chunk.position
            page.append(chunk)
            days += chunk.days
    return page, None


def _from(plan: Sequence[ReadInterval], after: Position | None) -> Iterable[ReadInterval]:
    if after is None:
        yield from plan
        return
    place, start = (str(after[0]), str(after[1])), datetime.fromisoformat(str(after[2]))
    for stretch in plan:
        here = (stretch.contract_number, stretch.meter_number)
        if here == place and stretch.start < start < stretch.end:
            yield replace(stretch, start=start)
        elif here > place or (here == place and stretch.start >= start):
            yield stretch


def _chunks(stretch: ReadInterval) -> Iterable[ReadInterval]:
    start = stretch.start
    while start < stretch.end:
        end = min(stretch.end, start + timedelta(days=METER_DAYS))
        yield replace(stretch, start=start, end=end)
        start = end
