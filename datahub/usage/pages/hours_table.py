"""The numbers of a heatmap: of a month each hour of each day, of a year the averages of each month's hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from datahub.usage.pages.hours import HourCell, HourDay, average, by_hour, hour_in_words
from datahub.usage.pages.page_query import UsagePageQuery
from datahub.usage.pages.periods import ShownPeriod, part_in_words
from datahub.usage.pages.series import Series
from datahub.usage.sum_periods import By


@dataclass(frozen=True, slots=True)
class HourRow:
    """A day, or a month that opens at `url`; `cells` are pairs of hour and amount in words."""

    label: str
    url: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HourTable:
    """`caption` says what the numbers are, and in which unit."""

    caption: str
    name: str
    hours: tuple[str, ...]
    rows: tuple[HourRow, ...]


def hour_table(
    series: Series, days: Sequence[HourDay], period: ShownPeriod, asked: UsagePageQuery, name: str
) -> HourTable:
    """At most 31 rows of 24 hours."""
    hours = tuple(map(hour_in_words, range(24)))
    names = {"what": series.heading, "unit": series.unit, "period": period.title}
    if period.by is By.DAY:
        rows = [HourRow(part_in_words(day.day, By.DAY), "", _of_a_day(day, series)) for day in days]
        caption = _("%(what)s in each hour, %(period)s (%(unit)s)") % names
    else:
        months = groupby(days, key=lambda day: day.day.replace(day=1))
        rows = [
            HourRow(
                part_in_words(first, By.MONTH),
                asked.url(period=ShownPeriod.parse(f"{first:%Y-%m}")),
                _of_a_month(list(own), series),
            )
            for first, own in months
        ]
        caption = _("%(what)s on average in each hour, %(period)s (%(unit)s)") % names
    return HourTable(caption, name, hours, tuple(rows))


def _of_a_day(day: HourDay, series: Series) -> tuple[tuple[str, str], ...]:
    cells = []
    for hour in range(24):
        if hour in day.skipped:
            cells.append((hour_in_words(hour), _("no such hour")))
            continue
        own = [cell for cell in day.cells if cell.hour == hour]
        words = [_in_words(cell, series) for cell in own]
        if len(own) > 1:
            words = [_("%(time)s (first)") % {"time": words[0]}, _("%(time)s (second)") % {"time": words[1]}]
        cells.append((hour_in_words(hour), ", ".join(words)))
    return tuple(cells)


def _in_words(cell: HourCell, series: Series) -> str:
    if cell.amount is None:
        return _("No data")
    value = series.shown(cell.amount.value)
    return _("%(value)s E") % {"value": value} if cell.amount.not_measured else value


def _of_a_month(days: Sequence[HourDay], series: Series) -> tuple[tuple[str, str], ...]:
    found = by_hour(days)
    return tuple(
        (hour_in_words(hour), average(series, found[hour]) if hour in found else _("No data"))
        for hour in range(24)
    )
