from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.feeds.formats.registry import detect, formats
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Quality, UsageColumns, UsageGrid
from tests.support.parsed_files import parse_file

WIDE = formats()["usage_csv_wide"]
BERLIN = ZoneInfo("Europe/Berlin")
HOURS = [f"{hour:02d}:00" for hour in range(24)]
BY_COUNT = {
    "shape": "wide",
    "delimiter": ";",
    "columns": {"meter": 1, "start": 2, "unit": {"text": "kWh"}},
    "time_form": "%d.%m.%Y",
    "header": False,
    "slots": {"first": 3, "count": 25, "step": 3600, "clock_change": "by_count"},
}


def wide(*lines, header=("meter", "date", *HOURS), delimiter=","):
    return "\n".join((delimiter.join(header), *lines)).encode()


def day(meter, date, values, delimiter=","):
    return delimiter.join([meter, date, *("" if value is None else str(value) for value in values)])


def read(content, *, zone=BERLIN, mapping=(), **settings):
    settings = settings if mapping else {"unit": "kWh"} | settings
    return parse_file(WIDE, content, zone=zone, settings=settings, mapping=dict(mapping))


def instants(series):
    return [f"{datetime.fromtimestamp(start, UTC):%m-%dT%H:%MZ}" for start in series.starts.tolist()]


def reasons(parsed):
    return [(rejection.line, rejection.reason) for rejection in parsed.rejected]


def test_a_line_is_a_day_of_a_meter_from_local_midnight():
    parsed = read(wide(day("M-1", "2025-06-01", range(24)), day("M-2", "2025-06-01", [None, *range(1, 24)])))

    first, second = parsed.rows
    assert (first.meter_number, first.size, first.total, first.interval_seconds) == ("M-1", 24, 276_000, 3600)
    assert instants(first)[::23] == ["05-31T22:00Z", "06-01T21:00Z"]
    assert second.known.tolist() == [False] + [True] * 23
    assert (parsed.read, parsed.rejected) == (48, [])


@pytest.mark.parametrize("date", ["N025-06-01", "~~~~-~~-~~", "2025-0z-01"])
def test_a_date_that_only_looks_like_one_is_rejected_and_stops_no_other(date):
    parsed = read(wide(day("M-1", "2025-06-01", range(24)), day("M-2", date, range(24))))

    assert [series.meter_number for series in parsed.rows] == ["M-1"]
    assert [line for line, _reason in reasons(parsed)] == [3]


def test_an_ordinary_day_stays_a_grid_of_small_integers():
    content = wide(day("M-1", "2025-06-01", range(24)), day("M-2", "2025-06-01", range(24)))

    (part,) = WIDE.read(BytesIO(content), zone=BERLIN, settings={"unit": "Wh"})

    (grid,) = part.rows
    assert isinstance(grid, UsageGrid)
    assert (grid.values.shape, grid.values.dtype, grid.step) == ((2, 24), np.dtype(np.int32), 3600)
    assert (part.accepted, part.offset) == (48, len(content))


def test_the_skipped_hour_is_no_reading_where_columns_are_named_by_the_clock():
    values = [1, 1, None, *[1] * 21]

    parsed = read(wide(day("M", "2025-03-30", values), day("N", "2025-03-30", [1, 1, 0, *[1] * 21])))

    assert [series.size for series in parsed.rows] == [23, 23]
    assert instants(parsed.rows[0])[:3] == ["03-29T23:00Z", "03-30T00:00Z", "03-30T01:00Z"]


def test_a_value_at_a_time_that_does_not_exist_rejects_the_line():
    parsed = read(wide(day("M", "2025-03-30", [1] * 24), day("M", "2025-03-31", [1] * 24)))

    assert reasons(parsed) == [(2, "02:00 says something, but that day has no such time")]
    assert parsed.rows[0].size == 24


def test_a_column_for_each_hour_of_the_clock_leaves_the_second_pass_out():
    (series,) = read(wide(day("M", "2025-10-26", range(24)))).rows

    assert series.size == 24
    assert instants(series)[1:4] == ["10-25T23:00Z", "10-26T00:00Z", "10-26T02:00Z"]


