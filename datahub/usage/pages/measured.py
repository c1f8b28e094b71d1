"""What was measured of a contract in a shown period and a year before, part by part: the input of all usage pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from cdsc_portal.lib.time.ranges import Span
from consent.access import Access
from datahub.answers.coverage import coverage_of
from datahub.usage.facts import UsageFacts
from datahub.usage.pages.periods import Length, ShownPeriod, instants
from datahub.usage.pages.series import Series, series_by_contract, totals
from datahub.usage.plan import spans_in_window
from datahub.usage.readings import instants_of
from datahub.usage.sum_periods import By, Slots
from datahub.usage.summed_usage import ServiceSums, service_sums, service_sums_by_length

RESOURCE = "usage_data"
_DAY_AND_HOUR = 90_000  # seconds of the longest day
_SLOTS = tuple(Slots(seconds) for seconds in (300, 900, 1800, 3600, _DAY_AND_HOUR))
_MAX_BARS = 400  # of a day's readings on a page
LONGEST_READING = timedelta(hours=25)  # of those by which single days are known


@dataclass(frozen=True)
class UsageExtent:
    """When the contract was measured, and from when to when readings are loaded, in UTC; `ended` None = goes on."""

    moved_in: datetime
    ended: datetime | None
    loaded_from: datetime
    loaded_until: datetime

    @cached_property
    def first_day(self) -> date:
        return timezone.localdate(self.moved_in)

    @cached_property
    def first_loaded_day(self) -> date:
        """Often long after somebody moved in."""
        return timezone.localdate(self.loaded_from)

    @cached_property
    def last_day(self) -> date:
        return last_day(self.loaded_until)

    @property
    def span(self) -> Span:
        """From when to when there can be readings."""
        return Span(self.moved_in, self.loaded_until)

    def why_nothing(self, part: date, by: Length) -> str:
        """Why there may be no reading in a part of a shown period."""
        start, end = instants(part, by)
        if end <= self.moved_in:
            return _("Before you moved in")
        if self.ended is not None and start >= self.ended:
            return _("After this service ended")
        return _("No data")

    def cuts(self, part: date, by: Length) -> list[str]:
        """Where the contract began or ended within the part."""
        start, end = instants(part, by)
        notes = []
        if start < self.moved_in < end:
            notes.append(_("From %(day)s") % {"day": day_in_words(self.moved_in)})
        if self.ended is not None and start < self.ended < end:
            notes.append(_("Until %(day)s") % {"day": day_in_words(last_day(self.ended))})
        return notes

    def goes_on_in(self, span: Span) -> bool:
        """Whether readings of the period are still to come."""
        ends = self.ended is not None and (span.end is None or self.ended < span.end)
        return not ends and span.contains(self.loaded_until) and span.start != self.loaded_until


@dataclass(frozen=True, slots=True)
class MeasuredUsage:
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
        return any(part in series.amounts for series in self.series for part in self.parts)


def usage_extent(facts: UsageFacts) -> UsageExtent | None:
    """None if nothing of the contract is loaded."""
    loads = [
        (link.span, load)
        for link in facts.links
        if (load := facts.loads.get(link.meter_id)) is not None and link.span.intersect(load.span)
    ]
    starts = [link.span.start for link in facts.links if link.span.start is not None]
    ends = [link.span.end for link in facts.links]
    if not loads or not starts:
        return None
    return UsageExtent(
        moved_in=min(starts),
        ended=None if None in ends else max(end for end in ends if end is not None),
        loaded_from=min(max(load.first, span.start or load.first) for span, load in loads),
        loaded_until=max(min(load.last, span.end or load.last) for span, load in loads),
    )


def measured_usage(
    facts: UsageFacts,
    extent: UsageExtent,
    *,
    access: Access,
    period: ShownPeriod,
    meter: int | None,
    names: Mapping[int, str],
    days_of_years: bool = False,
) -> MeasuredUsage:
    """Of one contract, by the parts of `period`: years, months, days, or the slots of a day. Four queries at most.

    `meter` is the key of the only one that counts; None = all; `names` are what meters are called, by key.
    Single days are known beside months and years, of all years only with `days_of_years`.
    """
    facts = _of_meter(facts, meter)
    ago = period.year_ago
    windows = [period.span.intersect(extent.span), ago.span.intersect(extent.span) if ago else None]
    spans = _opened_spans(facts, access, windows)
    # where a reading is longer than a day, a day without one is not missing
    meters = {link.meter_id for link in facts.links} & facts.loads.keys()
    has_days = all(facts.loads[key].longest <= LONGEST_READING for key in meters)
    if period.is_day:
        sums_by = service_sums_by_length(spans, facts.channels, (By.DAY, *_SLOTS))
        by_day = sums_by(By.DAY)
        has_days = has_days and _is_read_daily(by_day, period)
        slots = _finest_slots(by_day) if has_days else _SLOTS[-1]
        assert period.span.start is not None
        assert period.span.end is not None
        # slots that began before the readings end
        passed = min(period.span.end, extent.loaded_until) - period.span.start
        count = max(-(-passed // timedelta(seconds=slots.seconds)), 0)
        parts: list[date] = [
            period.span.start + timedelta(seconds=place * slots.seconds) for place in range(count)
        ]
        series = _series(facts, sums_by(slots), slots, names)
        return _measured(period, slots, parts, series, _series(facts, by_day, By.DAY, names))
    has_days = has_days and (period.start is not None or days_of_years)
    sums = service_sums(spans, facts.channels, (period.by, By.DAY) if has_days else (period.by,))
    parts = period.parts(period.start or extent.first_loaded_day, extent.last_day)
    days = _series(facts, sums[-1], By.DAY, names) if has_days and _is_read_daily(sums[-1], period) else []
    return _measured(period, period.by, parts, _series(facts, sums[0], period.by, names), days)


def totals_by_slot(
    facts: UsageFacts,
    extent: UsageExtent,
    *,
    access: Access,
    period: ShownPeriod,
    meter: int | None,
    slots: Slots,
) -> tuple[Series, ...]:
    """All that was used, and so on, in a period by slots of its days, without the year before. Four queries at most."""
    facts = _of_meter(facts, meter)
    spans = _opened_spans(facts, access, [period.span.intersect(extent.span)])
    (sums,) = service_sums(spans, facts.channels, (slots,))
    return tuple(totals(_series(facts, sums, slots, {})))


def _measured(
    period: ShownPeriod, by: Length, parts: Sequence[date], series: Sequence[Series], days: Sequence[Series]
) -> MeasuredUsage:
    """`days` are the same series by day, none where single days are not known."""
    if days:
        series = [each.with_days(of_days.amounts) for each, of_days in zip(series, days, strict=True)]
    return MeasuredUsage(period, by, tuple(parts), tuple(series), tuple(totals(series)))


def _finest_slots(by_day: ServiceSums) -> Slots:
    """As long as the shortest reading, or longer where there would be more bars on a page than may be."""
    steps = [
        int((end - start) // due)
        for sums in by_day.channels
        for start, end, due in zip(sums.starts.tolist(), sums.ends.tolist(), sums.due.tolist(), strict=True)
    ]
    least = max(min(steps, default=0), -(-_DAY_AND_HOUR * len(by_day.channels) // _MAX_BARS))
    return next((slots for slots in _SLOTS if slots.seconds >= least), _SLOTS[-1])


def _of_meter(facts: UsageFacts, meter: int | None) -> UsageFacts:
    if meter is None:
        return facts
    return replace(facts, links=tuple(link for link in facts.links if link.meter_id == meter))


def _is_read_daily(sums: ServiceSums, period: ShownPeriod) -> bool:
    """Whether no register that counts in the shown period was read less often than each day."""
    return not any(instants_of(*interval).intersect(period.span) for interval in sums.long)


def _opened_spans(facts: UsageFacts, access: Access, windows: Iterable[Span | None]) -> list[MeteredSpan]:
    """What `access` opens of the windows."""
    parts = access.parts_for(RESOURCE)
    return [
        span
        for window in windows
        if window is not None
        for span in spans_in_window(coverage_of(parts, facts.contracts, services=None, window=window), facts)
    ]


def _series(facts: UsageFacts, sums: ServiceSums, by: Length, names: Mapping[int, str]) -> list[Series]:
    """Of the one contract that `facts` are of."""
    (series,) = series_by_contract(facts, sums, by, names).values()
    return series
