"""The figures of pages and files are the API's, to the last digit, over days of 23 and 25 hours too."""

import csv
import io
import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser
from lxml import etree, html

from datahub.rows.usage import Quality
from tests.factories.feeds import load_readings, usage_series

START = datetime(2025, 12, 28, 3, 15, tzinfo=UTC)
DAYS = 372
DST = (date(2026, 3, 8), date(2026, 11, 1))
ESPI = "{http://naesb.org/espi}"

pytestmark = pytest.mark.spec("P-17")


@pytest.fixture
def owner(home) -> Browser:
    """Fourteen months of quarters with three decimals, one in fifty unknown, one in thirty estimated."""
    chance = random.Random(17)
    values = [None if chance.random() < 0.02 else chance.randrange(0, 9_000_000) for _ in range(DAYS * 96)]
    quality = [chance.choice([Quality.ACTUAL] * 29 + [Quality.ESTIMATED]) for _ in values]
    load_readings(usage_series(home.meter, START, values, quality=quality))
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def shown(owner, **query):
    """(sum of the rows, the total row) of what was used."""
    tree = html.fromstring(owner.get("/my/usage/", query).content.decode())
    rows = [Decimal(cell.get("value")) for cell in tree.xpath("//tbody//td[1]//data")]
    return sum(rows), Decimal(tree.xpath("//tfoot//td[1]//data/@value")[0])


def in_files(owner, period):
    files = {}
    for form in ("csv", "json", "xml"):
        answer = owner.get("/my/usage/file/", {"period": period, "form": form})
        files[form] = b"".join(answer.streaming_content).decode()
    lines = csv.DictReader(io.StringIO(files["csv"].rpartition("# complete")[0]))
    segments = json.loads(files["json"])["data"]
    tree = etree.fromstring(files["xml"].encode())
    return {
        "csv": sum(Decimal(line["value"]) for line in lines if line["value"]),
        "json": sum(
            Decimal(value) for segment in segments for value in segment["values"] if value is not None
        ),
        "xml": sum(_espi_values(tree)),
    }


def _espi_values(tree):
    multiplier = int(tree.findtext(f".//{ESPI}powerOfTenMultiplier"))
    for reading in tree.iter(f"{ESPI}IntervalReading"):
        yield Decimal(reading.findtext(f"{ESPI}value")).scaleb(multiplier)


def in_api(reader, first, last):
    query = {"start": first.isoformat(), "end": last.isoformat()}
    (sums,) = reader.get("/usage_sums", {**query, "by": "day"}).json()["data"]
    segments = reader.get("/usage_data", query).json()["data"]
    return (
        sum(Decimal(period["value"]) for period in sums["periods"]),
        sum(Decimal(value) for segment in segments for value in segment["values"] if value is not None),
    )


def test_twenty_random_periods_and_both_clock_changes(owner, home, reader):
    chance = random.Random(2026)
    days = {date(2026, 1, 1) + timedelta(days=chance.randrange(360)) for _ in range(14)} - set(DST)
    months = chance.sample(range(1, 13), 5)
    periods = [
        *map(date.isoformat, (*DST, *sorted(days)[:13])),
        *(f"2026-{month:02d}" for month in months),
        "2026",
    ]
    reader.granted(home.contract)
    assert len(periods) >= 20

    for period in periods:
        first = date.fromisoformat((period + "-01-01")[:10])
        last = {4: first.replace(month=12, day=31), 10: first}.get(
            len(period), (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        )
        rows, total = shown(owner, period=period)
        figures = {rows, total, *in_files(owner, period).values(), *in_api(reader, first, last)}

        assert len(figures) == 1, f"{period}: {figures}"


@pytest.mark.parametrize(("day", "hours"), list(zip(DST, (23, 25), strict=True)))
def test_a_day_of_23_or_25_hours_has_the_readings_of_so_many(owner, home, day, hours):
    tree = html.fromstring(owner.get("/my/usage/", {"period": day.isoformat()}).content.decode())

    assert len(tree.xpath("//tbody/tr")) == hours * 4


def test_the_sum_is_that_of_the_values_that_were_loaded(owner, home):
    chance = random.Random(17)
    values = [None if chance.random() < 0.02 else chance.randrange(0, 9_000_000) for _ in range(DAYS * 96)]
    begin = datetime(2026, 11, 1, 7, tzinfo=UTC)
    first = (begin - START) // timedelta(minutes=15)

    own = sum(Decimal(value) for value in values[first : first + 100] if value is not None).scaleb(-3)

    assert shown(owner, period="2026-11-01") == (own, own)