def test_a_column_named_twice_is_the_second_pass_and_must_be_empty_on_other_days():
    mapping = {
        "shape": "wide",
        "columns": {"meter": "meter", "start": "date", "unit": {"text": "Wh"}},
        "slots": {"pattern": r"^(\d\d:00)", "step": 3600},
    }
    header = ("meter", "date", *HOURS[:3], "02:00 again", *HOURS[3:])
    lines = [
        day("M", "2025-10-26", range(25)),
        day("M", "2025-10-27", [*range(3), None, *range(21)]),
        day("M", "2025-10-28", range(25)),
    ]

    parsed = read(wide(*lines, header=header), mapping=mapping)

    (series,) = parsed.rows
    assert instants(series)[:5] == [
        "10-25T22:00Z",
        "10-25T23:00Z",
        "10-26T00:00Z",
        "10-26T01:00Z",
        "10-26T02:00Z",
    ]
    assert series.size == 49
    assert reasons(parsed) == [(4, "02:00 again says something, but that day has no such time")]


@pytest.mark.parametrize(("date", "hours"), [("30.03.2025", 23), ("31.03.2025", 24), ("26.10.2025", 25)])
def test_columns_that_are_counted_fill_the_day_however_long_it_is(date, hours):
    content = day("M", date, [*range(hours), *[None] * (25 - hours)], ";").encode()

    (series,) = read(content, mapping=BY_COUNT).rows

    assert series.size == hours
    assert set(np.diff(series.starts).tolist()) == {3600}
    assert series.total == sum(range(hours)) * 1000


def test_days_of_all_lengths_go_by_in_one_file():
    dates = ["29.03.2025", "30.03.2025", "31.03.2025", "26.10.2025"]
    lines = [day(meter, date, [1] * 23, ";") + ";;" for meter in ("M", "N") for date in dates]

    parts = list(WIDE.read(BytesIO("\n".join(lines).encode()), zone=BERLIN, mapping=BY_COUNT))

    assert sorted(grid.known.shape for part in parts for grid in part.rows) == [(2, 23), (2, 25), (4, 24)]


def test_a_second_line_for_a_day_is_rejected_and_says_which_came_first():
    lines = [day("M", "2025-06-01", [1] * 24), day("N", "2025-06-01", [2] * 24)]

    parsed = read(wide(*lines, day("M", "2025-06-01", ["1.0"] * 24), day("N", "2025-06-01", [3] * 24)))

    assert reasons(parsed) == [(4, "repeats line 2"), (5, "gives another value for the start of line 3")]


def test_a_day_that_begins_before_another_has_ended_is_rejected():
    mapping = BY_COUNT | {"time_form": "%d.%m.%Y %H:%M"}
    times = ["01.06.2025 00:00", "01.06.2025 12:00", "02.06.2025 00:00"]
    lines = [day("M", time, [1] * 12 + [None] * 13, ";") for time in times]

    parsed = read("\n".join(lines).encode(), mapping=mapping)

    assert reasons(parsed) == [(2, "begins before line 1 has ended")]
    assert parsed.rows[0].size == 48


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (day("M", "2025-06-01", [1, "x", *[1] * 22]), "01:00: 'x' is not a number"),
        (day("M", "2025-13-01", [1] * 24), "'2025-13-01' is not a date that exists"),
        (day("", "2025-06-01", [1] * 24), "meter is missing"),
        (day("M", "2025-06-01", [1] * 23), "25 cells where the header has 26"),
        (day("M", "2025-06-01", [1] * 25), "27 cells where the header has 26"),
    ],
)
def test_a_line_is_taken_or_rejected_as_a_whole_with_its_text(line, reason):
    parsed = read(wide(day("N", "2025-06-01", [1] * 24), line))

    assert reasons(parsed) == [(3, reason)]
    assert parsed.rejected[0].text == line
    assert parsed.rows[0].size == 24


