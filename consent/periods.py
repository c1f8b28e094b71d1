"""The dates of a part, resolved at one instant: the period of its data and the end of access. No queries.

A part whose end is still to come opens until that end. One whose end is past, or that has none, opens for a grace after
approval, one time. The customer may only narrow: a later start, an earlier end. Days are the utility's local days.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from cdsc_portal.lib.time.dates_in_words import last_day
from cdsc_portal.lib.time.ranges import Span
from cdsc_portal.lib.time.relative_dates import end_of_day, local_midnight, resolve
from consent.requests import RequestedPart
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES


class WiderThanRequested(ValueError):
    """The customer's date lies outside the requested period; `field` is start or end."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} reaches beyond what was requested")
        self.field = field


class EmptyPeriod(ValueError):
    """The dates leave no time between them; `field` is start or end."""

    def __init__(self, field: str) -> None:
        super().__init__("the period is empty")
        self.field = field


@dataclass(frozen=True, slots=True)
class PartPeriod:
    """When a part opens what. UTC, half-open.

    `window` is the period of the data; unbounded where the scope speaks of the present. `access_ends` is the
    first instant at which the part opens nothing; None: it opens until it is stopped. `lasting`: that end was
    requested, rather than being the grace.
    """

    window: Span
    access_ends: datetime | None
    lasting: bool

    @property
    def is_empty(self) -> bool:
        """Whether no instant of data is left, as when a fixed end passed while the request waited."""
        start, end = self.window.start, self.window.end
        return start is not None and end is not None and start >= end

    def is_over(self, at: datetime) -> bool:
        """Whether access has ended at `at`."""
        return self.access_ends is not None and self.access_ends <= at

    def days(self, kind: Period) -> tuple[date | None, date | None]:
        """The first and the last local day, of the data or, for what speaks of the present, of access; None: open."""
        if kind is Period.NOW:
            return None, last_day(self.access_ends) if self.lasting and self.access_ends else None
        start, end = self.window.start, self.window.end
        return timezone.localdate(start) if start else None, last_day(end) if end else None


def requested_period(part: RequestedPart, *, at: datetime) -> PartPeriod:
    """The part's dates fixed at `at`, to the second. They were checked when the request was parsed."""
    at, zone = at.replace(microsecond=0), timezone.get_default_timezone()
    start = None if part.start is None else resolve(part.start, now=at, zone=zone)
    end = None if part.end is None else resolve(part.end, now=at, zone=zone, is_end=True)
    window = Span(start, end) if SCOPES[part.scope].period is Period.DATA else Span()
    if end is not None and end > at:
        return PartPeriod(window, end, lasting=True)
    return PartPeriod(window, _end_of_grace(at), lasting=False)


def narrowed_period(
    period: PartPeriod, *, kind: Period, start: date | None, end: date | None, at: datetime
) -> PartPeriod:
    """`period`, cut to the local days `start` to `end`, both included; None leaves that side as it is.

    Raises WiderThanRequested where a day lies outside, EmptyPeriod where no time remains.
    """
    zone, window = timezone.get_default_timezone(), period.window
    if kind is Period.NOW:  # what speaks of the present has no window to cut, only an end of access
        if end is None:
            return period
        if period.access_ends is not None and end > last_day(period.access_ends):
            raise WiderThanRequested("end")
        return cut_period(period, kind=kind, start=None, end=end_of_day(end, zone), at=at)
    if start is not None and window.start is not None and start < timezone.localdate(window.start):
        raise WiderThanRequested("start")
    if end is not None and window.end is not None and end > last_day(window.end):
        raise WiderThanRequested("end")
    first = None if start is None else local_midnight(start, zone)
    return cut_period(
        period, kind=kind, start=first, end=None if end is None else end_of_day(end, zone), at=at
    )


def cut_period(
    period: PartPeriod, *, kind: Period, start: datetime | None, end: datetime | None, at: datetime
) -> PartPeriod:
    """What `period` and the time from `start` to `end` have in common; None leaves that side as it is.

    Raises EmptyPeriod where no time remains.
    """
    if kind is Period.NOW:
        ends = period.access_ends if end is None else _earlier(period.access_ends, end)
        if ends is not None and ends <= at:
            raise EmptyPeriod("end")
        return PartPeriod(period.window, ends, period.lasting)
    cut = period.window.intersect(Span(start, end))
    if cut is None:
        raise EmptyPeriod("end" if end is not None else "start")
    if cut.end is None or cut.end == period.window.end:
        return PartPeriod(cut, period.access_ends, period.lasting)
    if cut.end > at:
        return PartPeriod(cut, _earlier(period.access_ends, cut.end), period.lasting)
    return PartPeriod(cut, _earlier(period.access_ends, _end_of_grace(at)), lasting=False)


def one_time_period(period: PartPeriod, *, kind: Period, at: datetime) -> PartPeriod:
    """`period` shared once: its data to `at`, open for the grace and no longer.

    Raises EmptyPeriod where its data begins later.
    """
    window = period.window
    if kind is Period.DATA:
        cut = window.intersect(Span(None, at))
        if cut is None:
            raise EmptyPeriod("end")
        window = cut
    return PartPeriod(window, _earlier(period.access_ends, _end_of_grace(at)), lasting=False)


def _end_of_grace(at: datetime) -> datetime:
    """How long a part without an end to come can be read that is approved at `at`."""
    return at + timedelta(hours=settings.ACCESS_HOURS_WITHOUT_END)


def _earlier(first: datetime | None, second: datetime) -> datetime:
    return second if first is None else min(first, second)
