"""Long lists of sharing, of stores, and all of it as CSV."""

import csv
import gzip
import io

import pytest
from django.urls import reverse

from accounts.models import Role, ServiceContract
from tests.consent.pages.readers import logged_in, read
from tests.factories.accounts import (
    MembershipFactory,
    ServiceContractFactory,
    add_service,
    household,
)
from tests.factories.consent import ClientFactory, approve, ask
from tests.support.titles import title_of

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}
LIST = reverse("sharing_list")


@pytest.mark.parametrize("many", [1, 2000])
def test_two_thousand_stores_leave_list_and_detail_small(home, browser, many, django_assert_num_queries):
    ServiceContract.objects.bulk_create(
        ServiceContractFactory.build_batch(many, billing_account=home.account)
    )
    grant = approve(ask(USAGE, BILLS, user=home.owner))

    with django_assert_num_queries(13):
        listed = browser.get(LIST)
    # as many as the detail's other test counts, without a page of reads
    with django_assert_num_queries(18):
        detail = browser.get(reverse("sharing_detail", args=[grant.public_id]))

    assert len(listed.content) < 20_000
    assert len(gzip.compress(detail.content)) < 100_000


def test_the_list_is_searched_from_eleven_on_and_by_page(home, browser):
    for number in range(30):
        approve(ask(USAGE, user=home.owner, client=ClientFactory(name=f"Company {number:02}")))
    approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))

    first = browser.get(LIST).content.decode()
    second = browser.get(LIST, {"now": 2}).content.decode()
    page = browser.get(LIST, {"q": "sunny"}).content.decode()
    by_number = browser.get(LIST, {"q": home.contract.contract_number}).content.decode()
    nothing = browser.get(LIST, {"q": "nobody"}).content.decode()

    assert first.count('<li class="card sharing-card">') == 24
    assert second.count('<li class="card sharing-card">') == 7
    assert page.count('<li class="card sharing-card">') == 1 and "Sunny Roofs (demo)" in page
    assert by_number.count('<li class="card sharing-card">') == 24
    assert "Nothing that is shared now has “nobody”." in nothing


def test_ten_sharings_are_not_searched(home, browser):
    for _each in range(10):
        approve(ask(USAGE, user=home.owner))

    assert 'role="search"' not in browser.get(LIST).content.decode()


def test_the_list_goes_out_as_csv_account_by_account_and_as_text(home, browser):
    shop = household(owner=home.owner)
    add_service(owner=home.owner, account=shop.account)
    grant = approve(ask(USAGE, BILLS, user=home.owner, client=ClientFactory(name="=Sunny()")))
    read(grant, home.contract)

    response = browser.get(reverse("sharing_list_csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))

    accounts = {home.account.account_number: "1", shop.account.account_number: "2"}
    assert {row["account"]: row["services"] for row in rows} == accounts
    assert {row["company"] for row in rows} == {"'=Sunny()"}
    assert {row["data"] for row in rows} == {f"{title_of('usage_data')}; {title_of('bill_data')}"}
    assert all(row["last_read_utc"] and not row["ended_at_utc"] for row in rows)
    assert {row["sharing_id"] for row in rows} == {grant.public_id}


def test_the_services_of_a_sharing_go_out_as_csv_only_those_one_sees(home):
    shop = household(owner=home.owner)
    grant = approve(ask(USAGE, BILLS, user=home.owner))
    clerk = MembershipFactory(customer=shop.customer, role=Role.VIEWER).user

    response = logged_in(clerk).get(reverse("sharing_services", args=[grant.public_id]))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))

    assert [row["service"] for row in rows] == [shop.contract.contract_number]
    assert rows[0]["data"] == f"{title_of('usage_data')}; {title_of('bill_data')}"
