"""What was measured of a contract in a shown period and a year before, part by part: what all usage pages stand on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.ranges import Span
from consent.access import Access
from datahub.answers.coverage import coverage_of
from datahub.usage.facts import UsageFacts
from datahub.usage.pages.measured_time import UsageLife
from datahub.usage.pages.periods import Length, ShownPeriod
from datahub.usage.pages.series import Series, totals, usage_series
from datahub.usage.readings import instants_of
from datahub.usage.service_sums import ServiceSums, service_sums
from datahub.usage.sum_periods import By, Slots
from datahub.usage.summed_usage import UsageSums, spans_in_window
from datahub.usage.sums import ChannelSums

RESOURCE = "usage_data"
_DAY_AND_HOUR = 90_000  # seconds of the longest day
_SLOTS = tuple(Slots(seconds) for seconds in (300, 900, 1800, 3600, _DAY_AND_HOUR))
_MARKS = 400  # of a day's readings on a page, and so of its charts
_LONGEST = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class Measured:
    """Series whose amounts are by `parts` and by those of the year before; `by` says how long a part is.

    `totals` are all that was used, sent back and so on, each the sum of the series that count.
    """

    period: ShownPeriod
    by: Length
    parts: tuple[date, ...]
    series: tuple[Series, ...]
    totals: tuple[Series, ...]

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
    names: Mapping[int, str],
    days_of_years: bool = False,
) -> Measured:
    """Of one contract, by the parts of `period`: years, months, days, or the slots of a day. Four queries at most.

    `meter` is the key of the only one that counts; None = all; `names` are what meters are called, by key.
    Single days are known beside months and years, of all years only where `days_of_years` asks for them.
    """
    held = _only(facts, meter)
    if period.is_day:
        return _day(held, life, access, period, names)
    days = _has_days(held) and (period.start is not None or days_of_years)
    every = (period.by, By.DAY) if days else (period.by,)
    spans = _spans(held, life, access, period)
    sums = service_sums(spans, held.channels, every)
    parts = period.parts(period.start or life.first_loaded_day, life.last_day)
    series = _series(held, sums[0], period.by, names)
    by_day = _series(held, sums[-1], By.DAY, names) if days and _tells_days(sums[-1], period) else []
    return _measured(period, period.by, parts, series, by_day)


def slots_of(
    facts: UsageFacts,
    life: UsageLife,
    *,
    access: Access,
    period: ShownPeriod,
    meter: int | None,
    slots: Slots,
) -> tuple[Series, ...]:
    """All that was used, and so on, in a period by slots of its days, without the year before. Four queries at most."""
    held = _only(facts, meter)
    spans = _covered(held, access, [period.span.intersect(life.span)])
    (sums,) = service_sums(spans, held.channels, (slots,))
    return tuple(totals(_series(held, sums, slots, {})))


def _day(
    facts: UsageFacts, life: UsageLife, access: Access, period: ShownPeriod, names: Mapping[int, str]
) -> Measured:
    """A day by its readings, or by longer slots where those would be too many for a page."""
    spans = _spans(facts, life, access, period)
    by_day, *by_slots = service_sums(spans, facts.channels, (By.DAY, *_SLOTS))
    slots = _finest(by_day.channels) if _has_days(facts) and _tells_days(by_day, period) else _SLOTS[-1]
    series = _series(facts, by_slots[_SLOTS.index(slots)], slots, names)
    days = _series(facts, by_day, By.DAY, names)
    return _measured(period, slots, list(_slots_between(period, life, slots)), series, days)


def _measured(
    period: ShownPeriod, by: Length, parts: Sequence[date], series: Sequence[Series], by_day: Sequence[Series]
) -> Measured:
    shown = tuple(_with_days(series, by_day))
    return Measured(period, by, tuple(parts), shown, tuple(totals(shown)))


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


def _tells_days(sums: ServiceSums, period: ShownPeriod) -> bool:
    """Whether no register that counts in the shown period was read less often than each day."""
    shown = [instants_of(*one).intersect(period.span) for one in sums.long]
    return not any(shown)


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


def _series(facts: UsageFacts, sums: ServiceSums, by: Length, names: Mapping[int, str]) -> list[Series]:
    numbers = {contract.key: contract.contract_number for contract in facts.contracts}
    channels, counted = (
        sorted((UsageSums(numbers[one.contract_id], by, one) for one in found), key=lambda item: item.place)
        for found in (sums.channels, sums.counted)
    )
    return usage_series(channels, counted, facts.links, names)


def _with_days(series: Sequence[Series], by_day: Sequence[Series]) -> Iterator[Series]:
    """The same channels have readings in both."""
    if not by_day:
        yield from series
        return
    for one, days in zip(series, by_day, strict=True):
        yield one.with_days(days.amounts)
