"""The stretch of time that a page of usage shows, and the words for its parts."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cdsc_portal.lib.dates_in_words import day_in_words
from cdsc_portal.lib.local_days import days
from cdsc_portal.lib.ranges import Span
from datahub.queries.sum_periods import By

ALL_YEARS = "all"
_TEXT = re.compile(r"(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True)
class ShownPeriod:
    """All years, a year or a month, as an address says it: `all`, `2026`, `2026-03`. Local days [start, end)."""

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
        if len(text) == 4:
            return cls(text, date(int(text), 1, 1), date(int(text) + 1, 1, 1))
        start = date.fromisoformat(f"{text}-01")
        return cls(text, start, next_first(start, By.MONTH))

    @property
    def by(self) -> By:
        """What its parts are."""
        if self.start is None:
            return By.YEAR
        return By.MONTH if len(self.text) == 4 else By.DAY

    @property
    def span(self) -> Span:
        return days(self.start, self.end)

    @property
    def with_year_ago(self) -> Span:
        """From the same stretch a year before, to the end."""
        return days(None if self.start is None else year_ago(self.start) or self.start, self.end)

    @property
    def title(self) -> str:
        if self.start is None:
            return _("All years")
        return part_in_words(self.start, By.YEAR if self.by is By.MONTH else By.MONTH)

    @property
    def up(self) -> str:
        """What it is a part of; "" for all years."""
        return {By.YEAR: "", By.MONTH: ALL_YEARS, By.DAY: self.text[:4]}[self.by]

    def neighbour(self, step: int) -> str:
        """The period before (-1) or after (1) it, as an address says it."""
        assert self.start is not None
        assert self.end is not None
        first = self.end if step > 0 else self.start - timedelta(days=1)
        return first.strftime("%Y" if self.by is By.MONTH else "%Y-%m")

    def parts(self, first: date, last: date) -> list[date]:
        """The first days of its parts, from the one with the day `first` to the one with `last`."""
        begin = first if self.start is None else max(first, self.start)
        end = last if self.end is None else min(last, self.end - timedelta(days=1))
        part = {By.YEAR: date(begin.year, 1, 1), By.MONTH: begin.replace(day=1), By.DAY: begin}[self.by]
        found = []
        while part <= end:
            found.append(part)
            part = next_first(part, self.by)
        return found

    def inside(self, part: date) -> str:
        """The address of a part of it; "" for a day."""
        return {By.YEAR: f"{part:%Y}", By.MONTH: f"{part:%Y-%m}", By.DAY: ""}[self.by]


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


def part_in_words(first: date, by: By) -> str:
    """`2026`, `March 2026` or `March 8, 2026`."""
    if by is By.YEAR:
        return str(first.year)
    if by is By.MONTH:
        return date_format(first, pgettext("format of a month, as Django's date filter", "F Y"))
    return day_in_words(first)
