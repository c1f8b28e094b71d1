"""Bars of what was used and sent back, drawn beside the table that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from datahub.queries.sum_periods import By
from datahub.queries.sum_pieces import Rule
from datahub.queries.usage_periods import part_in_words
from datahub.queries.usage_series import Series

WIDTH, HEIGHT = 640, 200  # of the plot, in the units of the drawing
_SHARE = Decimal("0.8")  # of a part's width that its bars take
_COLORS = 6
_SIDE_BY_SIDE = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """Numbers as the drawing takes them; `color` counts from 1; `mark` x and y of the E of an estimate."""

    x: str
    y: str
    width: str
    height: str
    color: int
    estimated: bool
    mark: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` states what is to be seen; `legend` are color and heading; no bar = nothing known, never 0."""

    title: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    legend: tuple[tuple[int, str], ...]
    zero: str
    top: str

    @property
    def is_dense(self) -> bool:
        """More labels than stand side by side on a phone."""
        return len(self.ticks) > _SIDE_BY_SIDE


def usage_charts(series: Sequence[Series], parts: Sequence[date], by: By) -> tuple[Chart, ...]:
    """One chart a unit, of the series that are summed."""
    summed = [one for one in series if one.rule is Rule.SUM and any(part in one.amounts for part in parts)]
    units = dict.fromkeys(one.unit for one in summed)
    return tuple(_chart([one for one in summed if one.unit == unit][:_COLORS], parts, by) for unit in units)


def _chart(series: Sequence[Series], parts: Sequence[date], by: By) -> Chart:
    values = [one.amounts[part].value for one in series for part in parts if part in one.amounts]
    high, low = max([*values, Decimal(0)]), min([*values, Decimal(0)])
    scale = HEIGHT / ((high - low) or Decimal(1))
    zero = high * scale
    slot = Decimal(WIDTH) / len(parts)
    width = slot * _SHARE / len(series)
    bars = []
    for place, part in enumerate(parts):
        for color, one in enumerate(series):
            amount = one.amounts.get(part)
            if amount is None:
                continue
            x = place * slot + slot * (1 - _SHARE) / 2 + color * width
            y = zero - max(amount.value, Decimal(0)) * scale
            bars.append(
                Bar(
                    _point(x),
                    _point(y),
                    _point(width),
                    _point(abs(amount.value) * scale),
                    color + 1,
                    amount.not_measured > 0,
                    (_point(x + width / 2), _point(y - 4)),
                )  # fmt: skip
            )
    return Chart(
        title=_finding(series[0], parts, by),
        bars=tuple(bars),
        ticks=tuple(
            Tick(_point(place * slot + slot / 2), _short(part, by)) for place, part in enumerate(parts)
        ),
        legend=tuple((color + 1, one.heading) for color, one in enumerate(series)),
        zero=_point(zero),
        top=f"{series[0].shown(high)} {series[0].unit}",
    )


def _finding(series: Series, parts: Sequence[date], by: By) -> str:
    """Where the most was."""
    known = [part for part in parts if part in series.amounts]
    if not known:
        return series.heading
    most = max(known, key=lambda part: series.amounts[part].value)
    facts = {
        "what": series.heading,
        "period": part_in_words(most, by),
        "amount": series.shown(series.amounts[most].value),
        "unit": series.unit,
    }
    if by is By.DAY:
        return _("%(what)s: most on %(period)s, %(amount)s %(unit)s") % facts
    return _("%(what)s: most in %(period)s, %(amount)s %(unit)s") % facts


def _short(part: date, by: By) -> str:
    return date_format(part, {By.YEAR: "Y", By.MONTH: "M", By.DAY: "j"}[by])


def _point(value: Decimal) -> str:
    return f"{value:.1f}"
