"""Bars as the drawing takes them: the letter of an estimate can be read, whatever stands around its bar."""

from datetime import date
from decimal import Decimal

import pytest

from datahub.charts.drawing import Box, Words
from datahub.charts.shapes import BEFORE, Layer, stacked_bars

MARCH = date(2026, 3, 1)


def chart_of(*layers, before=None):
    return stacked_bars(
        layers,
        [MARCH],
        title="",
        name="used",
        table="usage-table",
        columns=[1],
        label=lambda _part: "",
        before=before,
    )


def drawn(value, before):
    layer = Layer("Used", "used", {MARCH: Decimal(value)}, frozenset({MARCH}))
    marks = chart_of(layer, before={MARCH: Decimal(before)}).drawing.marks
    (letter,) = (mark.y for mark in marks if isinstance(mark, Words))
    boxes = [mark for mark in marks if isinstance(mark, Box)]
    (line,) = (box.y for box in boxes if box.paint == BEFORE)
    (bar,) = (box.y for box in boxes if box.paint != BEFORE)
    return letter, bar, line


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
        Layer(name, "used", {MARCH: Decimal(value)}) for name, value in (("House", 30), ("Charger", 50))
    )

    chart = chart_of(house, charger)

    below, above = chart.drawing.marks
    assert [tick.words for tick in chart.sides] == ["0", "40", "80"]
    assert above.y == 0
    assert above.y + above.height == below.y
    assert below.y + below.height == chart.zero
