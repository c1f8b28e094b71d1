"""When readings begin and end, as a mapping tells it."""

import pytest

from tests.datahub.feeds.formats.csv.mapped import instants, read, reasons


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%d/%m/%Y %H:%M", "01/06/2025 13:30"),
        ("%d-%m-%y %H:%M:%S", "01-06-25 13:30:00"),
        ("%Y%m%d%H%M", "202506011330"),
        ("%m/%d/%Y %I:%M %p", "6/1/2025 1:30 PM"),
        ("%d-%b-%Y %H:%M", "1-Jun-2025 13:30"),
        ("iso", "2025-06-01 13:30:00"),
        ("iso", "2025-06-01T11:30:00.000Z"),
        ("%Y-%m-%d %H:%M %z", "2025-06-01 14:30 +0300"),
    ],
)
def test_times_are_written_in_the_form_of_the_vendor(form, cell):
    (series,) = read("Meter;From;Amount", f"M;{cell};5", delimiter=";", time_form=form).rows

    assert instants(series) == ["06-01T11:30Z"]


def test_a_cell_in_another_form_is_rejected_alone():
    lines = [
        "Meter;From;Amount",
        "M;01/06/2025 00:00;1",
        "M;31/02/2025 00:00;1",
        "M;1/6/2025 0:15;1",
        "M;noon;1",
    ]

    parsed = read(*lines, time_form="%d/%m/%Y %H:%M")

    assert parsed.rows[0].size == 2
    assert reasons(parsed) == [
        (3, "'31/02/2025 00:00' is not a date that exists"),
        (5, "'noon' is not a time like %d/%m/%Y %H:%M"),
    ]


def test_date_and_clock_may_stand_in_two_columns_and_midnight_be_written_24_00():
    columns = {"start": "From", "start_time": "At", "end": "To", "end_time": "Until"}
    lines = [
        "Meter;From;At;To;Until;Amount",
        "M;31-05-2025;23:45;31-05-2025;24:00;1",
        "M;01-06-2025;0:00;01-06-2025;0:15;2",
    ]

    (series,) = read(*lines, columns=columns, time_form="%d-%m-%Y %H:%M", interval_seconds=None).rows

    assert (instants(series), series.interval_seconds) == (["05-31T21:45Z", "05-31T22:00Z"], 900)


def test_two_passes_side_by_side_are_told_apart_as_well():
    times = ["02:00", "02:00", "02:30", "02:30", "03:00"]

    (series,) = read(
        "Meter;From;Amount", *(f"M;2025-10-26T{time};1" for time in times), interval_seconds=1800
    ).rows

    assert [instant[6:] for instant in instants(series)] == ["00:00Z", "00:30Z", "01:00Z", "01:30Z", "02:00Z"]


def test_ends_of_intervals_are_taken_back_to_their_starts_through_the_clock_change():
    times = [
        "2025-10-26 01:00",
        "2025-10-26 02:00",
        "2025-10-26 02:00",
        "2025-10-26 03:00",
        "2025-10-26 24:00",
    ]

    (series,) = read(
        "Meter;From;Amount", *(f"M;{time};1" for time in times), time_of="end", interval_seconds=3600
    ).rows

    assert instants(series) == [
        "10-25T22:00Z",
        "10-25T23:00Z",
        "10-26T00:00Z",
        "10-26T01:00Z",
        "10-26T22:00Z",
    ]


@pytest.mark.parametrize(
    ("members", "instant"),
    [({"zone": "Asia/Tokyo"}, "05-31T15:00Z"), ({"offset": "+10:00"}, "05-31T14:00Z"), ({}, "05-31T22:00Z")],
)
def test_local_times_are_those_of_the_mapping_else_of_the_feed(members, instant):
    (series,) = read("Meter;From;Amount", "M;2025-06-01T00:00;5", **members).rows

    assert instants(series) == [instant]


def test_wall_clock_that_is_written_as_utc_is_put_right():
    (series,) = read("Meter;From;Amount", "M;2025-06-01T00:00Z;5", wall_clock_as_utc=True).rows

    assert instants(series) == ["05-31T22:00Z"]
