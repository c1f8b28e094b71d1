"""From when to when something held, and at which voltage, in words."""

from datetime import date, timedelta

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from cdsc_portal.lib.time.ranges import Span

_DAY = timedelta(days=1)


def lasting_in_words(start: date | None, end: date | None, *, today: date) -> str:
    """Of [start, end) in local days: `Since March 1, 2020`, or `March 1, 2020 to May 31, 2021`, both inclusive."""
    words = {
        "first": day_in_words(start) if start else "",
        "last": day_in_words(end - _DAY) if end else "",
    }
    if start is None:
        return _("Until %(last)s") % words if end else ""
    if end is None:
        return (_("Since %(first)s") if start <= today else _("From %(first)s on")) % words
    return _("%(first)s to %(last)s") % words


def span_in_words(span: Span, *, today: date) -> str:
    """The same of instants: a day that is only touched counts."""
    start = timezone.localdate(span.start) if span.start else None
    return lasting_in_words(start, last_day(span.end) + _DAY if span.end else None, today=today)


def voltage_in_words(volts: int | None) -> str:
    """`240 volts`; "" where it is not known."""
    return _("%(volts)s volts") % {"volts": number_format(volts, use_l10n=True)} if volts else ""
