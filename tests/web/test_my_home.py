"""/my/: who can read, what was used beside a year ago, what is to pay, what waits; each figure leads on."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import Membership, Role
from cdsc_portal.lib.time import clock
from consent.models import Grant
from consent.transitions import GrantStatus
from datahub.rows.usage import Quality
from tests.factories.accounts import (
    BillingAccountFactory,
    MembershipFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ClientFactory, GrantFactory, GrantPartFactory, approve, ask
from tests.factories.datahub import bill
from tests.factories.feeds import load_readings, usage_series

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)  # noon in the utility's zone
USAGE = {"type": "usage_data", "services": "all", "start": "-1y", "end": "+1y"}
NOVEMBER, YEAR_AGO = datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2025, 11, 1, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def home(db):
    return household()


@pytest.fixture
def owner(home) -> Browser:
    return logged_in(home.owner)


def logged_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page(browser):
    answer = browser.get(reverse("my_home"))
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def card(tree, name):
    (section,) = tree.xpath(f"//section[@aria-labelledby='{name}']")
    return section


def figures(tree):
    """The words of each commodity's card."""
    return [words(own) for own in card(tree, "usage").xpath(".//section")]


def words(element):
    return " ".join(" ".join(element.itertext()).split())


def hours(meter, start, days, wh=1000, **series):
    """`wh` each hour of `days` local days from midnight `start` on; November has one day of 25 hours."""
    zone_shift = 1 if (start.month, start.day) == (11, 1) else 0
    count = days * 24 + zone_shift
    load_readings(usage_series(meter, start, [wh] * count, step=3600, scale=0, **series))


def test_the_month_so_far_stands_beside_the_same_days_a_year_ago(home, owner):
    hours(home.meter, NOVEMBER, 23, wh=900)
    hours(home.meter, datetime(2025, 11, 1, 7, tzinfo=UTC), 30, wh=1000)  # the last seven days do not count

    text = words(card(page(owner), "usage"))

    assert "November 2026 so far November 1, 2026 to November 23, 2026" in text
    assert "Electricity Used 497.70 kWh" in text  # 553 hours: one night has 25
    assert "497.70 kWh 10% less than a year ago" in text
    assert "Same days a year ago: 553.00 kWh" in text
    assert "Data through November 23, 2026" in text


def test_hours_of_a_day_that_has_only_begun_do_not_count(home, owner):
    hours(home.meter, NOVEMBER, 22)
    load_readings(
        usage_series(home.meter, datetime(2026, 11, 23, 8, tzinfo=UTC), [1000] * 5, step=3600, scale=0)
    )

    text = words(card(page(owner), "usage"))

    assert "to November 22, 2026" in text
    assert "529.00 kWh" in text


def test_on_the_first_day_of_a_month_the_month_before_is_shown(home, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 1, 20, tzinfo=UTC))
    hours(home.meter, NOVEMBER, 30)

    text = words(card(page(logged_in(home.owner)), "usage"))

    assert "November 2026 so far November 1, 2026 to November 30, 2026" in text


def test_old_readings_are_shown_as_the_month_they_are_of(home, owner):
    hours(home.meter, datetime(2026, 3, 1, 8, tzinfo=UTC), 5)

    text = words(card(page(owner), "usage"))

    assert text.startswith("March 2026 March 1, 2026 to March 5, 2026")


@pytest.mark.spec("X-15")
def test_the_year_before_says_before_you_moved_in_and_shows_nothing_of_it(db):
    home = household(start=date(2026, 6, 1))
    hours(home.meter, NOVEMBER, 23)
    hours(home.meter, YEAR_AGO, 23, wh=7777)  # the former occupant's

    text = words(card(page(logged_in(home.owner)), "usage"))

    assert "Same days a year ago: Before you moved in" in text
    assert "than a year ago" not in text


def test_a_year_before_that_began_in_the_middle_is_not_compared(db):
    home = household(start=date(2025, 11, 12))
    hours(home.meter, NOVEMBER, 23)
    hours(home.meter, YEAR_AGO, 23)

    text = words(card(page(logged_in(home.owner)), "usage"))

    assert "Same days a year ago: 288.00 kWh · From November 12, 2025" in text
    assert "than a year ago" not in text


def test_what_was_sent_back_stands_apart_from_what_was_used(home, owner):
    hours(home.meter, NOVEMBER, 23)
    hours(home.meter, NOVEMBER, 23, wh=100, direction="export", register="2.8.0")

    (electric,) = figures(page(owner))

    assert electric.startswith("Electricity Used 553.00 kWh Sent back 55.30 kWh")


