from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Quality
from tests.datahub.feeds.formats.files import NEW_YORK, content_of
from tests.support.parsed_files import parse_file

parse = partial(parse_file, "usage_csv_long")


def read(*lines, header="meter,start,value", zone=NEW_YORK, **settings):
    settings = {"unit": "Wh", "interval_seconds": "3600"} | settings
    return parse("\n".join((header, *lines)).encode(), zone=zone, settings=settings)


def instants(series):
    return [f"{datetime.fromtimestamp(start, UTC):%m-%dT%H:%MZ}" for start in series.starts.tolist()]


def reasons(parsed):
    return [(rejection.line, rejection.reason) for rejection in parsed.rejected]


def test_the_hand_made_file_gives_its_channels_and_exact_sums():
    parsed = parse(content_of("hand_made_usage.csv"), zone=NEW_YORK)

    assert [(s.meter_number, s.register, s.unit, s.direction, s.size, s.total) for s in parsed.rows] == [
        ("M-100", "1.8.0", "Wh", "import", 5, Decimal("1875")),
        ("M-100", "2.8.0", "Wh", "export", 2, Decimal("4000.5")),
        ("M-200", "", "Wh", "net", 2, Decimal("1500")),
    ]
    assert reasons(parsed) == [(11, "commodity '' is none of electricity, natural_gas, water")]
    assert (parsed.accepted, parsed.read) == (9, 10)


def test_an_empty_value_is_unknown_and_never_zero():
    (series,) = read("M,2025-01-01T00:00,", "M,2025-01-01T01:00,0").rows

    assert series.known.tolist() == [False, True]
    assert series.total == 0


def test_a_value_taken_back_is_unknown_whatever_the_line_says():
    header = "meter,start,value,quality"

    (series,) = read("M,2025-01-01T00:00,7,withdrawn", header=header).rows

    assert (series.known.tolist(), series.quality.tolist()) == ([False], [Quality.WITHDRAWN])


def test_the_hour_that_comes_twice_is_told_apart_by_the_order_of_the_lines():
    times = ["01:00", "01:30", "01:00", "01:30", "02:00"]

    (series,) = read(*(f"M,2025-11-02T{time},1" for time in times), interval_seconds="1800").rows

    assert [instant[6:] for instant in instants(series)] == ["05:00Z", "05:30Z", "06:00Z", "06:30Z", "07:00Z"]


def test_newest_first_files_tell_the_repeated_hour_apart_as_well():
    times = ["02:00", "01:30", "01:00", "01:30", "01:00", "00:30"]
    lines = [f"M,2025-11-02T{time},{value}" for value, time in enumerate(times)]

    (series,) = read(*lines, interval_seconds="1800").rows

    assert series.values.tolist() == [5, 4, 3, 2, 1, 0]
    assert instants(series)[1:3] == ["11-02T05:00Z", "11-02T05:30Z"]


def test_a_reading_missing_from_the_first_pass_does_not_move_the_second():
    times = ["01:00", "01:30", "01:45", "01:00", "01:15"]

    (series,) = read(*(f"M,2025-11-02T{time},1" for time in times), interval_seconds="900").rows

    assert instants(series)[-1] == "11-02T06:15Z"


def test_offsets_are_taken_at_their_word():
    (series,) = read("M,2025-11-02T01:00-04:00,1", "M,2025-11-02T01:00-05:00,2", "M,2025-11-02T07:00Z,3").rows

    assert instants(series) == ["11-02T05:00Z", "11-02T06:00Z", "11-02T07:00Z"]


def test_a_time_that_the_spring_change_skips_is_rejected_by_name():
    parsed = read("M,2025-03-09T01:00,1", "M,2025-03-09T02:00,1", "M,2025-03-09T03:00,1")

    assert reasons(parsed) == [
        (3, "2025-03-09 02:00 does not exist in America/New_York: clocks went forward")
    ]
    assert instants(parsed.rows[0]) == ["03-09T06:00Z", "03-09T07:00Z"]


@pytest.mark.parametrize(("day", "hours"), [("2025-03-09", 23), ("2025-11-02", 25), ("2025-06-01", 24)])
def test_a_local_day_lasts_from_midnight_to_midnight(day, hours):
    header = "meter,start,end,value"
    after = f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"

    (series,) = read(f"M,{day},{after},5", header=header).rows

    assert series.durations.tolist() == [hours * 3600]


def test_an_end_in_the_repeated_hour_is_the_first_after_the_start():
    lines = ["M,2025-11-02T00:00,2025-11-02T01:00,1", "M,2025-11-02T01:00,2025-11-02T01:00,2"]

    (series,) = read(*lines, header="meter,start,end,value").rows

    assert (series.durations.tolist(), series.interval_seconds) == ([3600, 3600], 3600)


def test_a_second_line_for_one_start_is_rejected_and_says_which_came_first():
    lines = ["M,2025-01-01T00:00,5", "M,2025-01-01T01:00,6", "M,2025-01-01T00:00,5.0", "M,2025-01-01T01:00,7"]

    parsed = read(*lines)

    assert reasons(parsed) == [(4, "repeats line 2"), (5, "gives another value for the start of line 3")]
    assert parsed.rows[0].values.tolist() == [5, 6]
    assert parsed.read == 4


def test_registers_directions_and_kinds_are_channels_of_their_own():
    header = "meter,register,start,value,direction,kind"
    lines = [
        "M,1,2025-01-01T00:00,1,import,",
        "M,2,2025-01-01T00:00,1,import,",
        "M,1,2025-01-01T00:00,1,export,",
        "M,1,2025-01-01T00:00,1,import,register",
    ]

    parsed = read(*lines, header=header)

    assert len(parsed.rows) == 4
    assert parsed.rows[-1].durations.tolist() == [0]


