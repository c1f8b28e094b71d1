"""Resolve a part's `start` and `end` at one instant: the window of the data and the end of access. Pure.

A part whose end lies ahead opens until that end. One whose end is past, or that has none, opens for a grace
after approval, one time. The customer may only narrow: a later start, an earlier end.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cdsc_portal.lib.time.ranges import Span
from cdsc_portal.lib.time.relative_dates import end_of_day, local_midnight, resolve_end, resolve_start
from consent.requests import RequestedPart
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES


class WiderThanRequested(ValueError):
    """The customer's date lies outside the requested period; `field` is start or end."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} reaches beyond what was asked")
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
    first instant at which the part opens nothing. `lasting`: that instant was asked for, rather than being
    the grace.
    """

    window: Span
    access_ends: datetime
    lasting: bool

    @property
    def is_empty(self) -> bool:
        """Whether no instant of data is left, as when a fixed end passed while the request waited."""
        start, end = self.window.start, self.window.end
        return start is not None and end is not None and start >= end


def requested_period(part: RequestedPart, *, at: datetime, zone: ZoneInfo, grace: timedelta) -> PartPeriod:
    """The part's dates fixed at `at`, to the second. They were checked when the request was parsed."""
    at = at.replace(microsecond=0)
    start = None if part.start is None else resolve_start(part.start, now=at, zone=zone)
    end = None if part.end is None else resolve_end(part.end, now=at, zone=zone)
    window = Span(start, end) if SCOPES[part.scope].period is Period.DATA else Span()
    if end is not None and end > at:
        return PartPeriod(window, end, lasting=True)
    return PartPeriod(window, at + grace, lasting=False)


def narrowed_period(
    requested: PartPeriod,
    *,
    kind: Period,
    start: date | None,
    end: date | None,
    at: datetime,
    zone: ZoneInfo,
    grace: timedelta,
) -> PartPeriod:
    """`requested`, cut to the local days `start` to `end`, both included; None leaves that side as it is.

    Raises WiderThanRequested where a day lies outside, EmptyPeriod where no time remains.
    """
    if kind is Period.NOW:
        return _narrowed_end(requested, end, at=at, zone=zone)
    _check_within(requested.window, start, end, zone)
    cut = requested.window.intersect(
        Span(
            None if start is None else local_midnight(start, zone),
            None if end is None else end_of_day(end, zone),
        )
    )
    if cut is None:
        raise EmptyPeriod("end" if end is not None else "start")
    if cut.end is None or (requested.window.end is not None and cut.end == requested.window.end):
        return PartPeriod(cut, requested.access_ends, requested.lasting)
    if cut.end > at:
        return PartPeriod(cut, min(cut.end, requested.access_ends), lasting=requested.lasting)
    return PartPeriod(cut, min(at + grace, requested.access_ends), lasting=False)


def _narrowed_end(requested: PartPeriod, end: date | None, *, at: datetime, zone: ZoneInfo) -> PartPeriod:
    """What speaks of the present has no window to cut, only an end of access."""
    if end is None:
        return requested
    if end > _last_day(requested.access_ends, zone):
        raise WiderThanRequested("end")
    ends = min(requested.access_ends, end_of_day(end, zone))
    if ends <= at:
        raise EmptyPeriod("end")
    return PartPeriod(requested.window, ends, requested.lasting)


def _check_within(window: Span, start: date | None, end: date | None, zone: ZoneInfo) -> None:
    if start is not None and window.start is not None and start < window.start.astimezone(zone).date():
        raise WiderThanRequested("start")
    if end is not None and window.end is not None and end > _last_day(window.end, zone):
        raise WiderThanRequested("end")


def _last_day(end: datetime, zone: ZoneInfo) -> date:
    return (end - timedelta(microseconds=1)).astimezone(zone).date()