def test_services_of_one_kind_add_up_and_later_ones_are_told(home, owner):
    later = add_service(owner=home.owner, account=home.account, start=date(2026, 6, 1))
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    for meter in (home.meter, later.meter):
        hours(meter, NOVEMBER, 23)
    hours(home.meter, YEAR_AGO, 23)
    hours(gas.meter, NOVEMBER, 23, wh=1, unit="m3", commodity="natural_gas")

    electric, other = figures(page(owner))

    assert electric.startswith("Electricity Used 1,106.00 kWh")
    assert "553.00 kWh · Only 1 of 2 services: the others have no data from then" in electric
    assert other.startswith("Gas Used 553.00 m³")


@pytest.mark.spec("P-18")
def test_missing_and_estimated_readings_are_told_and_not_compared(home, owner):
    values = [None] * 24 + [1000] * (553 - 24)
    load_readings(usage_series(home.meter, NOVEMBER, values, step=3600, scale=0, quality=Quality.ESTIMATED))
    hours(home.meter, YEAR_AGO, 23)

    text = words(card(page(owner), "usage"))

    assert "529.00 kWh" in text
    assert "529 of 553 readings" in text
    assert "529 estimated" in text
    assert "than a year ago" not in text


def test_a_figure_leads_to_the_month_of_its_service(home, owner):
    hours(home.meter, NOVEMBER, 23)

    (link,) = card(page(owner), "usage").xpath(".//p[contains(@class, 'home-figure')]/a/@href")

    assert link == f"{reverse('my_usage')}?contract={home.contract.public_id}&period=2026-11"


def test_without_readings_the_page_says_why(home, owner):
    assert "No readings have reached us yet." in words(card(page(owner), "usage"))


def test_the_last_bill_says_what_is_due_and_opens(home, owner):
    bill(home.contract, statement_date=date(2026, 2, 3), total=Decimal("11.11"))
    newest = bill(home.contract, total=Decimal("65.52"))

    section = card(page(owner), "bill")

    assert "February 1, 2026 to February 28, 2026 $65.52 Due March 24, 2026" in words(section)
    assert reverse("my_bill", args=[newest.public_id]) in section.xpath(".//a/@href")


@pytest.mark.spec("X-15")
def test_a_total_that_covers_what_one_may_not_see_is_withheld(home):
    other = add_service(owner=home.owner, account=BillingAccountFactory(customer=home.customer))
    bill(home.contract, other.contract)
    viewer = UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER, billing_account=home.account)

    text = words(card(page(logged_in(viewer)), "bill"))

    assert "$" not in text
    assert "Bill of March 3, 2026" in text
    assert "Its total covers services that you may not see." in text


def test_without_a_bill_the_page_says_so(home, owner):
    assert "No bill has reached us yet." in words(card(page(owner), "bill"))


def test_companies_that_can_read_are_counted_once_each_and_lead_to_sharing(home, owner):
    sunny = approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))
    approve(ask(USAGE, user=home.owner, client=sunny.client))
    second = ClientFactory(name="Sunny Roofs (demo)", registration=sunny.client.registration)
    approve(ask(USAGE, user=home.owner, client=second))
    over = GrantFactory(user=home.owner, status=GrantStatus.ACTIVE, access_ends=NOW)
    GrantPartFactory(grant=over, contracts=[home.contract])

    section = card(page(owner), "sharing")

    assert "1 company can read your data Sunny Roofs (demo)" in words(section)
    assert section.xpath(".//p[contains(@class, 'home-figure')]/a/@href") == [reverse("sharing_list")]


def test_nobody_reading_is_said(home, owner):
    assert "No company can read your data." in words(card(page(owner), "sharing"))


def test_decisions_that_are_due_stand_first(home, owner):
    open_request = ask(USAGE, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)"))
    paused = GrantFactory(client=ClientFactory(name="Valley (demo)"), status=GrantStatus.NEEDS_AUTHORIZATION)
    GrantPartFactory(grant=paused, contracts=[home.contract])

    tree = page(owner)

    waiting = card(tree, "waiting")
    assert "Sunny Roofs (demo) asks to see data" in words(waiting)
    assert "Sharing with Valley (demo) needs your decision" in words(waiting)
    assert waiting.xpath(".//a/@href") == [
        reverse("my_request", args=[open_request.reference]),
        reverse("sharing_detail", args=[paused.public_id]),
    ]
    assert tree.xpath("//section/@aria-labelledby") == ["waiting", "usage", "bill", "sharing", "accounts"]


