"""Times of many cells at once against each cell alone."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.feeds.formats.csv.faults import Faults
from datahub.feeds.formats.csv.times import TimeForm, walls_of
from datahub.feeds.formats.csv.tokenizer import MARGIN, tokenize

FORMS = ("iso", "%d/%m/%Y %H:%M", "%Y%m%d%H%M", "%m/%d/%y %H:%M:%S", "%H:%M %d.%m.%Y", "%Y-%m-%d %H:%M%z")
moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2068, 1, 1))
broken = st.text("0123456789-/:.TZ +", max_size=20)


def cells_of(texts):
    lines = "".join(f"{text},x\n" for text in texts).encode()
    return tokenize(MARGIN + lines + MARGIN, ",", 2, 1).cells


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_a_column_of_times_is_what_each_cell_is(form, data):
    pattern = "%Y-%m-%dT%H:%M:%S" if form == "iso" else form.replace("%z", "+0230")
    good = st.builds(lambda moment, end: moment.strftime(pattern) + end, moments, st.sampled_from(
        ["", "Z", "+01:00", "-11:30", "+99:99"] if form == "iso" else [""]
    ))  # fmt: skip
    texts = data.draw(st.lists(good | broken, min_size=1, max_size=30))
    faults = Faults()

    walls = walls_of(cells_of(texts), 0, TimeForm(form), faults)

    for row, text in enumerate(texts):
        try:
            written = TimeForm(form).read(text.strip())
        except ValueError as error:
            assert faults[row] == str(error)
        else:
            assert row not in faults
            assert (walls.wall[row], walls.offset[row]) == written


@given(
    period=st.integers(1, 7),
    rows=st.integers(1, 60),
    strange=st.dictionaries(st.integers(0, 59), st.none() | broken),
)
def test_times_that_come_again_for_each_meter_are_read_as_if_each_came_once(period, rows, strange):
    texts = [f"2026-03-{1 + row % period:02d}T0{row % period}:15Z" for row in range(rows)]
    for row, text in strange.items():  # another time in its place, or a line that is missing
        if row < len(texts):
            texts[row : row + 1] = [] if text is None else [text]
    texts = texts or ["2026-03-01T00:15Z"]
    faults, expected = Faults(), {}

    walls = walls_of(cells_of(texts), 0, TimeForm("iso"), faults)

    for row, text in enumerate(texts):
        alone = walls_of(cells_of([text]), 0, TimeForm("iso"), (fault := Faults()))
        if fault:
            expected[row] = fault[0]
        else:
            assert (walls.wall[row], walls.offset[row]) == (alone.wall[0], alone.offset[0])
    assert faults == expected


def test_a_day_that_does_not_exist_is_none_wherever_it_stands():
    texts = [
        "2025-02-28T00:00",
        "2025-02-29T00:00",
        "2024-02-29T00:00",
        "2100-02-29T00:00",
        "2025-00-10T00:00",
    ]
    faults = Faults()

    walls_of(cells_of(texts), 0, TimeForm("iso"), faults)

    assert sorted(faults) == [1, 3, 4]


def test_midnight_may_be_the_end_of_the_day_before():
    walls = walls_of(cells_of(["2025-02-28T24:00", "2025-03-01T00:00"]), 0, TimeForm("iso"), Faults())

    assert walls.wall[0] == walls.wall[1]
