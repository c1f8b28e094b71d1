import io
from datetime import UTC, datetime

import pytest

from datahub.feeds.formats.nem.nem13 import read, sniff
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Quality
from tests.datahub.feeds.formats.files import NEW_YORK
from tests.support.parsed_files import series_of

FIRST = (
    "250,NMI0000002,11,1,11,11,SER002,E,001000.5,20260105090000,A,,,001250.0,20260404101530,E,,,249.5,kWh,"
    "20260704, 20260405000000,20260405010000"
)
SECOND = (
    "250,NMI0000002,11,1,11,11,SER002,E,001250.0,20260404101530,E,,,001300.0,20260704093000,A,,,50,kWh,,,"
)


def content(*records, end="900"):
    return "\n".join(["100,NEM13,202604051030,METERCO,SHOP", *records, "550,N,,A,", end]).encode()


def parts_of(content, **settings):
    return list(read(io.BytesIO(content), zone=NEW_YORK, settings=settings))


def series_in(content, registers="yes", **settings):
    parts = parts_of(content, registers=registers, **settings)
    assert [rejection for part in parts for rejection in part.rejected] == []
    return series_of(columns for part in parts for columns in part.rows)


def test_the_quantity_lasts_from_one_read_to_the_next():
    interval, _ = series_in(content(FIRST, SECOND))

    assert (interval.meter_number, interval.register, interval.unit) == ("NMI0000002", "11", "Wh")
    assert (interval.kind, interval.direction, interval.total) == ("interval", "import", 299500)
    assert datetime.fromtimestamp(interval.starts[0], UTC) == datetime(2026, 1, 4, 23, tzinfo=UTC)
    ends = interval.starts + interval.durations
    assert datetime.fromtimestamp(ends[0], UTC) == datetime(2026, 4, 4, 0, 15, 30, tzinfo=UTC)
    assert interval.starts[1] == ends[0]
    assert list(interval.quality) == [Quality.ESTIMATED, Quality.ACTUAL]


def test_reads_are_a_register_of_their_own_and_one_that_ends_and_begins_is_one_reading():
    _, register = series_in(content(FIRST, SECOND))

    assert register.kind == "register"
    assert (register.values / 10**register.scale).tolist() == [1000500, 1250000, 1300000]
    assert register.durations.tolist() == [0, 0, 0]


def test_the_reads_are_kept_where_a_setting_says_so():
    (parts,) = parts_of(content(FIRST))

    assert [channel.kind for channel in series_of(parts.rows)] == ["interval"]
    assert len(series_in(content(FIRST), registers="yes")) == 2


def test_what_a_customer_feeds_in_is_export_and_null_is_unknown():
    interval, _ = series_in(content(FIRST.replace(",E,0010", ",I,0010").replace(",E,,,249.5", ",N,,,0")))

    assert interval.direction == "export"
    assert interval.known.tolist() == [False]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("249.5", "", "quantity is empty"),
        ("249.5", "some", "'some' is not a number"),
        ("001250.0", "", "current register read is empty"),
        ("20260404101530", "20260105090000", "the current read is not after the previous one"),
        ("20260404101530", "20260404", "'20260404' is not a date like"),
        (",E,,,249.5", ",V,,,249.5", "quality V says nothing here"),
        (",kWh", ",", "the unit is neither said nor implied"),
        (",kWh,20260704, 20260405000000,20260405010000", "", "19 cells where a 250 record has at least 20"),
    ],
)
def test_a_bad_record_is_rejected_alone(old, new, reason):
    assert old in FIRST
    parts = parts_of(content(FIRST.replace(old, new), SECOND), registers="yes")

    ((line, text),) = [(row.line, row.reason) for part in parts for row in part.rejected]
    assert line == 2
    assert reason in text
    assert sum(part.accepted for part in parts) == 3


def test_an_estimated_read_gives_way_to_what_the_next_period_begins_with():
    firm = SECOND.replace("001250.0,20260404101530,E", "001260.0,20260404101530,A")
    _, register = series_in(content(FIRST, firm))
    _, other_way = series_in(content(firm, FIRST))

    for channel in (register, other_way):
        assert (channel.values / 10**channel.scale).tolist() == [1000500, 1260000, 1300000]


def test_two_actual_reads_of_one_moment_that_differ_are_rejected_the_second_time():
    first, second = (record.replace("20260404101530,E,", "20260404101530,A,") for record in (FIRST, SECOND))

    parts = parts_of(content(first, second.replace("001250.0", "001260.0")), registers="yes")

    assert [(row.line, row.reason) for part in parts for row in part.rejected] == [
        (3, "gives another value for the start of line 2")
    ]


@pytest.mark.parametrize("broken", [content(FIRST, end=""), content(FIRST)[40:], content("300,1", FIRST)])
def test_a_file_without_its_frame_is_refused(broken):
    with pytest.raises(FeedStructureError):
        next(read(io.BytesIO(broken), zone=NEW_YORK))


def test_another_reader_finds_the_same_quantities(tmp_path):
    from nemreader import NEMFile  # brings pandas, which takes longer than all tests of this file

    (tmp_path / "reads.csv").write_bytes(content(FIRST))

    (theirs,) = NEMFile(str(tmp_path / "reads.csv"), strict=True).nem_data().readings["NMI0000002"]["11"]
    interval, _ = series_in(content(FIRST))

    assert theirs.read_value * 1000 == float(interval.total)
    assert (theirs.t_end - theirs.t_start).total_seconds() == interval.durations[0]


def test_the_format_is_known_by_its_header():
    assert sniff(content())
    assert not sniff(b"100,NEM12,1,2,3\n")


def test_seconds_of_a_read_may_be_left_out():
    (interval,) = series_in(content(FIRST.replace("20260105090000", "202601050900")), registers="no")

    assert datetime.fromtimestamp(interval.starts[0], UTC) == datetime(2026, 1, 4, 23, tzinfo=UTC)
