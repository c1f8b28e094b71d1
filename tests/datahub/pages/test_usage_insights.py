"""What stands out in a period: net of used and sent back, the highest hour, the quietest of the night, rates."""

from datetime import UTC, datetime

import pytest
from django.test import Client as Browser

from tests.datahub.pages.usage_page import MIDNIGHT, page
from tests.factories.feeds import load_readings, usage_series


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def sentences(tree):
    return tree.xpath("//ul[@class='usage-insights']/li/text()")


def test_a_day_and_its_month_say_the_highest_hour_and_what_always_runs(owner, home):
    quarters = [100] * 96
    quarters[12:16], quarters[72:76] = [50] * 4, [500, 700, 600, 500]  # 3 AM and 6 PM
    load_readings(usage_series(home.meter, MIDNIGHT, quarters + [100] * 96, scale=0))

    day, month = page(owner, period="2026-03-01"), page(owner, period="2026-03")

    highest = "Highest hour: 2.30 kWh from 6 PM to 7 PM on March 1, 2026"
    assert sentences(day) == [highest, "What always runs: at 3 AM you use 0.20 kWh an hour on average"]
    assert sentences(month) == [highest, "What always runs: at 3 AM you use 0.30 kWh an hour on average"]


def test_an_hour_of_which_something_is_missing_is_neither(owner, home):
    quarters = [100] * 96
    quarters[12:16], quarters[72:76] = [None, 0, 0, 0], [None, 9000, 9000, 9000]
    load_readings(usage_series(home.meter, MIDNIGHT, quarters, scale=0))

    text = " ".join(sentences(page(owner, period="2026-03-01")))

    assert "Highest hour: 0.40 kWh" in text
    assert "at 3 AM" not in text


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (100, "less 9.60 kWh sent back: 28.80 kWh net from the grid"),
        (500, "sent back 48.00 kWh: 9.60 kWh net to the grid"),
    ],
)
def test_used_less_sent_back_is_the_net(owner, home, sent, words):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [400] * 96, scale=0),
        usage_series(home.meter, MIDNIGHT, [sent] * 96, scale=0, direction="export"),
    )

    assert words in sentences(page(owner, period="2026-03"))[0]


def test_there_is_no_net_where_one_of_the_two_has_a_gap(owner, home):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [400] * 192, scale=0),
        usage_series(home.meter, MIDNIGHT, [100] * 96, scale=0, direction="export"),
    )

    assert "net" not in " ".join(sentences(page(owner, period="2026-03")))


def test_rates_of_the_tariff_are_a_breakdown_without_a_code(owner, home):
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    load_readings(
        usage_series(home.meter, start, [400] * 24, step=3600, scale=0, register="1.8.0"),
        usage_series(home.meter, start, [100] * 24, step=3600, scale=0, register="1.8.1"),
        usage_series(home.meter, start, [300] * 24, step=3600, scale=0, register="1.8.2"),
    )

    section = page(owner, period="2026-03-01").xpath("//section[@aria-labelledby='insights']")[0]

    assert "Rate 1: 25% (2.40 kWh)" in section.text_content()
    assert "Rate 2: 75% (7.20 kWh)" in section.text_content()
    assert section.xpath(".//svg[@class='drawing breakdown']/*/@width") == ["160", "480"]