@pytest.mark.parametrize("column", ["register", "unit", "direction", "kind", "quality", "interval_seconds"])
def test_a_column_that_says_nothing_in_any_line_is_as_if_it_were_not_there(column):
    parsed = read("M,2025-01-01T00:00,5,", "M,2025-01-01T01:00,6,", header=f"meter,start,value,{column}")

    (series,) = parsed.rows
    assert (series.register, series.size, series.total) == ("", 2, Decimal(11))
    assert not parsed.rejected


def test_values_keep_every_digit_negative_and_eight_bytes_wide():
    lines = [
        "M,2025-01-01T00:00,-0.000000001",
        "M,2025-01-01T01:00,9223372036.854775807",
        "M,2025-01-01T02:00,9223372036.854775808",
    ]

    parsed = read(*lines)

    assert (parsed.rows[0].scale, parsed.rows[0].values.tolist()) == (9, [-1, 2**63 - 1])
    assert reasons(parsed) == [(4, "9223372036.854775808 has more digits than can be kept exactly")]


def test_a_value_too_wide_for_the_decimals_of_its_channel_is_rejected():
    parsed = read("M,2025-01-01T00:00,0.000000001", "M,2025-01-01T01:00,99223372036")

    assert reasons(parsed) == [(3, "value has more digits than can be kept exactly")]


@pytest.mark.parametrize(
    ("unit", "kept", "total"),
    [
        ("kWh", "Wh", "1234.5"),
        ("MWH", "Wh", "1234500"),
        ("kvarh", "varh", "1234.5"),
        ("therm", "therm", "1.2345"),
    ],
)
def test_units_become_the_few_we_keep_without_loss(unit, kept, total):
    (series,) = read("M,2025-01-01T00:00,1.2345", unit=unit).rows

    assert (series.unit, series.total) == (kept, Decimal(total))


def test_a_decimal_comma_is_a_setting():
    (series,) = read('M;2025-01-01T00:00;"1,5"', header="meter;start;value", decimal_mark=",").rows

    assert series.total == Decimal("1.5")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("M,2025-01-01T00:00,12a", "'12a' is not a number"),
        ("M,01/02/2025,1", "'01/02/2025' is not a time like 2026-03-01T13:30 or 2026-03-01T13:30-05:00"),
        ("M,2025-01-01T00:00,1,9", "4 cells where the header has 3"),
        ("M,2025-01-01T00:00", "2 cells where the header has 3"),
        (",2025-01-01T00:00,1", "meter is missing"),
        ("M,2025-01-01T00:00,Infinity", "'Infinity' is not a number"),
    ],
)
def test_a_line_that_cannot_be_taken_is_rejected_with_its_text(cell, reason):
    parsed = read("M,2025-01-01T05:00,1", cell)

    assert reasons(parsed) == [(3, reason)]
    assert parsed.rejected[0].text == cell
    assert parsed.rows[0].size == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"meter,start\nM,2025-01-01", "missing column value"),
        (b"meter,start,value,colour\n", "unknown column 'colour'"),
        (b"meter,start,value\nM,2025-01-01T00:00,\xff", "byte 0xff at position 37, line 2"),
        (b'meter,start,value\nM,"2025-01-01T00:00,1', "line 2: unexpected end of data"),
        (b"meter,start,value,unit\nM,2025-01-01T00:00,1,furlong", "line 2: unit 'furlong' is not known"),
    ],
)
def test_a_broken_file_is_refused_whole_and_says_where(content, message):
    with pytest.raises(FeedStructureError, match=message):
        parse(content, zone=NEW_YORK, settings={"interval_seconds": "3600", "unit": "Wh"})


def test_a_file_that_says_no_length_is_refused_rather_than_guessed():
    with pytest.raises(FeedStructureError, match="how long a reading lasts"):
        parse(b"meter,start,value\nM,2025-01-01T00:00,1", zone=NEW_YORK, settings={"unit": "Wh"})


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    plain = b"meter,start,value\nM,2025-01-01T00:00,1\n"
    settings = {"unit": "Wh", "interval_seconds": "3600"}

    parsed = parse(b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"), zone=NEW_YORK, settings=settings)

    assert parsed.rows[0].total == 1


zones = st.sampled_from(
    [ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe")]
)
values = st.one_of(st.none(), st.decimals(min_value=-(10**9), max_value=10**9, places=4))


@given(
    zone=zones,
    month=st.sampled_from([3, 4, 10, 11, 6]),
    step=st.sampled_from([900, 1800, 3600]),
    known=st.lists(values, min_size=1, max_size=40),
    newest_first=st.booleans(),
)
def test_local_times_of_a_whole_month_come_back_as_the_instants_they_were(
    zone, month, step, known, newest_first
):
    if zone.key == "Australia/Lord_Howe":
        step = min(step, 1800)  # its clocks change by half an hour
    first = int(datetime(2025, month, 1, tzinfo=zone).timestamp())
    starts = [first + step * index for index in range(31 * 86400 // step)]
    wanted = [known[index % len(known)] for index in range(len(starts))]
    lines = [
        f"M,{datetime.fromtimestamp(start, zone):%Y-%m-%dT%H:%M},{'' if value is None else value}"
        for start, value in zip(starts, wanted, strict=True)
    ]

    parsed = read(*(reversed(lines) if newest_first else lines), zone=zone, interval_seconds=str(step))

    (series,) = parsed.rows
    assert not parsed.rejected
    assert series.starts.tolist() == starts
    assert [
        Decimal(value).scaleb(-series.scale) if is_known else None
        for value, is_known in zip(series.values.tolist(), series.known.tolist(), strict=True)
    ] == wanted
