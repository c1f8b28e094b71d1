"""What a roof makes shows on its customer's Usage page as own use, and nowhere else: no scope opens it."""

import json

import pytest
from django.test import Client as Browser

from consent.models import Disclosure
from tests.consent.api.reader import Reader
from tests.datahub.pages.usage_page import MIDNIGHT, page
from tests.factories.feeds import load_readings, usage_series

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("spring_of_2026")]
ADDRESSES = (
    ("/usage_data", {}), ("/usage_sums", {"by": "day"}),
    ("/usage_data/file", {}),
)  # fmt: skip


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def sentences(tree):
    return tree.xpath("//ul[@class='usage-insights']/li/text()")


def load(home, *, used=300, sent=100, made=500, days=1):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [used] * 96 * days, scale=0),
        usage_series(home.meter, MIDNIGHT, [sent] * 96 * days, scale=0, direction="export"),
        usage_series(home.meter, MIDNIGHT, [made] * 96, scale=0, direction="production"),
    )


def test_usage_says_the_share_of_own_use(owner, home):
    load(home)

    tree = page(owner, period="2026-03")

    assert sentences(tree)[:3] == [
        "Used 28.80 kWh less 9.60 kWh sent back: 19.20 kWh net from the grid",
        "Of 48.00 kWh produced you used 38.40 kWh yourself: 80% own use",
        "57% of the 67.20 kWh that you needed came from your own production",
    ]
    assert "You produced 48.00 kWh in March 2026" in tree.text_content()


def test_the_share_is_of_days_of_which_all_is_known(owner, home):
    load(home, days=2)

    assert "Of 48.00 kWh produced you used 38.40 kWh yourself: 80% own use" in sentences(
        page(owner, period="2026-03")
    )


@pytest.mark.parametrize("made", [0, 50])
def test_meters_that_contradict_each_other_say_no_share(owner, home, made):
    load(home, made=made)

    assert "own use" not in " ".join(sentences(page(owner, period="2026-03")))


def test_no_third_party_sees_that_there_is_any(home):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [300] * 96, scale=0),
        usage_series(home.meter, MIDNIGHT, [100] * 96, scale=0, direction="export"),
    )
    reader = Reader()
    reader.granted(home.contract)

    def answers():
        return [
            body(reader.get(address, parameters, Accept="application/json"))
            for address, parameters in ADDRESSES
        ]

    before = answers()
    load_readings(usage_series(home.meter, MIDNIGHT, [500] * 96, scale=0, direction="production"))

    assert answers() == before
    assert Disclosure.objects.exists()


def body(response):
    assert response.status_code == 200, response.content
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert b"production" not in content
    return json.loads(content) if content.startswith(b"{") else content
