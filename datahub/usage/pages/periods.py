"""The period that a page of usage shows, and the words for its parts."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cdsc_portal.lib.time.dates_in_words import day_in_words
from cdsc_portal.lib.time.dates_in_words import time_in_words as clock_in_words
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span
from cdsc_portal.lib.time.relative_dates import local_midnight
from datahub.usage.sum_periods import By, Slots

ALL_YEARS = "all"
Length = By | Slots
_TEXT = re.compile(r"(19|20|21)[0-9]{2}(-W[0-5][0-9]|-(0[1-9]|1[0-2])(-[0-3][0-9])?)?")
_YEAR, _MONTH, _WEEK, _DAY = 4, 7, 8, 10  # characters of an address
_FORMS = {_YEAR: "%Y", _MONTH: "%Y-%m", _WEEK: "%G-W%V", _DAY: "%Y-%m-%d"}
_SEVEN_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ShownPeriod:
    """All years, a year, a month, a week from Monday on or a day: `all`, `2026`, `2026-03`, `2026-W10`, `2026-03-08`.

    Local days [start, end).
    """

    text: str
    start: date | None
    end: date | None

    @classmethod
    def parse(cls, text: str) -> "ShownPeriod":
        """Raises ValueError for any other text."""
        if text == ALL_YEARS:
            return cls(text, None, None)
        if not _TEXT.fullmatch(text):
            raise ValueError(f"{text!r} is no period")
        start = date.fromisoformat(text + "-01-01"[len(text) - _DAY :] if len(text) < _WEEK else text)
        is_week = len(text) == _WEEK
        return cls(text, start, start + _SEVEN_DAYS if is_week else next_first(start, _WHOLE[len(text)]))

    @property
    def is_day(self) -> bool:
        return len(self.text) == _DAY

    @property
    def is_week(self) -> bool:
        return len(self.text) == _WEEK

    @property
    def by(self) -> By:
        """What its parts are; those of a day are slots, and this is the day itself."""
        if self.start is None:
            return By.YEAR
        return By.MONTH if len(self.text) == _YEAR else By.DAY

    @property
    def span(self) -> Span:
        return days(self.start, self.end)

    @property
    def year_ago(self) -> "ShownPeriod | None":
        """A year before it, of a week the same dates; none for all years, 29 February and the first year of all."""
        ago = year_ago(self.start) if self.start else None
        if self.is_week:  # its dates lie across two weeks, which is no address
            return ShownPeriod(self.text, ago, ago + _SEVEN_DAYS) if ago else None
        text = ago.strftime(_FORMS[len(self.text)]) if ago else ""
        return ShownPeriod.parse(text) if _TEXT.fullmatch(text) else None

    @property
    def title(self) -> str:
        if self.start is None:
            return _("All years")
        if self.is_week:
            assert self.end is not None
            last = self.end - timedelta(days=1)
            return _("%(first)s to %(last)s") % {
                "first": day_in_words(self.start),
                "last": day_in_words(last),
            }
        return part_in_words(self.start, _WHOLE[len(self.text)])

    @property
    def up(self) -> str:
        """What it is a part of; "" for all years."""
        if self.start is None:
            return ""
        if self.is_week:
            return self.start.strftime(_FORMS[_MONTH])
        return {_YEAR: ALL_YEARS, _MONTH: self.text[:_YEAR], _DAY: self.text[:_MONTH]}[len(self.text)]

    def neighbour(self, step: int) -> str:
        """The period before (-1) or after (1) it, as an address has it."""
        assert self.start is not None
        assert self.end is not None
        first = self.end if step > 0 else self.start - timedelta(days=1)
        return first.strftime(_FORMS[len(self.text)])

    @classmethod
    def lengths(cls, day: date) -> "dict[str, ShownPeriod]":
        """The day itself, its week, month and year, and all years, by what they are called."""
        forms = ((_("Day"), _DAY), (_("Week"), _WEEK), (_("Month"), _MONTH), (_("Year"), _YEAR))
        texts = [(label, day.strftime(_FORMS[form])) for label, form in forms]
        # the last week of all begins a year that no address has
        periods = {label: cls.parse(text) for label, text in texts if _TEXT.fullmatch(text)}
        return {**periods, pgettext("all years", "All"): cls.parse(ALL_YEARS)}

    def parts(self, first: date, last: date) -> list[date]:
        """The first days of its parts, from the one with the day `first` to the one with `last`."""
        begin = first if self.start is None else max(first, self.start)
        end = last if self.end is None else min(last, self.end - timedelta(days=1))
        part = {By.YEAR: date(begin.year, 1, 1), By.MONTH: begin.replace(day=1), By.DAY: begin}[self.by]
        parts = []
        while part <= end:
            parts.append(part)
            part = next_first(part, self.by)
        return parts

    def inside(self, part: date) -> str:
        """The address of a part of it; "" for a slot of a day."""
        if self.is_day:
            return ""
        return part.strftime({By.YEAR: "%Y", By.MONTH: "%Y-%m", By.DAY: "%Y-%m-%d"}[self.by])


def next_first(first: date, by: By) -> date:
    """The first day after the period that begins on `first`."""
    if by is By.DAY:
        return first + timedelta(days=1)
    if by is By.YEAR:
        return date(first.year + 1, 1, 1)
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)


def year_ago(day: date) -> date | None:
    """The same day of the year before; none for 29 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return None


def instants(part: date, by: Length) -> tuple[datetime, datetime]:
    """When a part begins and ends (UTC)."""
    zone = timezone.get_default_timezone()
    if isinstance(by, Slots):
        assert isinstance(part, datetime)
        end = local_midnight(timezone.localdate(part) + timedelta(days=1), zone)
        return part, min(part + timedelta(seconds=by.seconds), end)
    return local_midnight(part, zone), local_midnight(next_first(part, by), zone)


def part_in_words(first: date, by: Length) -> str:
    """`2026`, `March 2026`, `March 8, 2026` or `1:15 AM`."""
    if isinstance(by, Slots):
        assert isinstance(first, datetime)
        return time_in_words(first)
    if by is By.YEAR:
        return str(first.year)
    if by is By.MONTH:
        return date_format(first, pgettext("format of a month, as Django's date filter", "F Y"))
    return day_in_words(first)


def time_in_words(moment: datetime) -> str:
    """`1:15 AM` on the utility's clocks; what they show twice in a night is the first or the second."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    words = clock_in_words(moment)
    if local.fold:
        return _("%(time)s (second)") % {"time": words}
    if local.replace(fold=1).utcoffset() < local.utcoffset():  # type: ignore[operator]  # both are aware
        return _("%(time)s (first)") % {"time": words}
    return words


def when_in_words(period: ShownPeriod) -> str:
    """`in March 2026`, `on March 8, 2026` or `in all`."""
    if period.start is None:
        return _("in all")
    if period.is_week:
        return pgettext("during a week", "from %(period)s") % {"period": period.title}
    words = _("on %(day)s") if period.is_day else pgettext("during a month or a year", "in %(period)s")
    return words % {"day": period.title, "period": period.title}


_WHOLE = {_YEAR: By.YEAR, _MONTH: By.MONTH, _DAY: By.DAY}
