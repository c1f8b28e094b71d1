from functools import cache
from types import SimpleNamespace

import pytest
from django.apps import apps

from datahub.feeds.formats import registry
from datahub.feeds.formats.registry import detect, formats
from datahub.feeds.kinds import KIND_NAMES
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import FOLDER, NEW_YORK, content_of
from tests.support.feed_files import FORMAT_OF
from tests.support.parsed_files import parse_file


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_each_file_is_known_by_its_beginning_whatever_it_is_called(name):
    assert detect(content_of(name), "upload").name == FORMAT_OF[name]


def test_a_file_nobody_knows_is_refused_by_name():
    with pytest.raises(FeedStructureError, match=r"photo.png: the format cannot be told"):
        detect(b"\x89PNG\r\n\x1a\n", "photo.png")


@pytest.mark.parametrize("name", sorted(formats()))
def test_no_format_takes_random_bytes_for_data(name):
    with pytest.raises(FeedStructureError):
        parse_file(name, b"\x00\xff\xfe rubbish,\n", zone=NEW_YORK)


def test_a_format_of_a_kind_that_nobody_loads_stops_the_start(monkeypatch):
    module = SimpleNamespace(NAME="weather_csv", KIND="weather", SUFFIXES=(".csv",), sniff=bool, parse=bool)
    point = SimpleNamespace(load=lambda: module)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    monkeypatch.setattr(registry, "formats", cache(formats.__wrapped__))

    with pytest.raises(ValueError, match="weather_csv: its kind 'weather' is none of bills, generation_mix"):
        apps.get_app_config("datahub").ready()


def test_each_kind_of_feed_has_a_format():
    assert {format.kind for format in formats().values()} == KIND_NAMES


def test_settings_may_be_what_json_holds_and_a_wrong_one_is_named():
    espi, usage = formats()["espi_xml"], formats()["usage_csv_long"]
    content = content_of("espi_wall_clock.xml")

    mended = parse_file(espi, content, zone=NEW_YORK, settings={"wall_clock_as_utc": True, "meter": None})
    counted = parse_file(
        usage,
        b"meter,start,value\nM,2025-01-01,1",
        zone=NEW_YORK,
        settings={"unit": "Wh", "interval_seconds": 900},
    )

    assert not mended.rejected
    assert counted.rows[0].interval_seconds == 900
    with pytest.raises(FeedStructureError, match="setting meter 'colour' is none of link, title, id"):
        parse_file(espi, content, zone=NEW_YORK, settings={"meter": "colour"})


@pytest.mark.parametrize(
    ("name", "content", "taken", "rejected"),
    [
        (
            "usage_csv_long",
            "meter,start,value,unit,interval_seconds\n"
            + "".join(f"M,{day}T23:45:00Z,1,kWh,900\n" for day in ("0001-01-01", "2026-03-01", "9999-12-31")),
            1,
            [2, 4],
        ),
        (
            "nem12",
            "100,NEM12,202603010911,A,B\n200,N1,E1,E1,E1,,S1,KWH,30,\n"
            + "".join(f"300,{day}," + "1," * 48 + "A,,,,\n" for day in ("00010101", "20260301", "99991231"))
            + "900\n",
            48,
            [3, 5],
        ),
    ],
)
def test_readings_of_an_impossible_year_are_rejected_by_line(name, content, taken, rejected):
    parsed = parse_file(name, content.encode(), zone=NEW_YORK)

    assert parsed.accepted == taken
    assert [(rejection.line, rejection.reason) for rejection in parsed.rejected] == [
        (line, "its time is not from 1970 to 2099") for line in rejected
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("hierarchy.csv", b"electricity", b"elec\0tricity"),
        ("hierarchy.json", b"electricity", b"elec\\u0000tricity"),
        ("bills.csv", b"electricity", b"elec\0tricity"),
        ("bills.json", b"electricity", b"elec\\u0000tricity"),
        ("supply_terms.csv", b"\n", b"\n\0"),
        ("generation_mix.csv", b"\n", b"\n\0"),
    ],
)
def test_a_character_that_no_database_holds_refuses_a_file_that_is_read_as_a_whole(name, old, new):
    content = content_of(name)
    assert old in content

    with pytest.raises(FeedStructureError, match=r"line \d+: a character 0"):
        parse_file(FORMAT_OF[name], content.replace(old, new, 1), zone=NEW_YORK)
