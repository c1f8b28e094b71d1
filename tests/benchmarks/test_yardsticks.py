"""The yardsticks of `make bench` do what they are measured for: rows really written, the same readings, equal bytes."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test import Client, override_settings

from benchmarks import files, loads, oauth, reads, rows, utility, world
from benchmarks.measure import at_least, at_most
from benchmarks.utility import MONTH, SLOTS
from tests.support.parsed_files import parse_file

METERS = 4
UTC = ZoneInfo("UTC")


@pytest.fixture
def place(db):
    return utility.build(METERS)


@pytest.fixture
def row_table(transactional_db):
    with rows.table():
        yield


@pytest.fixture
def values():
    return utility.day_of_values(METERS, seed=1)


def kilowatt_hours(values):
    return Decimal(int(values.sum())).scaleb(-3)


def test_copy_writes_every_row_under_its_keys(row_table, values):
    place = utility.build(METERS)
    ready = list(loads.row_readings(place, MONTH, values, METERS))

    with transaction.atomic():
        rows.copy_rows(ready)

    assert rows.RowReading.objects.count() == METERS * SLOTS
    assert rows.RowReading.objects.aggregate(total=Sum("value"))["total"] == kilowatt_hours(values)
    with pytest.raises(psycopg.IntegrityError), transaction.atomic():
        rows.copy_rows(ready[:1])  # the same start again
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.copy_rows([(0, *ready[0][1:])])  # no such channel
        connection.check_constraints()


def test_the_upsert_writes_new_rows_and_changes_only_what_differs(row_table, values, tmp_path):
    place = utility.build(METERS)
    path = tmp_path / "long.csv"

    rows.upsert_csv(files.long_csv(path, place.meters, MONTH, values).read_bytes())
    values[0, 0] += 5
    rows.upsert_csv(files.long_csv(path, place.meters, MONTH, values).read_bytes())

    assert rows.RowReading.objects.count() == METERS * SLOTS
    assert rows.RowReading.objects.aggregate(total=Sum("value"))["total"] == kilowatt_hours(values)


@pytest.mark.parametrize("form", ["usage_csv_wide", "usage_csv_long", "espi_xml"])
def test_each_file_says_the_same_readings(form, tmp_path, values):
    meters = [f"MTR{number:08d}" for number in range(METERS)]
    path = tmp_path / "file"
    if form == "usage_csv_wide":
        files.wide_csv(path, meters, MONTH, values)
    elif form == "usage_csv_long":
        files.long_csv(path, meters, MONTH, values)
    else:
        files.espi_xml(path, METERS, MONTH, values)

    settings = {"meter": "title"} if form == "espi_xml" else loads.CSV
    parsed = parse_file(form, path.read_bytes(), zone=UTC, settings=settings)

    assert not parsed.rejected
    by_meter = {series.meter_number: series for series in parsed.rows}
    assert sorted(by_meter) == meters
    for meter, line in zip(meters, values, strict=True):
        series = by_meter[meter]
        assert (series.values == line * 10**series.scale).all()
        assert series.unit == "Wh"
        assert np.diff(series.starts).tolist() == [900] * (SLOTS - 1)


def test_both_ways_to_json_say_the_same_and_the_served_size_is_sent(transactional_db):
    with rows.table():
        place = world.build()
        rows.copy_rows(world.year_as_rows(place))
        ours, theirs = orjson.loads(world.year_as_json(place)), orjson.loads(reads.from_tuples(place))
        assert {name: ours[name] for name in theirs} == theirs
        assert len(theirs["values"]) == 35_040
        assert len(orjson.loads(reads.serialized(place))) == 35_040

    with override_settings(ROOT_URLCONF="benchmarks.urls"):
        assert Client().get("/gated?size=9").status_code == 401
        allowed = Client(headers={"Authorization": f"Bearer {world.TOKEN}"})
        assert len(allowed.get("/gated?size=1234").content) == 1234


def test_seeded_blocks_are_real_blocks(place, values, tmp_path):
    feed = utility.feed_of("wide", "usage_csv_wide", **loads.CSV)
    loads.load(loads.store(feed, files.wide_csv(tmp_path / "day.csv", place.meters, MONTH, values)))

    assert (
        utility.seed_blocks(place, first=MONTH + timedelta(days=1), last=MONTH + timedelta(days=3))
        == 3 * METERS
    )


def test_a_figure_holds_on_the_good_side_of_its_goal():
    assert at_least("speed", "1/s", value=60, yardstick=2, goal=30).holds
    assert not at_least("speed", "1/s", value=58, yardstick=2, goal=30).holds
    assert at_most("time", "ms", value=4, yardstick=1, goal=4).holds
    assert not at_most("time", "ms", value=4.1, yardstick=1, goal=4).holds


def test_each_call_of_a_client_answers_what_is_measured(db):
    ours = oauth.company()

    sizes = [
        oauth.answer_size(ours, path, body())
        for path, body in (
            ("/oauth/token/", ours.exchange),
            ("/oauth/token/", ours.refresh),
            ("/oauth/introspect/", ours.introspection),
            ("/oauth/par/", ours.push),
        )
    ]

    assert min(sizes) > len('{"active": false}')
