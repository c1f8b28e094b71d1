"""/my/portfolio/: a line a service with the figures of its own usage page; sorted, narrowed, grouped, as CSV."""

import csv
import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from lxml import html

from accounts.models import Role, ServiceContract
from cdsc_portal.lib.time import clock
from tests.datahub.usage.month_sums import sum_all
from tests.factories.accounts import MembershipFactory, UserFactory, add_service, household
from tests.factories.chain import chain
from tests.factories.datahub import bill
from tests.factories.feeds import load_readings, usage_series

URL = "/my/portfolio/"
OCTOBER, YEAR_AGO = datetime(2026, 10, 1, 7, tzinfo=UTC), datetime(2025, 10, 1, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _november(db, monkeypatch):
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 20, tzinfo=UTC))


@pytest.fixture
def owner(home) -> Browser:
    return logged_in(home.owner)


def logged_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page(browser, url=URL, **query):
    answer = browser.get(url, query)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def lines(tree):
    return [" ".join(row.text_content().split()) for row in tree.xpath("//tbody/tr")]


def used(meter, start, wh, *, hours=31 * 24, **series):
    load_readings(usage_series(meter, start, [wh] * hours, step=3600, scale=0, **series))


@pytest.fixture
def sites(home):
    """Two bakeries and an office: more than a year ago, less, and with a gap and nothing a year ago."""
    bakery, office = (add_service(owner=home.owner, account=home.account) for _ in range(2))
    for service, now, ago in ((home, 1200, 1000), (bakery, 500, 1000)):
        used(service.meter, OCTOBER, now)
        used(service.meter, YEAR_AGO, ago)
    used(office.meter, OCTOBER, 100, hours=31 * 18)
    bill(home.contract, start=date(2026, 9, 20), end=date(2026, 10, 20), statement_date=date(2026, 10, 22))
    for service, name in ((home, "Alder Street"), (bakery, "Birch Street"), (office, "Cedar Street")):
        ServiceContract.objects.filter(pk=service.contract.pk).update(name=name)
    return home, bakery, office


@pytest.mark.spec("P-38")
def test_a_line_says_use_change_cost_and_gaps_of_the_last_month(owner, sites):
    alder, birch, cedar = lines(page(owner))

    assert alder.startswith("Alder Street Electricity")
    assert alder.endswith("– 893 kWh +20% $65.52 –")
    assert birch.endswith("– 372 kWh −50% – –")
    assert cedar.endswith("– 56 kWh – – 25% missing")
    assert "October 2026" in page(owner).xpath("string(//main)")


@pytest.mark.spec("P-26")
def test_a_figure_is_that_of_the_services_own_page_and_of_its_stored_sums(owner, sites):
    from_blocks = lines(page(owner))
    cache.clear()
    sum_all()

    assert lines(page(owner)) == from_blocks
    link = page(owner).xpath("//tbody//a/@href")[0]
    assert "You used 892.80 kWh in October 2026, 20% more" in page(owner, link).xpath("string(//main)")


@pytest.mark.parametrize(
    ("query", "sites_in_order"),
    [
        ({"sort": "-used"}, "ABC"), ({"sort": "used"}, "CBA"), ({"sort": "-change"}, "ABC"),
        ({"sort": "-gaps"}, "CAB"), ({"sort": "-site"}, "CBA"), ({"find": "birch"}, "B"), ({"gaps": "1"}, "C"),
        ({"group": "Bakeries"}, "AB"), ({"sort": "-cost"}, "ABC"),
    ],
)  # fmt: skip
def test_lines_are_sorted_and_narrowed(owner, sites, query, sites_in_order):
    keys = [service.contract.pk for service in sites[:2]]
    ServiceContract.objects.filter(pk__in=keys).update(group="Bakeries")

    assert [line[0] for line in lines(page(owner, **query))] == list(sites_in_order)


def test_ticked_services_get_a_group_at_once_and_viewers_may_not(owner, sites, home):
    home_id, bakery_id = (service.contract.public_id for service in sites[:2])
    page(owner)
    viewer = UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)

    answer = owner.post(URL, {"service": [home_id, bakery_id], "word": " Old  town "}, follow=True)
    refused = logged_in(viewer).post(URL, {"service": [home_id], "word": "Mine"})
    foreign = owner.post(URL, {"service": [household().contract.public_id], "word": "Mine"})

    assert "2 services changed their group." in answer.content.decode()
    assert "Old town" in lines(html.fromstring(answer.content.decode()))[0]
    assert {refused.status_code, foreign.status_code} == {404}
    assert len(page(owner).xpath("//input[@name='service'][@form = //form[@method='post']/@id]")) == 3
    assert not page(logged_in(viewer)).xpath("//input[@name='service'] | //main//form[@method='post']")
    assert not ServiceContract.objects.filter(group="Mine").exists()


def test_the_csv_has_every_line_that_is_chosen_exactly(owner, sites):
    text = owner.get(f"{URL[:-1]}.csv", {"sort": "-used"}).content.decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["site"][0] for row in rows] == ["A", "B", "C"]
    assert [Decimal(row["used"]) for row in rows] == [Decimal("892.8"), Decimal(372), Decimal("55.8")]
    assert [row["change"] for row in rows] == ["0.2000", "-0.5000", ""]
    assert rows[0]["cost"] == "65.52"


@pytest.mark.spec("X-15")
def test_another_customers_services_and_former_ones_are_not_among_them(owner, sites):
    other = household()
    used(other.meter, OCTOBER, 9)

    assert other.contract.contract_number not in page(owner).xpath("string(//main)")
    assert lines(page(logged_in(other.owner))) != lines(page(owner))


@pytest.mark.spec("P-38")
def test_two_thousand_services_are_sorted_and_narrowed_for_as_few_queries_and_bytes(
    db, django_assert_max_num_queries
):
    shops = chain(stores=2000)
    for meter in shops.meters[:3]:
        used(meter, OCTOBER, 100)
    browser = logged_in(shops.owner)

    # session twice, user, keys, kept; facts and three of readings; bills, services; keeping: ten; owner; session: four
    with django_assert_max_num_queries(28):
        first = page(browser, sort="-used")
    with django_assert_max_num_queries(9):
        second = page(browser, sort="used", page="2")
    narrowed = page(browser, find="STORE-1999")

    assert len(lines(first)) == len(lines(second)) == 50
    assert (
        len(gzip.compress(html.tostring(first))) < 60_000
    )  # of the 120 KB that a page may weigh with all it loads
    assert first.xpath("//a[@rel='next']/@href") == ["?page=2&sort=-used"]
    assert len(lines(narrowed)) == 1
