"""Readings that a file numbers from 1 on through their local day: 23, 24 or 25 hours of it."""

import json

import numpy as np
import pytest
from django.core.management import call_command

from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.csv.mapped import instants, read, reasons

SPRING, SUMMER, AUTUMN = "2025-03-30", "2025-06-01", "2025-10-26"  # in Brussels
HOURLY = {"columns": {"slot": "Hour"}, "interval_seconds": 3600}


def hours(day, numbers):
    return [f"M;{day};{number};{number * 10}" for number in numbers]


def counted(*lines, **members):
    return read("Meter;From;Hour;Amount", *lines, **HOURLY | members)


@pytest.mark.parametrize(
    ("day", "count", "first", "last"),
    [
        (SPRING, 23, "03-29T23:00Z", "03-30T21:00Z"),
        (SUMMER, 24, "05-31T22:00Z", "06-01T21:00Z"),
        (AUTUMN, 25, "10-25T22:00Z", "10-26T22:00Z"),
    ],
)
def test_they_fill_the_day_however_long_clocks_make_it(day, count, first, last):
    (series,) = counted(*hours(day, range(1, count + 1))).rows

    assert (instants(series)[0], instants(series)[-1], series.size) == (first, last, count)
    assert set(np.diff(series.starts).tolist()) == {3600}
    assert series.total == 10 * sum(range(1, count + 1))


@pytest.mark.parametrize(("day", "count"), [(SPRING, 23), (SUMMER, 24), (AUTUMN, 25)])
def test_a_number_that_the_day_does_not_have_is_rejected_alone(day, count):
    parsed = counted(*hours(day, [0, 1, count, count + 1]))

    assert parsed.rows[0].size == 2
    assert reasons(parsed) == [
        (2, f"slot 0 is none: that day has {count} of them"),
        (5, f"slot {count + 1} is none: that day has {count} of them"),
    ]


def test_the_order_of_the_lines_says_nothing_of_a_repeated_hour():
    numbers = [4, 25, 3, 1, 2]

    (series,) = counted(*hours(AUTUMN, numbers)).rows

    assert instants(series) == [
        "10-25T22:00Z", "10-25T23:00Z", "10-26T00:00Z", "10-26T01:00Z", "10-26T22:00Z",
    ]  # fmt: skip


def test_quarters_are_counted_alike():
    lines = [f"M;{AUTUMN};{number};1" for number in range(1, 101)]

    (series,) = counted(*lines, interval_seconds=900).rows

    assert (series.size, set(np.diff(series.starts).tolist())) == (100, {900})


def test_a_number_may_be_a_part_of_its_cell_and_the_date_have_its_own_form():
    columns = {"slot": {"column": "Hour", "pattern": r"HE(\d+)"}}

    (series,) = counted("M;30.03.2025;HE03;5", columns=columns, time_form="%d.%m.%Y").rows

    assert instants(series) == ["03-30T01:00Z"]


@pytest.mark.parametrize(
    ("members", "day", "starts"),
    [
        ({"offset": "+01:00"}, AUTUMN, "10-25T23:00Z"),
        ({"zone": "America/New_York"}, AUTUMN, "10-26T04:00Z"),
        ({}, f"{AUTUMN}T00:00+05:00", "10-25T19:00Z"),
        ({"wall_clock_as_utc": True}, f"{AUTUMN}T00:00Z", "10-25T22:00Z"),
        ({}, f"{SUMMER}T06:00", "06-01T04:00Z"),
    ],
    ids=["offset", "zone", "in the cell", "wall clock", "gas day"],
)
def test_the_day_begins_where_its_clock_says(members, day, starts):
    (series,) = counted(*hours(day, [1]), **members).rows

    assert instants(series) == [starts]


def test_where_clocks_never_change_each_day_has_24():
    parsed = counted(*hours(AUTUMN, [24, 25]), offset="+01:00")

    assert reasons(parsed) == [(3, "slot 25 is none: that day has 24 of them")]


def test_what_is_no_number_and_what_is_no_date_are_rejected_alone():
    parsed = counted("M;2025-06-01;one;1", "M;2025-06-31;1;1", "M;9999-12-31;1;1", *hours(SUMMER, [1]))

    assert parsed.rows[0].size == 1
    assert [line for line, _ in reasons(parsed)] == [2, 3, 4]
    assert reasons(parsed)[0] == (2, "slot 'one' is not a whole number")


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"time_of": "end"}, "a column slot excludes time_of end"),
        ({"columns": {"slot": "Hour", "end": "To"}}, "a column slot excludes"),
        ({"columns": {"slot": "Hour", "start_time": "At"}}, "a column slot excludes"),
        ({"interval_seconds": None}, "a column slot needs one interval_seconds"),
        (
            {"columns": {"slot": "Hour", "interval_seconds": "Amount"}},
            "a column slot needs one interval_seconds",
        ),
    ],
)
def test_a_mapping_that_says_the_time_twice_or_no_length_is_refused(members, says):
    with pytest.raises(FeedStructureError, match=says):
        counted(*hours(SUMMER, [1]), **members)


def test_the_command_takes_it_as_json(tmp_path, capsys):
    mapping = {
        "shape": "long", "interval_seconds": 3600,
        "columns": {"meter": "Meter", "start": "From", "slot": "Hour", "value": "Amount", "unit": {"text": "Wh"}},
    }  # fmt: skip
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))
    lines = ["Meter;From;Hour;Amount", *hours(SPRING, range(1, 24)), *hours(AUTUMN, range(1, 26))]
    (tmp_path / "march.csv").write_text("\n".join(lines))

    call_command(
        "check_feed_file", str(tmp_path / "march.csv"), "--mapping", str(tmp_path / "mapping.json"),
        "--timezone", "Europe/Brussels", "--json",
    )  # fmt: skip

    report = json.loads(capsys.readouterr().out)
    assert (report["accepted"], report["channels"][0]["readings"]) == (48, 48)
    assert (report["channels"][0]["first_start"], report["channels"][0]["last_start"]) == (
        "2025-03-29T23:00:00Z", "2025-10-26T22:00:00Z",
    )  # fmt: skip