def test_services_lead_to_their_pages_and_ended_ones_come_last(home, owner):
    ended = add_service(owner=home.owner, account=home.account, end=date(2024, 1, 1), contract_number="0")

    section = card(page(owner), "accounts")

    assert section.xpath(".//li/a/@href") == [
        reverse("my_contract", args=[contract.public_id]) for contract in (home.contract, ended.contract)
    ]
    assert reverse("my_accounts") in section.xpath(".//a/@href")


def test_another_customers_usage_bill_and_sharing_do_not_show(home, owner):
    other = household()
    hours(other.meter, NOVEMBER, 23)
    bill(other.contract)
    approve(ask(USAGE, user=other.owner))

    text = words(page(owner).xpath("//main")[0])

    for nothing in ("No company can read", "No readings have reached us", "No bill has reached us"):
        assert nothing in text


def test_who_has_no_role_any_more_reads_why_there_is_nothing(home, owner):
    Membership.objects.all().delete()

    assert "There are no accounts for this login yet." in words(page(owner).xpath("//main")[0])


@pytest.mark.parametrize("many", [1, 8])
def test_the_page_costs_the_same_queries_however_much(home, owner, many, django_assert_max_num_queries):
    for _each in range(many):
        more = household(owner=home.owner)
        swapped = MeterDeviceFactory()
        more.point.installations.update(end=NOVEMBER + timedelta(days=5))
        MeterInstallationFactory(meter=swapped, service_point=more.point, start=NOVEMBER + timedelta(days=5))
        hours(more.meter, NOVEMBER, 5)
        hours(swapped, NOVEMBER + timedelta(days=5, hours=1), 18)
        bill(more.contract)
        approve(ask(USAGE, user=home.owner))

    # session twice, user; services; sharings twice, decisions; facts, blocks, periods, cut blocks; labels, bills,
    # sections, contracts; session saved: three; bills with lines, thirteen months and days of readings
    with django_assert_max_num_queries(22):
        page(owner)


@pytest.mark.spec("P-37")
def test_a_card_has_thirteen_months_what_it_costs_so_far_and_the_bill_to_expect_with_its_error(home, owner):
    hours(home.meter, datetime(2025, 10, 1, 7, tzinfo=UTC), 419, wh=500)
    for place in range(11, 22):  # bills from December to October
        first, end = (date(2025 + month // 12, month % 12 + 1, 1) for month in (place, place + 1))
        statement = bill(home.contract, statement_date=end, start=first, end=end)
        statement.sections.get().line_items.update(quantity=Decimal(12 * (end - first).days))

    (electric,) = card(page(owner), "usage").xpath(".//section")

    assert len(electric.xpath(".//svg[@class='drawing spark']/rect")) == 13
    assert len(electric.xpath(".//table[@class='spark-table']/tbody/tr")) == 13
    text = words(electric)
    assert "So far about $46.59 (November 1, 2026 to November 22, 2026) Next bill about $65.64" in text
    assert "On your last 10 bills this was off by 4% on average." in text
    assert "How this is estimated: your use a day so far goes on" in text


@pytest.mark.spec("P-37")
def test_what_is_worth_a_look_is_listed_and_leads_on(home, owner):
    hours(home.meter, datetime(2026, 11, 1, 7, tzinfo=UTC), 10)
    late = bill(home.contract, open_amount=Decimal("60"))
    new, old = (GrantFactory(client=ClientFactory(name=name)) for name in ("Valley (demo)", "Sunny (demo)"))
    again = GrantFactory(client=new.client)  # one company is named once
    for grant, days in ((again, 4), (new, 3), (old, 100)):
        GrantPartFactory(grant=grant, contracts=[home.contract])
        Grant.objects.filter(pk=grant.pk).update(created=NOW - timedelta(days=days))

    notices = card(page(owner), "notices")

    assert [words(item) for item in notices.xpath(".//li")] == [
        "The bill of March 3, 2026 is overdue: $60.00",
        f"No readings since November 10, 2026: Electricity, {home.contract.contract_number}, {home.contract.address}",
        "Valley (demo) can read your data since November 21, 2026",
        "Sunny (demo) has not read your data for 90 days: do you still need this?",
    ]
    assert notices.xpath(".//a/@href") == [
        reverse("my_bill", args=[late.public_id]),
        f"{reverse('my_usage')}?contract={home.contract.public_id}",
        *(reverse("sharing_detail", args=[grant.public_id]) for grant in (new, old)),
    ]


def test_where_all_is_well_there_are_no_notices(home, owner):
    hours(home.meter, NOVEMBER, 23)
    bill(home.contract, open_amount=Decimal("0"))

    assert not page(owner).xpath("//section[@aria-labelledby='notices']")
