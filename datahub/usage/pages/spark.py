"""Thirteen months as small bars without axes: a card's figure beside what it was, each month in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from datahub.charts.drawing import Drawing
from datahub.charts.shapes import sparkline
from datahub.usage.pages.charts import color_of
from datahub.usage.pages.periods import part_in_words
from datahub.usage.pages.series import Series, added
from datahub.usage.sum_periods import By


@dataclass(frozen=True, slots=True)
class Spark:
    """`rows` say the same as the drawing: month, amount, and "" where there is no data."""

    drawing: Drawing
    rows: tuple[tuple[str, str], ...]


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
    heights = [first.in_unit(values[month]) if month in values else None for month in months]
    return Spark(sparkline(heights, color_of(first.direction), label), rows)
