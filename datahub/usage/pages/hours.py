"""Each hour of each day as a cell: one path for each of seven classes, and the table that says the same in numbers."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cdsc_portal.lib.time.dates_in_words import clock_form
from datahub.charts.drawing import Chart, Drawing, Key, Outline, Paint, Scale, Tick, plain_number, round_up
from datahub.charts.shapes import cells, class_paint, swatch
from datahub.usage.pages.charts import color_of, part_label
from datahub.usage.pages.measured import UsageExtent
from datahub.usage.pages.periods import ShownPeriod, instants, part_in_words, when_in_words
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.pages.table import Cell, Column, Row, Table, build_table
from datahub.usage.sum_periods import By

CLASSES = 7
MOST = 3  # series that are drawn
_HOUR = timedelta(hours=1)
_HOURS = 24
_NEARLY_ALL = Decimal("0.98")  # of the cells lie below where the last class ends
_MISSING, _SKIPPED = ".", "-"
_LEAST_DAYS = 20  # of a month, so that its name stands far enough from the next one's


@dataclass(frozen=True, slots=True)
class HourCell:
    """What the clocks call `hour` on a day; `fold` 1 = for the second time. `amount` None = no data."""

    start: datetime
    hour: int
    fold: int
    amount: Amount | None


@dataclass(frozen=True, slots=True)
class HourDay:
    """The hours there were: `repeated` and `skipped` are those that the clocks show twice or leave out."""

    day: date
    cells: tuple[HourCell, ...]
    repeated: frozenset[int]
    skipped: frozenset[int]


def hour_days(series: Series, period: ShownPeriod, extent: UsageExtent) -> list[HourDay]:
    """The days of the period while the contract was measured."""
    assert period.start is not None
    assert period.end is not None
    first = max(period.start, extent.first_day)
    end = min(period.end, extent.last_day + timedelta(days=1))
    zone = timezone.get_default_timezone()
    days = []
    for place in range((end - first).days):
        day = first + timedelta(days=place)
        begin, past = instants(day, By.DAY)
        starts = [begin + hour * _HOUR for hour in range(-(-(past - begin) // _HOUR))]
        if len(starts) == _HOURS:
            names = [(hour, 0) for hour in range(_HOURS)]
        else:
            names = [
                (local.hour, local.fold) for local in (timezone.localtime(each, zone) for each in starts)
            ]
        hours = [hour for hour, _fold in names]
        cells = [
            HourCell(each, hour, fold, series.amounts.get(each))
            for each, (hour, fold) in zip(starts, names, strict=True)
        ]
        changes = len(starts) != _HOURS
        repeated = frozenset(hour for hour in hours if hours.count(hour) > 1) if changes else frozenset()
        days.append(HourDay(day, tuple(cells), repeated, frozenset(range(_HOURS)) - frozenset(hours)))
    return days


def heat_map(series: Series, days: Sequence[HourDay], period: ShownPeriod, name: str) -> Chart:
    """Days from left to right, hours from top to bottom. Classes are of one width, from 0; the last one is open."""
    values = sorted(cell.amount.value for day in days for cell in day.cells if cell.amount)
    high = values[int((len(values) - 1) * _NEARLY_ALL)] if values else Decimal(0)
    step = round_up(high / CLASSES) if high > 0 else Decimal(1)
    edges = [plain_number(series.in_unit(step * place)) for place in range(CLASSES)]
    classes = [
        _("%(low)s to %(high)s %(unit)s") % {"low": low, "high": high, "unit": series.unit}
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    classes.append(_("%(low)s %(unit)s and more") % {"low": edges[-1], "unit": series.unit})
    color, scale = color_of(series.direction), Scale(Decimal(0), Decimal(max(len(days), 1)))
    hours = Scale(Decimal(0), Decimal(_HOURS), Decimal(_HOURS * 10))
    paint, skipped = partial(class_paint, CLASSES, color), _no_such(days)
    estimated = cells(
        _cells(days, lambda amount: int(amount.not_measured > 0)), lambda _class: Paint("", "cells")
    )
    return Chart(
        title=_finding(series, days, period),
        name=name,
        drawing=Drawing(
            (
                *cells(_cells(days, partial(_class_of, step)), paint),
                *estimated,
                *([Outline(skipped, Paint("skipped"))] if skipped else []),
            ),
            height=int(hours.length),
            grid=(int(scale.high), _HOURS),
        ),
        sides=tuple(Tick(hours.at(hour) + 5, hour_in_words(hour)) for hour in range(0, _HOURS, 6)),
        feet=tuple(Tick(scale.at(place), words) for place, words in _ticks(days, period)),
        legend=(
            *(Key(f"{number}: {words}", swatch(paint(number))) for number, words in enumerate(classes, 1)),
            *([Key(_("E: estimated"), swatch(Paint(color, "estimate")))] if estimated else []),
            Key(_("A gap: no data")),
            *([Key(_("no such hour"), (Outline("M0 6h12", Paint("skipped")),))] if skipped else []),
        ),
        zero=hours.length,
        ruled=False,
        reads={
            "first": days[0].day.isoformat() if days else "",
            "cells": " ".join(_codes(day, step) for day in days),
            "classes": "|".join(classes),
            "hours": "|".join(map(hour_in_words, range(_HOURS))),
            "repeated": " ".join({str(hour) for day in days for hour in day.repeated}),
            "missing": _("no data"),
            "skipped": _("no such hour"),
            "estimated": _("estimated"),
            "once": _("first"),
            "again": _("second"),
        },
    )


def hour_table(
    series: Series, days: Sequence[HourDay], period: ShownPeriod, link: Callable[[str], str]
) -> tuple[str, Table]:
    """A caption and the numbers: of a month each hour of each day, of a year the averages of each month's hours.

    `link` gives the address of a period.
    """
    facts = {"what": series.heading, "unit": series.unit, "period": period.title}
    if period.by is By.DAY:
        table = build_table(
            _("Period"),
            [Column(hour_in_words(hour), partial(_cell_of_day, series, hour)) for hour in range(_HOURS)],
            days,
            lambda day: Row(part_in_words(day.day, By.DAY)),
        )
        return _("%(what)s in each hour, %(period)s (%(unit)s)") % facts, table
    months = groupby(days, key=lambda day: day.day.replace(day=1))
    table = build_table(
        _("Period"),
        [Column(hour_in_words(hour), partial(_cell_of_month, series, hour)) for hour in range(_HOURS)],
        [(first, _by_hour(list(own))) for first, own in months],
        lambda month: Row(part_in_words(month[0], By.MONTH), link(f"{month[0]:%Y-%m}")),
    )
    return _("%(what)s on average in each hour, %(period)s (%(unit)s)") % facts, table


def hour_in_words(hour: int) -> str:
    """`6 PM`."""
    moment = datetime(2000, 1, 1, hour)  # noqa: DTZ001 - a clock's hour of no day
    return date_format(moment, clock_form("g A"))


def _cell_of_day(series: Series, hour: int, day: HourDay) -> Cell:
    if hour in day.skipped:
        return Cell(_("no such hour"))
    words = []
    for cell in day.cells:
        if cell.hour != hour:
            continue
        if cell.amount is None:
            words.append(_("No data"))
            continue
        value = series.shown(cell.amount.value)
        words.append(_("%(value)s E") % {"value": value} if cell.amount.not_measured else value)
    if len(words) > 1:
        words = [_("%(time)s (first)") % {"time": words[0]}, _("%(time)s (second)") % {"time": words[1]}]
    return Cell(", ".join(words))


def _cell_of_month(series: Series, hour: int, month: tuple[date, Mapping[int, Sequence[Amount]]]) -> Cell:
    amounts = month[1].get(hour)
    return Cell(_average(series, amounts) if amounts else _("No data"))


def _by_hour(days: Sequence[HourDay]) -> dict[int, list[Amount]]:
    """What is known of each hour on the clock."""
    amounts: dict[int, list[Amount]] = defaultdict(list)
    for day in days:
        for cell in day.cells:
            if cell.amount is not None:
                amounts[cell.hour].append(cell.amount)
    return amounts


def _average(series: Series, amounts: Sequence[Amount]) -> str:
    """In the reader's language."""
    return series.shown(added(amount.value for amount in amounts) / len(amounts))


