"""Datadis JSON: an object an hour, by the clock at its end."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from datahub.feeds.formats.datadis_json import read, sniff
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Quality
from tests.datahub.feeds.formats.files import content_of
from tests.support.parsed_files import series_of

MADRID = ZoneInfo("Europe/Madrid")


def hour(time, used=1, sent=0, **more):
    return {
        "cups": "ES1", "date": "2026/03/01", "time": time, "consumptionKWh": used, "obtainMethod": "Real",
        "surplusEnergyKWh": sent, **more,
    }  # fmt: skip


def content(*hours):
    return ("[\n" + ",\n".join(json.dumps(each) for each in hours) + "\n]").encode()


def taken(content):
    parts = list(read(io.BytesIO(content), zone=MADRID))
    series = series_of(rows for part in parts for rows in part.rows)
    return series, [(row.line, row.reason) for part in parts for row in part.rejected]


def test_a_day_is_24_hours_from_local_midnight_used_and_sent_back_apart():
    (used, sent), rejected = taken(content_of("datadis.json"))

    assert rejected == []
    assert (used.meter_number, used.unit, used.direction, used.kind) == (
        "ES0000000000000001AA", "Wh", "import", "interval",
    )  # fmt: skip
    assert (used.total, sent.total, sent.direction) == (Decimal(30_000), Decimal(250), "export")
    assert (used.size, used.interval_seconds) == (24, 3600)
    assert datetime.fromtimestamp(used.starts[0], UTC) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert set(used.quality) == {Quality.ACTUAL}


@pytest.mark.parametrize(
    ("date", "clocks", "hours"),
    [
        ("2025/03/30", [1, *range(3, 25)], 23),  # the hour that ends at 2:00 does not exist
        ("2025/10/26", [1, 2, 2, *range(3, 25)], 25),
    ],
)
def test_days_of_a_clock_change_are_whole(date, clocks, hours):
    (used, _sent), rejected = taken(content(*(hour(f"{clock:02}:00", date=date) for clock in clocks)))

    assert rejected == []
    assert used.size == hours
    assert set(np.diff(used.starts).tolist()) == {3600}


def test_an_autumn_day_that_lost_its_hour_has_a_gap_and_shifts_nothing_else():
    hours = [hour(f"{clock:02}:00", date="2025/10/26") for clock in range(1, 25)]

    (used, _sent), _rejected = taken(content(*hours))

    assert sorted(np.diff(used.starts).tolist())[-1] == 7200
    assert datetime.fromtimestamp(used.starts[-1], UTC) == datetime(2025, 10, 26, 22, tzinfo=UTC)


def test_null_is_unknown_and_never_0():
    (used, sent), _ = taken(content(hour("01:00", used=None), hour("02:00", sent=None)))

    assert used.known.tolist() == [False, True]
    assert sent.known.tolist() == [True, False]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (hour("25:00"), "'2026/03/01', '25:00' is not the end of an hour like 2023/10/01, 24:00"),
        (hour("01:30"), "'2026/03/01', '01:30' is not the end of an hour like 2023/10/01, 24:00"),
        (
            hour("01:00", date="01/03/2026"),
            "'01/03/2026', '01:00' is not the end of an hour like 2023/10/01, 24:00",
        ),
        (
            hour("02:00", date="2025/03/30"),
            "2025-03-30 02:00 does not exist in Europe/Madrid: clocks went forward",
        ),
        (hour("01:00", used="many"), "'many' is not a number"),
        (hour("01:00", used=float("nan")), "'nan' is not a number"),
        (hour("01:00", cups=""), "cups is missing"),
        (hour("01:00", obtainMethod="W"), "obtainMethod 'W' is not known"),
        (
            {"cups": "ES1", "date": "2026/03/01", "time": "01:00"},
            "none of consumptionKWh, surplusEnergyKWh is there",
        ),
    ],
)
def test_an_hour_that_cannot_be_read_is_rejected_with_its_line(wrong, reason):
    series, rejected = taken(content(hour("05:00"), wrong))

    assert rejected == [(3, reason)]
    assert [channel.size for channel in series] == [1, 1]


@pytest.mark.parametrize(
    "broken", [b"", b"{}", b"[1]", b"[[]]", b"[{]", b"[" * 100_000, content(hour("01:00"))[:-9], b"\xff\xfe"]
)
def test_a_file_that_is_no_list_of_hours_is_refused(broken):
    with pytest.raises(FeedStructureError):
        taken(broken)


def test_a_file_that_is_too_large_is_refused_unread():
    with pytest.raises(FeedStructureError, match="up to 16 MB"):
        taken(b" " * ((16 << 20) + 1))


def test_the_format_is_known_by_its_beginning():
    assert sniff(content_of("datadis.json"))
    assert not sniff(b"[]")
    assert not sniff(content_of("bills.json"))
