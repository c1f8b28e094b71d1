"""Each hour of each day as a cell: one path for each of seven classes, and the table that says the same in numbers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from datahub.usage.pages.bar_chart import nice
from datahub.usage.pages.chart import color_of, part_label, plain_number
from datahub.usage.pages.measured_time import UsageLife
from datahub.usage.pages.periods import ShownPeriod, instants, next_first, when_in_words
from datahub.usage.pages.series import Amount, Series, added
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


def hour_days(series: Series, period: ShownPeriod, life: UsageLife) -> list[HourDay]:
    """The days of the period while the contract was measured."""
    assert period.start is not None
    assert period.end is not None
    day = max(period.start, life.first_day)
    last = min(period.end - timedelta(days=1), life.last_day)
    found = []
    while day <= last:
        found.append(_hour_day(day, series))
        day += timedelta(days=1)
    return found


def heat_map(series: Series, days: Sequence[HourDay], period: ShownPeriod, name: str) -> HeatMap:
    """Classes are of one width, from 0; the last one is open."""
    step = _class_width([cell.amount.value for day in days for cell in day.cells if cell.amount])
    classes = _classes(series, step)
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


def hour_in_words(hour: int) -> str:
    """`6 PM`."""
    moment = datetime(2000, 1, 1, hour)  # noqa: DTZ001 - a clock's hour of no day
    return date_format(moment, pgettext("format of an hour, as Django's date filter", "g A"))


def by_hour(days: Sequence[HourDay]) -> dict[int, list[Amount]]:
    """What is known of each hour on the clock."""
    found: dict[int, list[Amount]] = defaultdict(list)
    for day in days:
        for cell in day.cells:
            if cell.amount is not None:
                found[cell.hour].append(cell.amount)
    return found


def average(series: Series, amounts: Sequence[Amount]) -> str:
    """In the reader's language."""
    return series.shown(added(amount.value for amount in amounts) / len(amounts))


def _hour_day(day: date, series: Series) -> HourDay:
    start, end = instants(day, By.DAY)
    count = -(-(end - start) // _HOUR)
    starts = [start + place * _HOUR for place in range(count)]
    if count == _HOURS:
        named = [(hour, 0) for hour in range(_HOURS)]
    else:
        zone = timezone.get_default_timezone()
        named = [(local.hour, local.fold) for local in (timezone.localtime(one, zone) for one in starts)]
    hours = [hour for hour, _fold in named]
    cells = zip(starts, named, strict=True)
    return HourDay(
        day,
        tuple(HourCell(one, hour, fold, series.amounts.get(one)) for one, (hour, fold) in cells),
        frozenset(hour for hour in hours if hours.count(hour) > 1) if count != _HOURS else frozenset(),
        frozenset(range(_HOURS)) - frozenset(hours) if count != _HOURS else frozenset(),
    )


def _class_width(values: Sequence[Decimal]) -> Decimal:
    high = sorted(values)[int((len(values) - 1) * _NEARLY_ALL)] if values else Decimal(0)
    return nice(high / CLASSES) if high > 0 else Decimal(1)


def _class_of(amount: Amount, step: Decimal) -> int:
    return min(max(int(amount.value / step), 0), CLASSES - 1) + 1


def _classes(series: Series, step: Decimal) -> list[str]:
    edges = [plain_number(series.in_unit(step * place)) for place in range(CLASSES)]
    ranges = [
        _("%(low)s to %(high)s %(unit)s") % {"low": low, "high": high, "unit": series.unit}
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    return [*ranges, _("%(low)s %(unit)s and more") % {"low": edges[-1], "unit": series.unit}]


def _paths(days: Sequence[HourDay], step: Decimal) -> dict[int, str]:
    """Hours of one class that follow on each other are one box."""
    drawn: dict[int, list[str]] = {number: [] for number in range(1, CLASSES + 1)}
    for place, day in enumerate(days):
        for number, cell, length in _boxes(day, step):
            drawn[number].append(_box(place, cell, day, length))
    return {number: "".join(boxes) for number, boxes in drawn.items() if boxes}


def _boxes(day: HourDay, step: Decimal) -> Iterator[tuple[int, HourCell, int]]:
    """(class, first hour, how many)."""
    first: HourCell | None = None
    number = length = 0
    for cell in day.cells:
        own = _class_of(cell.amount, step) if cell.amount else 0
        goes_on = first is not None and own == number and cell.hour == first.hour + length
        if goes_on and cell.hour not in day.repeated and cell.hour - 1 not in day.repeated:
            length += 1
            continue
        if first is not None and number:
            yield number, first, length
        first, number, length = cell, own, 1
    if first is not None and number:
        yield number, first, length


def _box(place: int, cell: HourCell, day: HourDay, length: int) -> str:
    """An hour that is there twice takes half of its place each time."""
    if cell.hour in day.repeated:
        return f"M{place}{'.5' if cell.fold else ''} {cell.hour}h.5v1h-.5z"
    return f"M{place} {cell.hour}h1v{length}h-1z"


def _codes(day: HourDay, step: Decimal) -> str:
    said = {(cell.hour, cell.fold): _code(cell.amount, step) for cell in day.cells}
    said.update({(hour, 0): _SKIPPED for hour in day.skipped})
    return "".join(said[place] for place in sorted(said))


def _code(amount: Amount | None, step: Decimal) -> str:
    if amount is None:
        return _MISSING
    number = _class_of(amount, step)
    return chr(ord("a") + number - 1) if amount.not_measured else str(number)


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
    found = by_hour(days)
    if not found:
        return _("%(what)s: no data %(when)s") % {"what": series.heading, "when": when_in_words(period)}
    most = max(found, key=lambda hour: added(one.value for one in found[hour]) / len(found[hour]))
    facts = {
        "what": series.heading,
        "from": hour_in_words(most),
        "to": hour_in_words((most + 1) % _HOURS),
        "amount": f"{average(series, found[most])} {series.unit}",
        "when": when_in_words(period),
    }
    return _("%(what)s: most from %(from)s to %(to)s, %(amount)s on average %(when)s") % facts