def test_a_day_may_begin_at_six_and_be_written_by_the_ends_of_its_hours():
    mapping = {
        "shape": "wide",
        "columns": {
            "meter": "meter",
            "start": "date",
            "unit": {"text": "m3"},
            "commodity": {"text": "natural_gas"},
        },
        "time_of": "end",
        "slots": {"pattern": r"^(\d\d:00)$", "start": "06:00", "step": 3600},
    }
    header = ("meter", "date", *(f"{hour % 24:02d}:00" for hour in range(7, 31)))

    (series,) = read(wide(day("M", "2025-06-01", range(24)), header=header), mapping=mapping).rows

    assert instants(series)[::23] == ["06-01T04:00Z", "06-02T03:00Z"]
    assert (series.commodity, series.unit) == ("natural_gas", "m3")


def test_negative_readings_can_be_told_to_be_export():
    mapping = {
        "shape": "wide",
        "columns": {"meter": "meter", "start": "date", "unit": {"text": "Wh"}},
        "sign": "negative_is_export",
        "slots": {"first": "00:00", "count": 24, "step": 3600},
    }

    parsed = read(wide(day("M", "2025-06-01", [*[2] * 20, *[-3] * 4])), mapping=mapping)

    assert {series.direction: (series.size, series.total) for series in parsed.rows} == {
        "import": (20, Decimal(40)),
        "export": (4, Decimal(12)),
    }


def test_quality_and_channel_columns_hold_for_the_whole_line():
    header = ("meter", "date", "register", "direction", "quality", *HOURS)
    lines = [
        ",".join(["M", "2025-06-01", "1.8.0", "import", "estimated", *["1"] * 24]),
        ",".join(["M", "2025-06-01", "2.8.0", "export", "withdrawn", *["1"] * 24]),
    ]

    taken, given_back = read(wide(*lines, header=header)).rows

    assert (taken.register, taken.direction, set(taken.quality.tolist())) == (
        "1.8.0",
        "import",
        {Quality.ESTIMATED},
    )
    assert (given_back.direction, given_back.known.any()) == ("export", False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"meter,date,00:00,colour\nM,2025-06-01,1,2\n", "unknown column 'colour'"),
        (b"meter,date\nM,2025-06-01\n", "no columns of intervals"),
        (b"date,00:00,01:00\n", "missing column meter"),
        (wide(day("M", "2025-06-01", [1] * 24)).replace(b"M,", b"\xff,"), "byte 0xff at position"),
    ],
)
def test_a_broken_head_refuses_the_file(content, message):
    with pytest.raises(FeedStructureError, match=message):
        read(content)


def test_the_plain_layout_is_known_by_its_header():
    assert detect(wide(day("M", "2025-06-01", [1] * 24)), "upload").name == "usage_csv_wide"


@given(
    zone=st.sampled_from(
        [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
    ),
    first=st.sampled_from(
        ["2025-03-08", "2025-03-29", "2025-04-05", "2025-10-04", "2025-10-25", "2025-11-01"]
    ),
    step=st.sampled_from([900, 1800]),
)
def test_counted_slots_of_days_in_a_row_meet_without_gap_or_overlap(zone, first, step):
    slots = 25 * 3600 // step
    mapping = BY_COUNT | {"slots": BY_COUNT["slots"] | {"count": slots, "step": step}, "time_form": "iso"}
    dates = [datetime.fromisoformat(first) + timedelta(days=number) for number in range(3)]
    lengths = [
        int(
            (date + timedelta(days=1)).replace(tzinfo=zone).timestamp()
            - date.replace(tzinfo=zone).timestamp()
        )
        for date in dates
    ]
    lines = [
        day("M", f"{date:%Y-%m-%d}", [*[1] * (length // step), *[None] * (slots - length // step)], ";")
        for date, length in zip(dates, lengths, strict=True)
    ]

    parsed = read("\n".join(lines).encode(), zone=zone, mapping=mapping)

    (series,) = parsed.rows
    assert not parsed.rejected
    assert series.starts.tolist() == list(
        range(int(dates[0].replace(tzinfo=zone).timestamp()), int(series.starts[-1]) + 1, step)
    )
    assert series.size == sum(lengths) // step == series.total / 1000


def test_a_day_that_stands_in_two_runs_is_laid_out_flat():
    (part,) = WIDE.read(
        BytesIO(wide(day("M", "2025-10-26", range(24)))), zone=BERLIN, settings={"unit": "Wh"}
    )

    assert isinstance(part.rows[0], UsageColumns)
