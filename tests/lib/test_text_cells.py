import csv
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_portal.lib.json.encoder import exact
from cdsc_portal.lib.text.text_cells import decimal_cells, fixed_cells, instant_cells, text
from datahub.usage.readings import decimal_strings

INT64 = st.integers(-(2**63), 2**63 - 1)
READINGS = st.lists(st.tuples(INT64 | st.integers(-20_000, 20_000), st.booleans()), max_size=40)


def cells_text(values, known, scale):
    cells = decimal_cells(
        np.array(values, np.int64), np.array(known, np.bool_), scale, after=b",", unknown=b"null,"
    )
    return text(cells).decode()


@given(READINGS, st.integers(-20, 25))
def test_any_integer_at_any_scale_is_told_exactly(readings, scale):
    values, known = [value for value, _ in readings], [flag for _, flag in readings]

    shown = decimal_strings(np.array(values, np.int64), scale)

    assert cells_text(values, known, scale) == "".join(
        f"{word if flag else 'null'}," for word, flag in zip(shown, known, strict=True)
    )


@pytest.mark.parametrize("scale", [-2, 0, 1, 3, 4, 9])
def test_many_small_values_are_told_as_few_are(scale):
    values = np.arange(10_001) % 10_000
    known = values % 7 != 3

    shown = decimal_strings(values, scale)

    words = [word if flag else "null" for word, flag in zip(shown, known.tolist(), strict=True)]
    assert cells_text(values, known, scale) == ",".join(words) + ","


@given(
    readings=st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 10**10), st.booleans()), min_size=1
    ),
    scale=st.integers(1, 12),
)
def test_trimmed_decimals_end_in_no_zero(readings, scale):
    values, known = (np.array(column) for column in zip(*readings, strict=True))

    cells = decimal_cells(
        values.astype(np.int64), known, scale, before=b'"', after=b'",', unknown=b"null,", trimmed=True
    )

    assert text(cells).decode().split(",")[:-1] == [
        f'"{exact(Decimal(value).scaleb(-scale))}"' if is_known else "null" for value, is_known in readings
    ]


@given(st.lists(st.integers(-62_135_596_800, 253_402_300_799), max_size=20))
def test_instants_are_told_as_python_tells_them(seconds):
    cells = instant_cells(np.array(seconds, np.int64))

    expected = [datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat() for second in seconds]
    assert text(cells).decode() == "".join(f"{moment}Z" for moment in expected)


def test_columns_side_by_side_are_lines():
    values, codes = np.array([5, -70, 0]), np.array([1, 0, 1], np.uint8)
    columns = [
        instant_cells(np.array([0, 86_399, 86_400])),
        decimal_cells(values, np.array([True, True, False]), 1, before=b",", after=b",", unknown=b",,"),
        fixed_cells(["actual", "missing"], codes),
        np.full((3, 1), ord("\n"), np.uint8),
    ]

    rows = list(csv.reader(text(np.hstack(columns)).decode().splitlines()))

    assert rows == [
        ["1970-01-01T00:00:00Z", "0.5", "missing"],
        ["1970-01-01T23:59:59Z", "-7.0", "actual"],
        ["1970-01-02T00:00:00Z", "", "missing"],
    ]
