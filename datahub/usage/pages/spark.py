"""Thirteen months as small bars without axes: a card's figure beside what it was, each month in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from datahub.usage.pages.periods import part_in_words
from datahub.usage.pages.series import Series, added
from datahub.usage.sum_periods import By

MONTHS = 13
_WIDTH, _HEIGHT, _SHARE = Decimal(10), Decimal(32), Decimal(8)
_LEAST = Decimal(1)  # of a bar, so that a real 0 is seen, unlike a gap
_PLACES = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class SparkBar:
    x: str
    y: str
    width: str
    height: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Spark:
    """Bars of a drawing of 130 by 32; `rows` say the same in words: month, amount, and "" where there is no data."""

    bars: tuple[SparkBar, ...]
    rows: tuple[tuple[str, str], ...]
    label: str


def spark(series: Sequence[Series], last: date) -> Spark | None:
    """What all `series` of one unit hold in the months up to that of `last`; None where one month alone has data."""
    months = [
        date(last.year - back // 12, 12 - back % 12, 1) for back in range(12 - last.month, 25 - last.month)
    ]
    months.reverse()
    values = {
        month: added(each.amounts[month].value for each in series if month in each.amounts)
        for month in months
        if any(month in each.amounts for each in series)
    }
    if len(values) < 2:
        return None
    first = series[0]
    high = max(values.values())
    bars = []
    for place, month in enumerate(months):
        if month not in values:
            continue
        height = max(values[month] * _HEIGHT / high, _LEAST) if high > 0 else _LEAST
        x, top = (number.quantize(_PLACES) for number in (place * _WIDTH + 1, _HEIGHT - height))
        bars.append(SparkBar(f"{x:f}", f"{top:f}", f"{_SHARE:f}", f"{_HEIGHT - top:f}", month == months[-1]))
    rows = tuple(
        (
            part_in_words(month, By.MONTH),
            f"{first.shown(values[month])} {first.unit}" if month in values else "",
        )
        for month in months
    )
    least, most = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    words = {
        "least": first.shown(values[least]), "first": part_in_words(least, By.MONTH),
        "most": first.shown(values[most]), "second": part_in_words(most, By.MONTH), "unit": first.unit,
    }  # fmt: skip
    label = (
        _("13 months: least %(least)s %(unit)s in %(first)s, most %(most)s %(unit)s in %(second)s") % words
    )
    return Spark(tuple(bars), rows, label)
