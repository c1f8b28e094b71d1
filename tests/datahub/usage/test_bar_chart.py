"""Bars as the drawing takes them: the letter of an estimate can be read, whatever stands around its bar."""

from datetime import date
from decimal import Decimal

import pytest

from datahub.usage.pages.chart import Plotted, bar_chart

MARCH = date(2026, 3, 1)


def drawn(value, before):
    plotted = Plotted("Used", 1, {MARCH: Decimal(value)}, frozenset({MARCH}))
    chart = bar_chart(
        [plotted],
        [MARCH],
        title="",
        name="used",
        columns=[1],
        label=lambda _part: "",
        scale_words=lambda _value: "",
        before={MARCH: Decimal(before)},
    )
    return Decimal(chart.bars[0].mark[1]), Decimal(chart.bars[0].y), Decimal(chart.befores[0].y)


@pytest.mark.parametrize("before", ["91", "95", "99"])
def test_the_letter_of_an_estimate_stands_above_a_year_before_that_is_a_little_more(before):
    letter, _bar, line = drawn("90", before)

    assert letter == line - 4


@pytest.mark.parametrize("before", ["10", "90", "150"])
def test_the_letter_of_an_estimate_stands_on_its_bar_where_no_year_before_crosses_it(before):
    letter, bar, _line = drawn("90", before)

    assert letter == bar - 4


def test_bars_of_one_part_stand_one_upon_the_other_up_to_their_sum():
    house, charger = (
        Plotted(name, 1, {MARCH: Decimal(value)}) for name, value in (("House", 30), ("Charger", 50))
    )

    chart = bar_chart(
        [house, charger],
        [MARCH],
        title="",
        name="used",
        columns=[1, 2],
        label=lambda _part: "",
        scale_words=lambda value: f"{value:f}",
    )

    below, above = chart.bars
    assert chart.lines[0].label == "80"
    assert Decimal(above.y) == 0
    assert Decimal(above.y) + Decimal(above.height) == Decimal(below.y)
    assert Decimal(below.y) + Decimal(below.height) == Decimal(chart.zero)
