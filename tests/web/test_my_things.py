"""Pages of one account, one service and one meter: what is the customer's own, and nothing of others."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import EntityKind, Role
from cdsc_portal.lib.time import clock
from consent.transitions import GrantStatus
from tests.factories.accounts import (
    BillingAccountFactory,
    EntityFactory,
    MembershipFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ProgramFactory,
    SupplyTermFactory,
    UserFactory,
    add_service,
    household,
    place,
)
from tests.factories.consent import ClientFactory, GrantFactory, GrantPartFactory
from tests.factories.feeds import load_days
from tests.support.titles import title_of

SWAP = datetime(2023, 7, 1, 7, tzinfo=UTC)


@pytest.fixture
def home(db):
    return household()


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def page(browser, kind, thing):
    answer = browser.get(reverse(f"my_{kind}", args=[thing.public_id]))
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def words(tree):
    return " ".join(tree.xpath("//main")[0].text_content().split())


def facts(tree):
    """The summary lists: what a label says."""
    return {
        " ".join(pair.xpath("string(dt)").split()): " ".join(pair.xpath("string(dd[1])").split())
        for pair in tree.xpath(".//dl[contains(@class, 'summary-list')]/div")
    }


def rows(tree, caption):
    (table,) = tree.xpath(f"//table[caption='{caption}']")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in table.xpath("tbody/tr")]


def sharing(*contracts, company, status=GrantStatus.ACTIVE, scope="usage_data", **part):
    grant = GrantFactory(client=ClientFactory(name=company), status=status)
    GrantPartFactory(grant=grant, scope=scope, contracts=contracts, **part)
    return grant


def test_a_service_tells_the_contract_apart_from_the_wires(home, owner):
    home.contract.programs.add(ProgramFactory(name="Peak Saver"))
    home.account.programs.add(ProgramFactory(name="Paperless"))
    place(home.point, "NORTH")

    tree = page(owner, "contract", home.contract)

    agreed, wires = (tree.xpath(f"//section[@aria-labelledby='{name}']")[0] for name in ("agreed", "wires"))
    assert facts(agreed) == {
        "Contract number": home.contract.contract_number,
        "Your name for it": "No name yet",
        "Service": "Electricity",
        "Yours": "Since January 1, 2020",
        "Customer": home.customer.name,
        "Supplier and tariff now": "Not known to us",
        "Programs": "Peak Saver Paperless (whole account)",
    }
    assert facts(wires) == {
        "Network company": "River Valley Wires (demo)",
        "Service address": "12 Orchard Lane, Riverton",
    }
    assert rows(tree, "Service points") == [
        [
            home.point.servicepoint_number,
            home.point.premise.address,
            "240 volts",
            "NORTH",
            "Since January 1, 2020",
        ]
    ]


def test_suppliers_and_tariffs_are_listed_newest_first(home, owner):
    terms = {
        "contract": home.contract,
        "supplier": EntityFactory(name="Old (demo)", kind=EntityKind.SUPPLIER),
    }
    SupplyTermFactory(**terms, end=date(2025, 3, 1), tariff_name="Flat", tariff_code="R-1")
    SupplyTermFactory(
        contract=home.contract,
        supplier=EntityFactory(name="New (demo)"),
        start=date(2025, 3, 1),
        supplier_contract_number="S-77",
    )

    tree = page(owner, "contract", home.contract)

    assert rows(tree, "Supplier and tariff history") == [
        ["Since March 1, 2025", "New (demo)", "Home EV (EV-TOU)", "S-77"],
        ["January 1, 2020 to February 28, 2025", "Old (demo)", "Flat (R-1)", "–"],
    ]
    assert facts(tree)["Supplier and tariff now"] == "New (demo), Home EV (EV-TOU)"


def swapped(home):
    """The meter of the household was replaced."""
    home.point.installations.filter(end=None).update(end=SWAP)
    meter = MeterDeviceFactory(meter_number="NEW-1")
    MeterInstallationFactory(meter=meter, service_point=home.point, start=SWAP)
    return meter


@pytest.mark.spec("X-15")
def test_meters_past_and_now_are_dated_and_cut_to_the_contract(db):
    home = household(start=date(2022, 2, 1))
    before = MeterDeviceFactory(meter_number="BEFORE")
    moved_in = datetime(2022, 2, 1, 8, tzinfo=UTC)
    MeterInstallationFactory(
        meter=before, service_point=home.point, start=moved_in - timedelta(99), end=moved_in
    )
    swapped(home)
    owner = Browser()
    owner.force_login(home.owner)

    tree = page(owner, "contract", home.contract)

    point = home.point.servicepoint_number
    assert rows(tree, "Meters, now and before") == [
        ["NEW-1", point, "Since July 1, 2023"],
        [home.meter.meter_number, point, "February 1, 2022 to June 30, 2023"],
    ]
    assert owner.get(reverse("my_meter", args=[before.public_id])).status_code == 404


def test_an_ended_service_says_so(db):
    home = household(end=date(2024, 1, 1))
    owner = Browser()
    owner.force_login(home.owner)

    text = words(page(owner, "contract", home.contract))

    assert "Ended 12 Orchard Lane" in text
    assert "January 1, 2020 to December 31, 2023" in text


def test_a_meter_tells_where_it_measured_for_the_customer(home, owner):
    meter = swapped(home)

    old, new = page(owner, "meter", home.meter), page(owner, "meter", meter)

    assert "Measures for you no more" in words(old)
    assert "January 1, 2020 to June 30, 2023" in words(old)
    assert "In use" in words(new)
    assert f"{home.point.servicepoint_number}, 240 volts" in words(new)
    assert f"/my/contracts/{home.contract.public_id}/" in new.xpath("//tbody//a/@href")


def test_an_account_tells_what_lies_above_and_below_and_its_services(home, owner):
    below = BillingAccountFactory(customer=home.customer, parent=home.account, name="Shop")
    ended = add_service(owner=home.owner, account=home.account, end=date(2024, 1, 1))

    tree, child = page(owner, "account", home.account), page(owner, "account", below)

    assert facts(tree)["Account number"] == home.account.account_number
    assert f"Shop ({below.account_number})" in words(tree)
    assert ended.contract.contract_number in tree.xpath("string(//details[contains(@class, 'disclosure')])")
    assert home.account.account_number in child.xpath("string(//nav[@class='trail'])")
    assert "There are no services in this account." in words(child)


@pytest.mark.parametrize("kind", ["account", "contract", "meter"])
@pytest.mark.spec("X-15")
def test_what_is_another_customers_looks_like_what_is_missing(home, owner, kind):
    other = household()

    answers = [
        owner.get(reverse(f"my_{kind}", args=[public_id]))
        for public_id in (getattr(other, kind).public_id, "missing")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize("kind", ["account", "contract", "meter"])
def test_each_page_names_the_companies_that_can_read_it(home, owner, kind):
    second = add_service(owner=home.owner, account=home.account)
    open_now = sharing(home.contract, company="Sunny Roofs (demo)")
    sharing(second.contract, company="Of the other service (demo)")
    sharing(home.contract, company="Stopped (demo)", status=GrantStatus.REVOKED)
    sharing(home.contract, company="Part over (demo)", access_ends=clock.now() - timedelta(days=1))

    tree = page(owner, kind, getattr(home, kind))

    section = tree.xpath("//section[@aria-labelledby='readers']")[0]
    text = " ".join(section.text_content().split())
    assert f"Sunny Roofs (demo) Sharing {title_of('usage_data')}" in text
    assert reverse("sharing_detail", args=[open_now.public_id]) in section.xpath(".//a/@href")
    assert ("Of the other service (demo)" in text) is (kind == "account")
    assert "Stopped (demo)" not in text
    assert "Part over (demo)" not in text


@pytest.mark.parametrize(
    ("kind", "nobody"),
    [
        ("account", "No company can read data of this account."),
        ("contract", "No company can read data of this service."),
        ("meter", "No company can read what this meter measures."),
    ],
)
def test_a_page_says_when_nobody_can_read(home, owner, kind, nobody):
    assert nobody in words(page(owner, kind, getattr(home, kind)))


def test_a_company_that_gets_services_added_later_can_read_the_account(home, owner):
    account = BillingAccountFactory(customer=home.customer)
    add_service(owner=home.owner, account=account)
    sharing(company="Later (demo)", future_accounts=[account])

    assert "Later (demo)" in words(page(owner, "account", account))


@pytest.mark.parametrize("kind", ["account", "contract", "meter"])
def test_each_page_says_how_new_its_readings_are(home, owner, kind):
    meter = swapped(home)
    load_days(meter, date(2026, 11, 1), 3)
    load_days(home.meter, date(2023, 6, 1), 60)  # the last 30 of them after it was taken away

    until = words(page(owner, kind, getattr(home, kind)))

    expected = "June 30, 2023" if kind == "meter" else "November 3, 2026, 4:00 PM"
    assert f"Readings through {expected}" in until


def test_a_viewer_sees_all_of_it_but_no_way_to_rename(home):
    viewer = UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    browser = Browser()
    browser.force_login(viewer)

    for kind in ("account", "contract", "meter"):
        tree = page(browser, kind, getattr(home, kind))
        assert not [link for link in tree.xpath("//a/@href") if link.endswith("/name/")]


@pytest.mark.parametrize("kind", ["account", "contract", "meter"])
@pytest.mark.parametrize("many", [1, 9])
def test_each_page_costs_the_same_queries_however_much(
    home, owner, kind, many, django_assert_max_num_queries
):
    for _each in range(many):
        more = add_service(owner=home.owner, account=home.account)
        BillingAccountFactory(customer=home.customer, parent=home.account)
        sharing(home.contract, more.contract, company="Reader (demo)")
        SupplyTermFactory(contract=more.contract)

    with django_assert_max_num_queries({"account": 23, "contract": 18, "meter": 16}[kind]):
        page(owner, kind, getattr(home, kind))
