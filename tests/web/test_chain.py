"""A chain with 2,000 stores: its pages stay light, and cost as many queries as anybody's."""

import gzip
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import BillingAccount, Commodity, Customer, ServiceContract
from accounts.pages.tree_page import LINES
from accounts.queries.roles import visible_accounts, visible_contracts
from cdsc_portal.lib.time import clock
from tests.factories.accounts import household
from tests.factories.chain import chain
from tests.factories.consent import GrantFactory, GrantPartFactory

STORES = 2_000
LIGHT = 200_000  # bytes, compressed
# what the same pages cost a household: see their own tests
QUERIES = {
    "my_home": 22, "my_accounts": 15, "my_account": 23, "my_contract": 18, "my_names": 8, "my_usage": 10,
    "my_mix": 11, "my_downloads": 10, "my_portfolio": 22,
}  # fmt: skip


@pytest.fixture
def shops(db):
    shops = chain(stores=STORES)
    GrantPartFactory(grant=GrantFactory(user=shops.owner), contracts=shops.contracts)
    return shops


@pytest.fixture
def owner(shops) -> Browser:
    owner = Browser()
    owner.force_login(shops.owner)
    return owner


def address(name, shops):
    things = {"my_account": shops.head, "my_contract": shops.contracts[77]}
    return reverse(name, args=[things[name].public_id] if name in things else [])


def test_every_page_is_light_and_asks_no_more_of_the_database(shops, owner, django_assert_max_num_queries):
    for name, queries in QUERIES.items():
        with django_assert_max_num_queries(queries):
            answer = owner.get(address(name, shops))

        assert answer.status_code == 200
        assert len(gzip.compress(answer.content)) < LIGHT / 4, name


def test_a_store_is_found_and_each_one_is_on_one_page(shops, owner):
    search_page = html.fromstring(owner.get(reverse("my_accounts"), {"q": "shop 1234"}).content.decode())
    pages = [
        html.fromstring(owner.get(reverse("my_accounts"), {"page": number}).content.decode())
        for number in (1, STORES // LINES + 1)
    ]

    contracts = [
        [link for link in tree.xpath("//main//a/@href") if "/contracts/" in link]
        for tree in (search_page, *pages)
    ]
    assert contracts[0] == [reverse("my_contract", args=[shops.contracts[1233].public_id])]
    assert len(contracts[1]) == LINES - 1  # the head office has a line too, and no service
    assert len(contracts[2]) == 1
    for tree in pages:
        assert "Head office" in tree.xpath("string(//main)")  # what a store lies under is repeated


def test_all_names_are_taken_from_one_list(shops, owner):
    household()  # somebody else's
    lines = "\n".join(f"STORE-{n};Laden {n}" for n in range(1, STORES + 1))

    answer = owner.post(reverse("my_names"), {"file": named(lines)}, follow=True)

    assert f"{STORES} names were changed." in answer.content.decode()
    assert ServiceContract.objects.filter(name__startswith="Laden ").count() == STORES
    assert not BillingAccount.objects.filter(name__startswith="Laden ").exists()


def named(lines):
    return SimpleUploadedFile("names.csv", lines.encode(), content_type="text/csv")


@pytest.fixture
def town(db) -> None:
    """3,000 customers with an account and a service each."""
    customers = Customer.objects.bulk_create(
        Customer(customer_number=f"TOWN-{n}", name="Neighbor") for n in range(3_000)
    )
    accounts = BillingAccount.objects.bulk_create(
        BillingAccount(customer=customer, account_number=customer.customer_number) for customer in customers
    )
    ServiceContract.objects.bulk_create(
        ServiceContract(
            billing_account=account,
            contract_number=account.account_number,
            commodity=Commodity.ELECTRICITY,
            start=date(2020, 1, 1),
        )
        for account in accounts
    )


@pytest.mark.parametrize("visible", [visible_contracts, visible_accounts])
def test_who_may_see_what_is_found_without_reading_everybodys(town, visible):
    home = household()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_servicecontract, accounts_billingaccount, accounts_membership")

    plan = visible(user=home.owner, at=clock.now()).explain(analyze=True)

    assert "Seq Scan on accounts_servicecontract" not in plan
    assert "Seq Scan on accounts_billingaccount" not in plan
