"""/my/accounts/: what a customer has, as a tree; never what others had."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client as Browser
from lxml import html

from accounts.models import Membership, MeterName, Role
from accounts.pages.tree_page import LINES
from tests.factories.accounts import (
    BillingAccountFactory,
    ContractServicePointFactory,
    MembershipFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    UserFactory,
    add_service,
    household,
    place,
)

URL = "/my/accounts/"
MOVED_IN = datetime(2024, 6, 1, 7, tzinfo=UTC)


def page(browser, **query):
    answer = browser.get(URL, query)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def words(tree):
    return " ".join(tree.xpath("//main")[0].text_content().split())


def links(tree):
    return [link for link in tree.xpath("//main//a/@href") if link.startswith("/my/")]


def test_the_tree_goes_from_customer_to_meter_and_each_line_leads_on(home, browser):
    tree = page(browser)

    text = words(tree)
    for number in (
        home.customer.customer_number,
        home.account.account_number,
        home.contract.contract_number,
        home.point.servicepoint_number,
        home.meter.meter_number,
    ):
        assert number in text
    assert links(tree) == [
        f"/my/accounts/{home.account.public_id}/",
        f"/my/contracts/{home.contract.public_id}/",
        f"/my/meters/{home.meter.public_id}/",
    ]


def test_an_account_lies_under_its_parent_and_a_foreign_parent_is_not_shown(home, browser):
    below = BillingAccountFactory(customer=home.customer, parent=home.account)
    foreign = BillingAccountFactory(account_number="A-FOREIGN")
    alone = BillingAccountFactory(customer=home.customer, parent=foreign)

    tree = page(browser)

    nested = tree.xpath("//ul[contains(@class, 'account-tree--below')]")
    assert [below.account_number in group.text_content() for group in nested] == [True]
    assert alone.account_number in words(tree)
    assert "A-FOREIGN" not in words(tree)
    assert words(tree).count("There are no services in this account.") == 2


def test_services_that_ended_are_folded_with_the_meter_they_had_last(home, browser):
    ended = add_service(owner=home.owner, account=home.account, end=date(2023, 5, 1))

    tree = page(browser)

    (folded,) = tree.xpath("//details[contains(@class, 'disclosure')]")
    assert "1 service that has ended" in folded.text_content()
    assert "open" not in folded.attrib
    for number in (ended.contract.contract_number, ended.meter.meter_number):
        assert number in folded.text_content()
    assert "January 1, 2020 to April 30, 2023" in " ".join(folded.text_content().split())


@pytest.mark.spec("X-15")
def test_a_former_occupants_meter_and_a_replaced_one_are_not_in_the_tree(home, browser):
    theirs = MeterDeviceFactory(meter_number="THEIRS")
    moved = household(owner=home.owner, start=date(2024, 6, 1))
    point = moved.point
    MeterInstallationFactory(meter=theirs, service_point=point, start=MOVED_IN - timedelta(800), end=MOVED_IN)

    tree = page(browser)

    assert "THEIRS" not in words(tree)
    assert "Since June 1, 2024" in words(tree)


def test_viewers_see_only_the_account_they_have_a_role_for(home):
    other = BillingAccountFactory(customer=home.customer, account_number="A-OTHER")
    viewer = UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER, billing_account=home.account)
    browser = Browser()
    browser.force_login(viewer)

    text = words(page(browser))

    assert home.account.account_number in text
    assert other.account_number not in text


def test_who_has_no_role_any_more_reads_why_there_is_nothing(home, browser):
    Membership.objects.all().delete()

    assert "There are no accounts for this login yet." in words(page(browser))


@pytest.mark.parametrize(("services", "searchable"), [(10, False), (11, True)])
@pytest.mark.spec("P-10")
def test_the_search_is_there_from_eleven_entries(home, browser, services, searchable):
    for _each in range(services - 1):
        add_service(owner=home.owner, account=home.account)

    tree = page(browser)

    assert bool(tree.xpath("//form[@role='search']")) is searchable
    assert ("Name many at once" in words(tree)) is searchable


@pytest.fixture
def street(home):
    """Eleven services; the one looked for is named Cold Store at a pier, with a meter called Big one."""
    for _each in range(9):
        add_service(owner=home.owner, account=home.account)
    service = add_service(
        owner=home.owner, account=home.account, name="Cold Store", address="1 Pier, Harborside"
    )
    MeterName.objects.create(customer=home.customer, meter=service.meter, name="Big one")
    return service


@pytest.mark.parametrize(
    "text",
    [
        "cold store",
        "STORE harborside",
        "{0.contract.contract_number}",
        "{0.meter.meter_number}",
        "{0.point.servicepoint_number}",
        "big",
    ],
)
def test_a_service_is_found_by_numbers_names_and_address(browser, street, text):
    tree = page(browser, q=text.format(street))

    assert "1 result for" in words(tree)
    assert [link for link in links(tree) if "/contracts/" in link] == [
        f"/my/contracts/{street.contract.public_id}/"
    ]


@pytest.mark.spec("X-15")
def test_a_former_occupants_meter_number_finds_nothing(home, browser, street):
    past = MeterDeviceFactory(meter_number="PAST-9")
    gone = datetime(2019, 12, 1, tzinfo=UTC)
    MeterInstallationFactory(meter=past, service_point=street.point, start=gone - timedelta(900), end=gone)

    assert "Nothing here matches your search." in words(page(browser, q="PAST-9"))


def test_services_can_be_arranged_by_the_region_they_are_in(home, browser, street):
    place(home.point, "NORTH")
    ContractServicePointFactory(contract=street.contract, service_point=home.point, start=MOVED_IN)

    tree = page(browser, by="region")

    groups = {
        " ".join(group.xpath("string(.//h2)").split()): group for group in tree.xpath("//main//section")
    }
    assert list(groups) == ["Region NORTH2 services", "Region not known9 services"]
    assert street.contract.contract_number in groups["Region NORTH2 services"].text_content()
    assert home.account.account_number in groups["Region not known9 services"].text_content()


def test_a_long_list_is_paged_and_keeps_the_search(home, browser):
    for _each in range(LINES):
        add_service(owner=home.owner, account=home.account, name="Shop")

    first, second = page(browser, q="shop 1"), page(browser, page=2)

    assert len([link for link in links(second) if "/contracts/" in link]) == 1
    assert home.account.account_number in words(second)
    assert not first.xpath("//nav[@class='pager']")


@pytest.mark.parametrize("query", [{}, {"by": "region"}, {"q": "orchard"}])
@pytest.mark.parametrize("many", [1, 12])
def test_the_page_costs_the_same_queries_however_much(
    home, browser, query, many, django_assert_max_num_queries
):
    for _each in range(many):
        household(owner=home.owner)

    # session twice, user; accounts, contracts; regions, or numbers and names; contracts, links, installations, names;
    # ownership; session saved: three
    with django_assert_max_num_queries(15):
        page(browser, **query)


def test_numbers_are_in_the_order_of_people(home, browser):
    for number in ("S-10", "S-9", "S-100"):
        add_service(owner=home.owner, account=home.account, contract_number=number)

    text = words(page(browser))

    assert text.index("S-9 ") < text.index("S-10 ") < text.index("S-100 ")
