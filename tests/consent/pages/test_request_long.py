"""A chain with many stores: lists that are searched, arranged by region and ticked from numbers, within the limits."""

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html

from accounts.models import (
    BillingAccount,
    ContractServicePoint,
    GridPlacement,
    ServiceContract,
    ServicePoint,
)
from consent.models import Grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import EPOCH, household
from tests.factories.consent import ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
REGIONS = ("North", "South", "")
PAGE_LIMIT = 200_000  # bytes compressed, scripts and styles included


@pytest.fixture
def chain(home):
    """Twelve stores, each an account of its own, in two regions and none; the household's own service besides."""
    return stores(home, 12)


def stores(home, count):
    """`count` accounts with one service each, by number."""
    accounts = BillingAccount.objects.bulk_create(
        BillingAccount(customer=home.customer, account_number=f"S{n:05d}", name=f"Store {n}")
        for n in range(count)
    )
    contracts = ServiceContract.objects.bulk_create(
        ServiceContract(
            billing_account=account,
            contract_number=f"7{n:05d}-1",
            commodity="electricity",
            address=f"{n} Market Square, Riverton",
            start="2020-01-01",
        )
        for n, account in enumerate(accounts)
    )
    points = ServicePoint.objects.bulk_create(
        ServicePoint(servicepoint_number=f"SQ{n}", commodity="electricity") for n in range(count)
    )
    GridPlacement.objects.bulk_create(
        GridPlacement(service_point=point, region=REGIONS[n % 3], start=EPOCH)
        for n, point in enumerate(points)
        if REGIONS[n % 3]
    )
    ContractServicePoint.objects.bulk_create(
        ContractServicePoint(contract=contract, service_point=point, start=EPOCH)
        for contract, point in zip(contracts, points, strict=True)
    )
    return contracts


def ticked(form):
    return set(form.ticked("contract-usage_data"))


def ids(contracts):
    return {contract.public_id for contract in contracts}


@pytest.mark.parametrize("typed", ["700003-1\n700004-1", "s00003, S00004"])
def test_only_the_listed_numbers_of_services_or_accounts_are_ticked(home, browser, opened, chain, typed):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill("numbers-usage_data", typed)

    response = form.press("action", "list-usage_data")

    assert response.status_code == 200
    assert ticked(PostedForm.on(browser, response)) == ids(chain[3:5])


def test_a_file_ticks_and_what_it_names_too_much_is_said(home, browser, opened, chain):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.data["file-usage_data"] = [
        SimpleUploadedFile("stores.csv", b"number,store\n700001-1,One\n999-9,Nowhere\n", "text/csv")
    ]

    response = form.press("action", "list-usage_data")

    page = response.content.decode()
    assert "1 number is not in this list: 999-9. The others are ticked." in page
    assert '<a href="#numbers-usage_data">' in page
    assert ticked(PostedForm.on(browser, response)) == ids(chain[1:2])


@pytest.mark.parametrize(
    ("field", "sent", "words"),
    [
        ("numbers-usage_data", "", "Enter at least one number"),
        ("numbers-usage_data", "999-9", "1 number is not in this list: 999-9. Your ticks are as before."),
        ("file-usage_data", SimpleUploadedFile("a.xlsx", b"PK\xff\xfe"), "The file cannot be read."),
    ],
)
def test_a_list_that_ticks_nothing_leaves_the_ticks_alone(home, browser, opened, chain, field, sent, words):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.data[field] = [sent]

    response = form.press("action", "list-usage_data")

    assert words in response.content.decode()
    assert len(ticked(PostedForm.on(browser, response))) == 13


def test_numbers_that_were_not_ticked_yet_are_no_decision(home, browser, opened, chain):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill("numbers-usage_data", "700003-1")

    response = form.press("decision", "approve")

    assert "did not tick them yet" in response.content.decode()
    assert not Grant.objects.exists()


def test_a_region_is_unticked_at_once(home, browser, opened, chain):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill("by-usage_data", "region")
    arranged = form.press("action", "update")

    response = PostedForm.on(browser, arranged).press("action", "none-usage_data.region.North")

    page = html.fromstring(arranged.content.decode())
    assert page.xpath("//section[@data-section]//h3/text()") == ["North", "South", "Region not known"]
    north = ids(chain[0::3])
    assert ticked(PostedForm.on(browser, response)) == ids(chain) - north | {home.contract.public_id}


def test_a_section_that_is_not_there_changes_nothing(home, browser, opened, chain):
    form = opened(browser, ask(USAGE, user=home.owner))

    response = browser.post(form.address, {**form.data, "action": "none-usage_data.region.West"}, follow=True)

    assert len(ticked(PostedForm.on(browser, response))) == 13


@pytest.mark.spec("P-10")
def test_two_thousand_stores_stay_within_the_limits(home, browser, django_assert_num_queries):
    stores(home, 2000)
    request = ask(USAGE, user=home.owner)

    # session, user, request; scopes closed, limits; contracts, regions, meters, role, grants; the session: 3
    with django_assert_num_queries(13):
        response = browser.get(request.page)

    assert "2001 of 2001 ticked" in response.content.decode()
    assert len(gzip.compress(response.content)) < PAGE_LIMIT - 40_000


def test_another_customers_number_is_not_in_the_list(home, browser, opened, chain):
    stranger = household()
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill("numbers-usage_data", stranger.contract.contract_number)

    response = form.press("action", "list-usage_data")

    assert "1 number is not in this list" in response.content.decode()
    assert stranger.contract.public_id not in response.content.decode()
