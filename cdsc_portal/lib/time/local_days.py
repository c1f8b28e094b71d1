"""Local days of the utility and the instants (UTC) they begin at."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from cdsc_portal.lib.time.ranges import Span
from cdsc_portal.lib.time.relative_dates import local_midnight


def days(start: date | None, end: date | None) -> Span:
    """[start, end) in local days as instants; None stays open."""
    zone = timezone.get_default_timezone()
    return Span(local_midnight(start, zone) if start else None, local_midnight(end, zone) if end else None)


def first_day_from(moment: datetime) -> date:
    """The first local day that begins at or after `moment`."""
    zone = timezone.get_default_timezone()
    day = timezone.localdate(moment, zone)
    return day if local_midnight(day, zone) >= moment else day + timedelta(days=1)


def last_midnight_by(moment: datetime) -> date:
    """The last local day that begins at or before `moment`."""
    return timezone.localdate(moment, timezone.get_default_timezone())
