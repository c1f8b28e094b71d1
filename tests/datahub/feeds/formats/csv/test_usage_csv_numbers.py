"""The way of many cells at once against the way of one cell at a time."""

from decimal import Decimal, InvalidOperation

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.feeds.formats.csv.tokenizer import AHEAD, EMPTY, ODD, PLAIN, numbers
from datahub.feeds.formats.registry import formats
from tests.datahub.feeds.formats.files import NEW_YORK
from tests.support.parsed_files import parse_file

LONG, WIDE = formats()["usage_csv_long"], formats()["usage_csv_wide"]
plain = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "-", "+"]),
    st.text("0123456789", max_size=10),
    st.sampled_from(["", ".", ","]),
    st.text("0123456789", max_size=8),
)
rubbish = st.text("0123456789.,-+ eE/:", max_size=20)
written = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=3)


def column(cells):
    text, starts, stops = bytes(AHEAD), [], []
    for cell in cells:
        starts.append(len(text))
        text += cell.encode() + b";"
        stops.append(len(text) - 1)
    return np.frombuffer(text + bytes(AHEAD), np.uint8), np.array(starts), np.array(stops)


def number_of(cell, mark):
    """What a cell of figures, one sign and one mark is; None for any other."""
    other_mark = {".": ",", ",": "."}[mark]
    if other_mark in cell or set(cell) - set("0123456789+-" + mark):
        return None
    try:
        return Decimal(cell.replace(mark, "."))
    except InvalidOperation:
        return None


@given(cells=st.lists(plain | rubbish, min_size=1, max_size=60), mark=st.sampled_from(".,"))
def test_cells_read_together_are_what_each_is_alone(cells, mark):
    read = numbers(*column(cells), mark)

    for cell, digits, exponent, state in zip(cells, *read, strict=True):
        number = number_of(cell, mark)
        if state == PLAIN:
            assert Decimal(int(digits)).scaleb(int(exponent)) == number
        elif state == EMPTY:
            assert cell == ""
        else:
            assert state == ODD
            assert number is None or len(cell.lstrip("+-")) > 16


@pytest.mark.parametrize("mark", [".", ","])
@given(known=st.lists(written | st.none(), min_size=1, max_size=50))
def test_values_of_any_size_come_back_exactly(mark, known):
    cells = ["" if value is None else f"{value:f}".replace(".", mark) for value in known]
    lines = [f"M;2025-01-01T00:00:{place:02d}Z;{cell}" for place, cell in enumerate(cells)]
    content = "\n".join(["meter;start;value", *lines]).encode()

    parsed = parse_file(
        LONG, content, zone=NEW_YORK, settings={"unit": "kWh", "interval_seconds": 1, "decimal_mark": mark}
    )

    (series,) = parsed.rows
    values = [
        Decimal(value).scaleb(-series.scale) if is_known else None
        for value, is_known in zip(series.values.tolist(), series.known.tolist(), strict=True)
    ]
    assert values == [None if value is None else value * 1000 for value in known]


@given(known=st.lists(written | st.none(), min_size=24, max_size=24))
def test_wide_and_long_files_of_the_same_readings_are_the_same(known):
    cells = ["" if value is None else str(value) for value in known]
    header = "meter,date," + ",".join(f"{hour:02d}:00" for hour in range(24))
    wide = f"{header}\nM,2025-06-01,{','.join(cells)}\n"
    lines = [f"M,2025-06-01T{hour:02d}:00,{cell}" for hour, cell in enumerate(cells)]
    long = "\n".join(["meter,start,value", *lines])

    (wide_series,) = parse_file(WIDE, wide.encode(), zone=NEW_YORK, settings={"unit": "kWh"}).rows
    settings = {"unit": "kWh", "interval_seconds": 3600}
    (long_series,) = parse_file(LONG, long.encode(), zone=NEW_YORK, settings=settings).rows

    assert wide_series.starts.tolist() == long_series.starts.tolist()
    assert (wide_series.values * 10**long_series.scale == long_series.values * 10**wide_series.scale).all()
    assert wide_series.known.tolist() == long_series.known.tolist()


@pytest.mark.parametrize(
    ("cell", "total"),
    [
        (".005", "5"),
        ("-.5", "-500"),
        ("12.", "12000"),
        ("+7", "7000"),
        ("1e3", "1000000"),
        (" 2.5 ", "2500"),
        ("-0", "0"),
    ],
)
def test_numbers_as_meters_write_them(cell, total):
    content = f"meter,start,value\nM,2025-01-01T00:00,{cell}\n".encode()

    (series,) = parse_file(
        LONG, content, zone=NEW_YORK, settings={"unit": "kWh", "interval_seconds": 900}
    ).rows

    assert series.total == Decimal(total)
