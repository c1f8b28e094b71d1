"""What was measured of a contract in a shown period and a year before, part by part: what all usage pages stand on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.ranges import Span
from consent.access import Access
from datahub.queries.coverage import coverage_of
from datahub.queries.sum_periods import By, Slots
from datahub.queries.summed_usage import UsageSums, spans_in_window
from datahub.queries.sums import ChannelSums, sums_by
from datahub.queries.usage_facts import UsageFacts
from datahub.queries.usage_life import UsageLife
from datahub.queries.usage_periods import Length, ShownPeriod
from datahub.queries.usage_series import Series, usage_series

RESOURCE = "usage_data"
_DAY_AND_HOUR = 90_000  # seconds of the longest day
_SLOTS = tuple(Slots(seconds) for seconds in (300, 900, 1800, 3600, _DAY_AND_HOUR))
_MARKS = 400  # of a day's readings on a page, and so of its charts
_LONGEST = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class Measured:
    """Series whose amounts are by `parts` and by those of the year before; `by` says how long a part is."""

    period: ShownPeriod
    by: Length
    parts: tuple[date, ...]
    series: tuple[Series, ...]

    @property
    def has_data(self) -> bool:
        return any(part in one.amounts for one in self.series for part in self.parts)


def measured(
    facts: UsageFacts,
    life: UsageLife,
    *,
    access: Access,
    period: ShownPeriod,
    meter: int | None,
    days_of_years: bool = False,
) -> Measured:
    """Of one contract, by the parts of `period`: years, months, days, or the slots of a day. Three queries.

    `meter` is the key of the only one that counts; None = all. Single days are known beside months and years,
    of all years only where `days_of_years` asks for them.
    """
    held = _only(facts, meter)
    if period.is_day:
        return _day(held, life, access, period)
    days = _has_days(held) and (period.start is not None or days_of_years)
    every = (period.by, By.DAY) if days else (period.by,)
    spans = _spans(held, life, access, period)
    sums = [
        _items(held, found, by) for found, by in zip(sums_by(spans, held.channels, every), every, strict=True)
    ]
    parts = period.parts(period.start or life.first_loaded_day, life.last_day)
    series = usage_series(sums[0], held.links)
    by_day = usage_series(sums[-1], held.links) if days else []
    return Measured(period, period.by, tuple(parts), tuple(_with_days(series, by_day)))


def slots_of(
    facts: UsageFacts,
    life: UsageLife,
    *,
    access: Access,
    period: ShownPeriod,
    meter: int | None,
    slots: Slots,
) -> tuple[Series, ...]:
    """The series of a period by slots of its days, without the year before. Three queries."""
    held = _only(facts, meter)
    spans = _covered(held, access, [period.span.intersect(life.span)])
    return tuple(usage_series(_items(held, sums_by(spans, held.channels, (slots,))[0], slots), held.links))


def _day(facts: UsageFacts, life: UsageLife, access: Access, period: ShownPeriod) -> Measured:
    """A day by its readings, or by longer slots where those would be too many for a page."""
    spans = _spans(facts, life, access, period)
    by_day, *by_slots = sums_by(spans, facts.channels, (By.DAY, *_SLOTS))
    slots = _finest(by_day) if _has_days(facts) else _SLOTS[-1]
    found = by_slots[_SLOTS.index(slots)]
    series = usage_series(_items(facts, found, slots), facts.links)
    days = usage_series(_items(facts, by_day, By.DAY), facts.links)
    parts = tuple(_slots_between(period, life, slots))
    return Measured(period, slots, parts, tuple(_with_days(series, days)))


def _finest(by_day: Sequence[ChannelSums]) -> Slots:
    """As long as the shortest reading, or longer where there would be more on a page than may be."""
    steps = [
        int((end - start) // due)
        for one in by_day
        for start, end, due in zip(one.starts.tolist(), one.ends.tolist(), one.due.tolist(), strict=True)
    ]
    least = max(min(steps, default=0), -(-_DAY_AND_HOUR * len(by_day) // _MARKS))
    return next((slots for slots in _SLOTS if slots.seconds >= least), _SLOTS[-1])


def _slots_between(period: ShownPeriod, life: UsageLife, slots: Slots) -> Iterator[date]:
    """Those of a day that began before the readings end."""
    assert period.span.start is not None
    assert period.span.end is not None
    moment = period.span.start
    while moment < min(period.span.end, life.loaded_until):
        yield moment
        moment += timedelta(seconds=slots.seconds)


def _only(facts: UsageFacts, meter: int | None) -> UsageFacts:
    if meter is None:
        return facts
    return replace(facts, links=tuple(link for link in facts.links if link.meter_id == meter))


def _has_days(facts: UsageFacts) -> bool:
    """Whether no reading is longer than a day, so that a day without one is a day that is missing."""
    meters = {link.meter_id for link in facts.links} & facts.loads.keys()
    return all(facts.loads[meter].longest <= _LONGEST for meter in meters)


def _spans(facts: UsageFacts, life: UsageLife, access: Access, period: ShownPeriod) -> list[MeteredSpan]:
    ago = period.year_ago
    asked = [period.span.intersect(life.span), ago.span.intersect(life.span) if ago else None]
    return _covered(facts, access, asked)


def _covered(facts: UsageFacts, access: Access, asked: Iterable[Span | None]) -> list[MeteredSpan]:
    parts = access.parts_for(RESOURCE)
    return [
        span
        for window in asked
        if window is not None
        for span in spans_in_window(coverage_of(parts, facts.contracts, services=None, asked=window), facts)
    ]


def _items(facts: UsageFacts, found: Iterable[ChannelSums], by: Length) -> list[UsageSums]:
    numbers = {contract.key: contract.contract_number for contract in facts.contracts}
    items = [UsageSums(numbers[one.contract_id], by, one) for one in found]
    return sorted(items, key=lambda item: item.place)


def _with_days(series: Sequence[Series], by_day: Sequence[Series]) -> Iterator[Series]:
    """The same channels have readings in both."""
    if not by_day:
        yield from series
        return
    for one, days in zip(series, by_day, strict=True):
        complete = sorted(day for day, amount in days.amounts.items() if amount.known >= amount.due)
        yield replace(one, days=days.amounts, complete=complete)
