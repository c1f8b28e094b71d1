"""Reading the page of the mix: its rows, headings and words."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.test import Client as Browser
from lxml import html

from datahub.models import MixSeries
from tests.factories.accounts import SupplyTermFactory, place
from tests.factories.datahub import hourly_mix
from tests.factories.feeds import load_readings, usage_series

URL = "/my/mix/"
MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)  # March 1 in the utility's zone
WIND, GAS = Decimal("0.6"), Decimal("0.3")


def in_the_west(home) -> Browser:
    """On the tariff EV-TOU, in the region WEST."""
    place(home.point, "WEST")
    SupplyTermFactory(
        contract=home.contract, tariff_code="EV-TOU", tariff_name="Home EV", start=date(2020, 1, 1)
    )
    return logged_in(home.owner)


def logged_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def tariff(hours=24, start=MIDNIGHT, key="EV-TOU", **shares):
    shares = shares or {"wind": WIND, "gas": GAS}
    hourly_mix(MixSeries.CONSUMPTION, key, start, {name: [share] * hours for name, share in shares.items()})


def used(home, *watt_hours):
    load_readings(usage_series(home.meter, MIDNIGHT, watt_hours, step=3600, scale=0))


def page(browser, **query):
    answer = browser.get(URL, query)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def words(node) -> str:
    return " ".join(node.text_content().split())


def headings(tree):
    return tree.xpath("//thead//th/text()")


def rows(tree):
    """By label: the exact shares of the row's cells, and its words."""
    by_label = {}
    for row in tree.xpath("//tbody/tr"):
        label = row.xpath("string(.//th//a)") or row.xpath("string(.//th/span/text()[1])")
        cells = " ".join(filter(None, map(words, row)))
        by_label[label.strip()] = ([cell.get("value") for cell in row.iter("data")], cells)
    return by_label


def finding(tree):
    return tree.xpath("string(//p[@class='chart__title'])")