def _class_of(step: Decimal, amount: Amount) -> int:
    return min(max(int(amount.value / step), 0), CLASSES - 1) + 1


def _cells(
    days: Sequence[HourDay], class_of: Callable[[Amount], int]
) -> Iterator[tuple[float, int, float, int]]:
    """Those that have a class; an hour that is there twice takes half of its place each time."""
    for column, day in enumerate(days):
        for cell in day.cells:
            if cell.amount and (number := class_of(cell.amount)):
                is_half = cell.hour in day.repeated
                yield column + cell.fold / 2, cell.hour, 0.5 if is_half else 1, number


def _no_such(days: Sequence[HourDay]) -> str:
    return "".join(f"M{column} {hour}.5h1" for column, day in enumerate(days) for hour in sorted(day.skipped))


def _codes(day: HourDay, step: Decimal) -> str:
    """A character an hour, for the script."""
    codes = {(hour, 0): _SKIPPED for hour in day.skipped}
    for cell in day.cells:
        if cell.amount is None:
            code = _MISSING
        else:
            number = _class_of(step, cell.amount)
            code = chr(ord("a") + number - 1) if cell.amount.not_measured else str(number)
        codes[cell.hour, cell.fold] = code
    return "".join(codes[place] for place in sorted(codes))


def _ticks(days: Sequence[HourDay], period: ShownPeriod) -> Iterator[tuple[Decimal, str]]:
    """Below each day of a month, or below the middle of each month that is not cut short."""
    if period.by is not By.MONTH:
        for column, day in enumerate(days):
            yield column + Decimal("0.5"), part_label(day.day, By.DAY)
        return
    column = 0
    for first, own in groupby(days, key=lambda day: day.day.replace(day=1)):
        count = len(list(own))
        if count >= _LEAST_DAYS:
            yield column + Decimal(count) / 2, part_label(first, By.MONTH)
        column += count


def _finding(series: Series, days: Sequence[HourDay], period: ShownPeriod) -> str:
    """The hour with the most on average."""
    amounts = _by_hour(days)
    if not amounts:
        return _("%(what)s: no data %(when)s") % {"what": series.heading, "when": when_in_words(period)}
    most = max(amounts, key=lambda hour: added(each.value for each in amounts[hour]) / len(amounts[hour]))
    facts = {
        "what": series.heading,
        "from": hour_in_words(most),
        "to": hour_in_words((most + 1) % _HOURS),
        "amount": f"{_average(series, amounts[most])} {series.unit}",
        "when": when_in_words(period),
    }
    return _("%(what)s: most from %(from)s to %(to)s, %(amount)s on average %(when)s") % facts
