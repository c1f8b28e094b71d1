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
from datahub.usage.pages.chart import color_of, part_label, plain_number, round_up
from datahub.usage.pages.measured import UsageExtent
from datahub.usage.pages.periods import ShownPeriod, instants, next_first, part_in_words, when_in_words
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.pages.table import Cell, Column, Row, Table, build_table
from datahub.usage.sum_periods import By

CLASSES = 7
MOST = 3  # series that are drawn
_HOUR = timedelta(hours=1)
_HOURS = 24
_NEARLY_ALL = Decimal("0.98")  # of the cells lie below where the last class ends
_MISSING, _SKIPPED = ".", "-"


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


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Days from left to right, hours from top to bottom, in a drawing of `days` by 24.

    `ticks` and `marks` are labels of days and hours at their places in a drawing of 640 by 240.
    `paths` and `legend` are by class, from 1. `cells`, `classes` and `hours` are what the script reads points from: a
    character an hour, days parted by blanks: a digit the class, a letter (a = 1) where it is estimated.
    """

    title: str
    name: str
    color: int
    days: int
    paths: tuple[tuple[int, str], ...]
    estimated: str
    skipped: str
    ticks: tuple[tuple[str, str], ...]
    marks: tuple[tuple[int, str], ...]
    legend: tuple[tuple[int, str], ...]
    first: str
    cells: str
    classes: str
    hours: str
    repeated: str


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


def heat_map(series: Series, days: Sequence[HourDay], period: ShownPeriod, name: str) -> HeatMap:
    """Classes are of one width, from 0; the last one is open."""
    values = sorted(cell.amount.value for day in days for cell in day.cells if cell.amount)
    high = values[int((len(values) - 1) * _NEARLY_ALL)] if values else Decimal(0)
    step = round_up(high / CLASSES) if high > 0 else Decimal(1)
    edges = [plain_number(series.in_unit(step * place)) for place in range(CLASSES)]
    classes = [
        _("%(low)s to %(high)s %(unit)s") % {"low": low, "high": high, "unit": series.unit}
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    classes.append(_("%(low)s %(unit)s and more") % {"low": edges[-1], "unit": series.unit})
    width = Decimal(640) / max(len(days), 1)
    return HeatMap(
        title=_finding(series, days, period),
        name=name,
        color=color_of(series.direction),
        days=len(days),
        paths=tuple(_paths(days, step).items()),
        estimated="".join(
            _box(place, cell, day, 1)
            for place, day in enumerate(days)
            for cell in day.cells
            if cell.amount and cell.amount.not_measured
        ),
        skipped="".join(
            f"M{place} {hour}.5h1" for place, day in enumerate(days) for hour in sorted(day.skipped)
        ),
        ticks=tuple((f"{place * width:.1f}", words) for place, words in _ticks(days, period)),
        marks=tuple((hour * 10, hour_in_words(hour)) for hour in range(0, _HOURS, 6)),
        legend=tuple(enumerate(classes, 1)),
        first=days[0].day.isoformat() if days else "",
        cells=" ".join(_codes(day, step) for day in days),
        classes="|".join(classes),
        hours="|".join(map(hour_in_words, range(_HOURS))),
        repeated=" ".join({str(hour) for day in days for hour in day.repeated}),
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


def _class_of(amount: Amount, step: Decimal) -> int:
    return min(max(int(amount.value / step), 0), CLASSES - 1) + 1


def _paths(days: Sequence[HourDay], step: Decimal) -> dict[int, str]:
    """By class: hours of one class that follow on each other are one box."""
    paths: dict[int, list[str]] = {number: [] for number in range(1, CLASSES + 1)}
    for place, day in enumerate(days):
        boxes: list[tuple[int, HourCell, int]] = []  # class, first hour, how many
        for cell in day.cells:
            number = _class_of(cell.amount, step) if cell.amount else 0
            if boxes and cell.hour not in day.repeated and cell.hour - 1 not in day.repeated:
                last, first, length = boxes[-1]
                if number == last and cell.hour == first.hour + length:
                    boxes[-1] = (number, first, length + 1)
                    continue
            boxes.append((number, cell, 1))
        for number, first, length in boxes:
            if number:
                paths[number].append(_box(place, first, day, length))
    return {number: "".join(drawn) for number, drawn in paths.items() if drawn}


def _box(place: int, cell: HourCell, day: HourDay, length: int) -> str:
    """An hour that is there twice takes half of its place each time."""
    if cell.hour in day.repeated:
        return f"M{place}{'.5' if cell.fold else ''} {cell.hour}h.5v1h-.5z"
    return f"M{place} {cell.hour}h1v{length}h-1z"


def _codes(day: HourDay, step: Decimal) -> str:
    """A character an hour, for the script."""
    codes = {(hour, 0): _SKIPPED for hour in day.skipped}
    for cell in day.cells:
        if cell.amount is None:
            code = _MISSING
        else:
            number = _class_of(cell.amount, step)
            code = chr(ord("a") + number - 1) if cell.amount.not_measured else str(number)
        codes[cell.hour, cell.fold] = code
    return "".join(codes[place] for place in sorted(codes))


def _ticks(days: Sequence[HourDay], period: ShownPeriod) -> Iterator[tuple[int, str]]:
    """Where a month begins, or a day of a month."""
    by_month = period.by is By.MONTH
    for place, day in enumerate(days):
        if not by_month:
            yield place, part_label(day.day, By.DAY)
        elif place == 0 or day.day.day == 1:
            if place == 0 and (next_first(day.day, By.MONTH) - day.day).days < _HOURS:
                continue  # too near to the next one
            yield place, part_label(day.day, By.MONTH)


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
