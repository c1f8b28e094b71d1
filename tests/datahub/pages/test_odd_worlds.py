"""Odd homes: what a page adds up to is what the file of the same period holds, whatever is looked at."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser
from lxml import html

from accounts.models import ContractServicePoint, MeterInstallation
from datahub.rows.usage import Quality
from tests.factories.accounts import MeterDeviceFactory, MeterInstallationFactory
from tests.factories.feeds import load_readings, usage_series

pytestmark = pytest.mark.spec("P-17")
MIDNIGHT = datetime(2026, 3, 7, 8, tzinfo=UTC)  # the day before the clocks go forward
NOON = datetime(2026, 3, 8, 19, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def quarters(home, **more):
    load_readings(usage_series(home.meter, MIDNIGHT, list(range(1, 96 * 3)), scale=0, **more))


def moved_in_at_noon(home):
    quarters(home)
    ContractServicePoint.objects.filter(contract=home.contract).update(start=NOON)


def swapped_at_noon(home):
    quarters(home)
    MeterInstallation.objects.filter(meter=home.meter).update(end=NOON)
    newer = MeterDeviceFactory(commodity=home.meter.commodity)
    MeterInstallationFactory(meter=newer, service_point=home.point, start=NOON)
    load_readings(usage_series(newer, MIDNIGHT, [7] * 96 * 3, scale=0))


def two_meters_at_once(home):
    quarters(home)
    other = MeterDeviceFactory(commodity=home.meter.commodity)
    MeterInstallationFactory(meter=other, service_point=home.point, start=MIDNIGHT - DAY)
    load_readings(usage_series(other, MIDNIGHT, [9] * 96 * 2, scale=0))


def a_net_channel_below_zero(home):
    quarters(home, direction="net")
    load_readings(
        usage_series(home.meter, MIDNIGHT + DAY, [-500] * 96, scale=1, direction="net"), version_at=LATER
    )


def five_minutes(home):
    load_readings(usage_series(home.meter, MIDNIGHT, list(range(288 * 3)), step=300, scale=2))


def withdrawn_and_estimated(home):
    quarters(home, quality=Quality.ESTIMATED)
    load_readings(usage_series(home.meter, MIDNIGHT + DAY, [None] * 30 + [0] * 10, scale=0), version_at=LATER)


def days_as_long_as_they_are(home):
    for hours, start in ((24, MIDNIGHT), (23, MIDNIGHT + DAY), (24, MIDNIGHT + 2 * DAY - HOUR)):
        load_readings(usage_series(home.meter, start, [hours * 1000], step=hours * 3600, scale=0))


def months(home):
    for month, hours in ((1, 744), (2, 672), (3, 743)):
        start = datetime(2026, month, 1, 8, tzinfo=UTC)
        load_readings(usage_series(home.meter, start, [31_000], step=hours * 3600, scale=0))


def gas(home):
    kind = {"unit": "m3", "commodity": "natural_gas"}
    load_readings(usage_series(home.meter, MIDNIGHT, [123, -4, 0] * 24, step=3600, **kind))


WORLDS = (
    moved_in_at_noon, swapped_at_noon, two_meters_at_once, a_net_channel_below_zero, five_minutes,
    withdrawn_and_estimated, days_as_long_as_they_are, months, gas,
)  # fmt: skip
VIEWS = ({}, {"show": "billed"}, {"show": "estimate"}, {"look": "hours"})


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    return owner


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_page_and_file_add_up_to_the_same(owner, home, world):
    world(home)

    for period in ("2026-03-07", "2026-03-08", "2026-03-09", "2026-03", "2026", "all"):
        rows, total = shown(owner, period)
        assert rows == total == in_file(owner, period), period
        for view in VIEWS:
            assert owner.get("/my/usage/", {"period": period, **view}).status_code == 200


def test_of_hours_and_quarters_the_page_counts_the_quarters(owner, home):
    """The file says both, since both were stated."""
    load_readings(usage_series(home.meter, MIDNIGHT, [1000] * 60, step=3600, scale=0))
    load_readings(usage_series(home.meter, MIDNIGHT + DAY, [3] * 50, scale=0))

    assert shown(owner, "2026-03-08") == (150 + 10_000, 150 + 10_000)  # 12.5 of 23 hours, and 10 whole ones
    assert in_file(owner, "2026-03-08") == 150 + 23_000


def shown(owner, period):
    """What the rows and the foot of all columns hold, without those of the year before."""
    tree = html.fromstring(owner.get("/my/usage/", {"period": period}).content.decode())
    headings = enumerate(tree.xpath("//thead//th/text()")[1:], 1)
    places = [place for place, heading in headings if "year before" not in heading]
    return tuple(
        sum(Decimal(value) for place in places for value in tree.xpath(f"//{part}//td[{place}]//data/@value"))
        for part in ("tbody", "tfoot")
    )


def in_file(owner, period):
    answer = owner.get("/my/usage/file/", {"period": period, "form": "csv"})
    text = b"".join(answer.streaming_content).decode().rpartition("# complete")[0]
    return sum(Decimal(line["value"]) for line in csv.DictReader(io.StringIO(text)) if line["value"])
