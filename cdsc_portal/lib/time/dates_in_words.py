"""Dates as people read them: months as words, in the utility's zone, in the reader's language."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span

_INSTANT = timedelta(microseconds=1)


def day_in_words(day: date) -> str:
    """`November 24, 2029`. Takes a local date; an instant is read in the utility's zone."""
    if isinstance(day, datetime):
        day = timezone.localdate(day)
    return _day_in_words(day, get_language())


def short_day_in_words(day: date) -> str:
    """`Nov 24, 2029`, where a row has little room."""
    return _short_day_in_words(day, get_language())


def moment_in_words(moment: datetime) -> str:
    """`November 24, 2029, 6:02 PM`, in the utility's zone."""
    local = timezone.localtime(moment)
    form = clock_form(pgettext("format of a date and time, as Django's date filter", "F j, Y, g:i A"))
    return _moment_in_words(local.replace(second=0, microsecond=0, tzinfo=None, fold=0), form, get_language())


def month_in_words(moment: datetime) -> str:
    """`November 2025`, in the utility's zone."""
    form = pgettext("format of a month, as Django's date filter", "F Y")
    return date_format(timezone.localtime(moment), form)


def last_day(end: datetime) -> date:
    """The last local day that a period ending before `end` touches."""
    return timezone.localdate(end - _INSTANT)


def time_in_words(moment: datetime) -> str:
    """`6:02 PM`, in the utility's zone."""
    local = timezone.localtime(moment)
    clock = datetime(2000, 1, 1, local.hour, local.minute)  # noqa: DTZ001 - a clock's time of no day
    return _moment_in_words(clock, clock_form("g:i A"), get_language())


# Words are kept: pages have the same days and times again and again, and each takes Django a dozen look-ups.
@lru_cache(maxsize=4096)
def _day_in_words(day: date, _language: str | None) -> str:
    return date_format(day, pgettext("format of a date, as Django's date filter", "F j, Y"))


@lru_cache(maxsize=4096)
def _short_day_in_words(day: date, _language: str | None) -> str:
    return date_format(day, pgettext("format of a short date, as Django's date filter", "M j, Y"))


@lru_cache(maxsize=4096)
def _moment_in_words(clock: datetime, form: str, _language: str | None) -> str:
    return date_format(clock, form)


def clock_form(form: str) -> str:
    """A format of Django's date filter with a clock of 12 hours, as the utility's region has clocks."""
    if settings.UTILITY_REGION != "EU":
        return form
    return form.replace("g:i A", "G:i").replace("g A", "G:00")


def end_in_words(end: datetime) -> str:
    """What a period ending before `end` goes through: its last day where that is whole, else the moment."""
    day = last_day(end)
    return day_in_words(day) if days(day, day + timedelta(days=1)).end == end else moment_in_words(end)


def span_in_words(start: datetime, end: datetime) -> str:
    """Of [start, end): `March 1, 2026 to March 8, 2026`, one day alone, with times where it is not whole days."""
    first, last = timezone.localdate(start), last_day(max(end, start + _INSTANT))
    if days(first, last + timedelta(days=1)) != Span(start, end):
        return _("%(start)s to %(end)s") % {"start": moment_in_words(start), "end": moment_in_words(end)}
    if first == last:
        return day_in_words(first)
    return _("%(start)s to %(end)s") % {"start": day_in_words(first), "end": day_in_words(last)}
