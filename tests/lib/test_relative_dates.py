"""Dates as requests write them, in the utility's calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_portal.lib.time.relative_dates import (
    UnreadableDate,
    end_of_day,
    local_midnight,
    resolve,
)

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("-3y", utc(2023, 11, 24, 16)),
        ("+18mo", utc(2028, 5, 24, 15)),  # summer time: the same wall clock
        ("-2w", utc(2026, 11, 10, 16)),
        ("+30d", utc(2026, 12, 24, 16)),
        ("-12h", utc(2026, 11, 24, 4)),
        ("-0d", NOW),
        ("2026-03-01T06:30:00Z", utc(2026, 3, 1, 6, 30)),
        ("2026-03-01T06:30+02:00", utc(2026, 3, 1, 4, 30)),
        ("2026-03-01T06:30:15.25-08:00", datetime(2026, 3, 1, 14, 30, 15, 250000, tzinfo=UTC)),
    ],
)
def test_an_instant_is_the_same_as_start_and_as_end(text, moment):
    assert resolve(text, now=NOW, zone=PACIFIC) == moment
    assert resolve(text, now=NOW, zone=PACIFIC, is_end=True) == moment


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2026-03-01", utc(2026, 3, 1, 8), utc(2026, 3, 2, 8)),
        ("2026-03-08", utc(2026, 3, 8, 8), utc(2026, 3, 9, 7)),  # 23 hours
        ("2026-11-01", utc(2026, 11, 1, 7), utc(2026, 11, 2, 8)),  # 25 hours
        ("2028-02-29", utc(2028, 2, 29, 8), utc(2028, 3, 1, 8)),
    ],
)
def test_a_date_is_the_whole_local_day(day, start, end):
    assert resolve(day, now=NOW, zone=PACIFIC) == start
    assert resolve(day, now=NOW, zone=PACIFIC, is_end=True) == end


@pytest.mark.parametrize(
    ("now", "text", "moment"),
    [
        (utc(2028, 2, 29, 20), "-1y", utc(2027, 2, 28, 20)),
        (utc(2026, 3, 31, 19), "-1mo", utc(2026, 2, 28, 20)),
        (utc(2026, 1, 31, 20), "+1mo", utc(2026, 2, 28, 20)),
        (utc(2026, 3, 7, 10, 30), "+1d", utc(2026, 3, 8, 10, 30)),  # 2:30 is skipped: 3:30
        (utc(2026, 10, 31, 8, 30), "+1d", utc(2026, 11, 1, 8, 30)),  # 1:30 comes twice: the first
        (utc(2026, 11, 1, 9, 30), "+0d", utc(2026, 11, 1, 9, 30)),
        (utc(2026, 11, 1, 8, 30), "+1h", utc(2026, 11, 1, 9, 30)),  # an hour is elapsed time
    ],
)
def test_calendar_arithmetic_clamps_to_months_and_survives_clock_changes(now, text, moment):
    assert resolve(text, now=now, zone=PACIFIC) == moment


def test_a_day_without_midnight_begins_when_the_clocks_have_jumped():
    sao_paulo = ZoneInfo("America/Sao_Paulo")

    assert local_midnight(date(2018, 11, 4), sao_paulo) == utc(2018, 11, 4, 3)
    assert end_of_day(date(2018, 11, 3), sao_paulo) == utc(2018, 11, 4, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3y",
        "+3m",
        "+1.5y",
        "+3 y",
        "-3Y",
        "++3y",
        "+999999y",
        "+99999y",
        "-9999y",
        "today",
        "2026-02-29",
        "2026-13-01",
        "2026-3-1",
        "20260301",
        "0001-01-01",
        "9999-12-31",
        "2026-03-01T06:30:00",
        "2026-03-01 06:30:00Z",
        "2026-03-01T24:30:00Z",
        "0001-01-01T00:00:00+10:00",
        "now ",
        "+٣y",
    ],
)
def test_anything_else_is_unreadable(text):
    with pytest.raises(UnreadableDate):
        resolve(text, now=NOW, zone=PACIFIC)


def test_a_plus_sign_lost_on_the_way_is_named():
    with pytest.raises(UnreadableDate, match="%2B"):
        resolve(" 3y", now=NOW, zone=PACIFIC, is_end=True)


@given(
    now=st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(
        lambda moment: moment.replace(tzinfo=UTC)
    ),
    days=st.integers(-4000, 4000),
)
def test_moving_by_days_keeps_the_wall_clock_but_for_skipped_hours(now, days):
    moved = resolve(f"{days:+d}d", now=now, zone=PACIFIC)

    wall, moved_wall = now.astimezone(PACIFIC), moved.astimezone(PACIFIC)
    expected = wall.replace(tzinfo=None, fold=0) + timedelta(days=days)
    assert moved_wall.replace(tzinfo=None, fold=0) - expected in (timedelta(0), timedelta(hours=1))


@pytest.mark.parametrize(
    ("now", "text", "day"),
    [
        (utc(2026, 11, 25, 7, 59), "-30d", "2026-10-25"),  # the local day is still the 24th
        (utc(2026, 11, 25, 8), "-30d", "2026-10-26"),
        (utc(2026, 11, 25, 20), "-30d", "2026-10-26"),
        (NOW, "-2w", "2026-11-10"),
        (NOW, "-3mo", "2026-08-24"),
        (NOW, "+18mo", "2028-05-24"),
        (utc(2028, 2, 29, 20), "-1y", "2027-02-28"),
        (NOW, "-0d", "2026-11-24"),
    ],
)
def test_an_offset_of_days_or_longer_is_the_same_local_day_all_day_long(now, text, day):
    midnight = resolve(day, now=now, zone=PACIFIC)
    assert resolve(text, now=now, zone=PACIFIC, by_day=True) == midnight


@pytest.mark.parametrize("text", ["now", "-12h", "2026-03-01", "2026-03-01T06:30:00Z"])
def test_what_is_no_offset_of_days_stays_as_it_is(text):
    assert resolve(text, now=NOW, zone=PACIFIC, by_day=True) == resolve(text, now=NOW, zone=PACIFIC)


@pytest.mark.parametrize("text", ["-9999y", "+99999y", "+9000y"])
def test_an_offset_beyond_the_calendar_is_unreadable_as_a_day(text):
    with pytest.raises(UnreadableDate):
        resolve(text, now=NOW, zone=PACIFIC, by_day=True)
