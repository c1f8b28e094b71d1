"""Local days of the utility and the instants (UTC) they begin at."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from cdsc_portal.lib.time.ranges import Span
from cdsc_portal.lib.time.relative_dates import local_midnight


def days(start: date | None, end: date | None) -> Span:
    """[start, end) in local days as instants; None stays open."""
    return Span(_midnight(start) if start else None, _midnight(end) if end else None)


def first_day_from(moment: datetime) -> date:
    """The first local day that begins at or after `moment`."""
    day = timezone.localdate(moment, timezone.get_default_timezone())
    return day if _midnight(day) >= moment else day + timedelta(days=1)


def last_midnight_by(moment: datetime) -> date:
    """The last local day that begins at or before `moment`."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def _midnight(day: date) -> datetime:
    return local_midnight(day, timezone.get_default_timezone())
