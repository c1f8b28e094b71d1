"""One box finds people, what they have, and their consents."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import StaffFactory, UserFactory, household
from tests.factories.consent import approve, ask

pytestmark = pytest.mark.django_db
FIND = "/admin/find/"


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def search(browser, term: str) -> list[str]:
    return [hit.url for hit in browser.get(FIND, {"q": term}).context["hits"]]


def page_of(thing) -> str:
    return f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/change/"


def test_each_thing_a_caller_may_name_leads_to_its_page(staff):
    home = household(owner=UserFactory(name="Robin Sample", email="robin@example.com"))
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    receipt = grant.receipts.get()
    named = {
        "robin": home.owner,
        "sample": home.customer,
        "ROBIN@EX": home.owner,
        home.customer.customer_number.lower(): home.customer,
        home.account.account_number: home.account,
        home.contract.contract_number: home.contract,
        home.point.servicepoint_number: home.point,
        home.meter.meter_number: home.meter,
        "orchard lane": home.point.premise,
        grant.request.reference: grant.request,
        receipt.number.upper(): receipt,
        grant.public_id: grant,
    }

    assert {term: page_of(thing) in search(staff, term) for term, thing in named.items()} == dict.fromkeys(
        named, True
    )


def test_only_beginnings_are_found_and_nothing_is_found_for_nothing(staff):
    home = household()

    assert search(staff, "") == search(staff, "  ") == search(staff, "%") == []
    assert page_of(home.meter) not in search(staff, home.meter.meter_number[3:])


def test_a_hundred_hits_cost_as_many_queries_as_one(staff):
    household(owner=UserFactory(name="Robin Sample"))
    with CaptureQueriesContext(connection) as queries_of_one:
        staff.get(FIND, {"q": "robin"})

    for _ in range(10):
        household(owner=UserFactory(name="Robin Sample"))
    with CaptureQueriesContext(connection) as many:
        staff.get(FIND, {"q": "robin"})

    assert len(many) == len(queries_of_one)


def test_staff_find_only_what_they_may_look_at(client):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_meterdevice"))
    client.force_login(clerk)
    home = household()

    assert search(client, home.meter.meter_number) == [page_of(home.meter)]
    assert search(client, home.contract.contract_number) == []


def test_customers_cannot_search(client):
    client.force_login(household().owner)

    assert client.get(FIND, follow=True).status_code == 403


def test_the_box_is_on_every_page_of_staff(staff):
    for url in ("/admin/", "/admin/accounts/meterdevice/", "/admin/consent/grant/", FIND):
        assert f'action="{FIND}"' in staff.get(url).content.decode(), url


def test_an_address_that_one_may_not_look_up_leads_to_no_customer(client):
    home = household(owner=UserFactory(email="robin@example.com"))
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_customer", "view_premise"]))
    client.force_login(clerk)

    def customers(term: str) -> list[str]:
        return [customer.detail for customer in client.get(FIND, {"q": term}).context["customers"]]

    assert customers("robin@example") == customers(grant.public_id) == []
    assert (
        customers("orchard lane")
        == customers(home.customer.customer_number)
        == [home.customer.customer_number]
    )


@pytest.mark.parametrize(
    "address",
    [
        "/admin/find/?q=%00",
        "/admin/find/?q=a%2500%00",
        "/admin/consent/grant/?status__exact=%00",
        "/admin/consent/grant/?q=%00",
        "/admin/accounts/linkchange/affected/?contract=%00",
        "/admin/accounts/linkchange/affected/?run=%00",
        "/admin/accounts/linkchange/affected.csv?contract=%00",
        "/admin/datahub/channel/corrections/?channel=%00",
        "/admin/accounts/user/%00/change/",
        "/admin/as/%00/my/",
        "/admin/search/?s=%00",
        "/admin/autocomplete/?term=%00&app_label=consent&model_name=clientcontact&field_name=user",
    ],
)
def test_a_nul_in_an_address_is_refused(staff, address):
    staff.raise_request_exception = False

    assert staff.get(address).status_code == 400


def test_the_letters_for_a_nul_are_no_nul(staff):
    assert staff.get("/admin/find/?q=%2500").status_code == 200


@pytest.mark.parametrize("key", ["\0", "abc", "", "9" * 40, "1 OR 1=1"])
@pytest.mark.parametrize("path", ["/admin/consent/grant/", "/admin/accounts/user/"])
def test_a_ticked_row_that_is_no_row_is_refused(staff, path, key):
    staff.raise_request_exception = False
    action = "as_csv" if "grant" in path else "unlock_people"

    assert staff.post(path, {"action": action, "_selected_action": key}).status_code == 400


@pytest.mark.parametrize("page", ["abc", "99", "-1", "9" * 5000])
def test_a_page_of_the_themes_search_that_is_none_is_not_found(staff, page):
    staff.raise_request_exception = False

    assert staff.get("/admin/search/", {"s": "cust", "page": page}).status_code == 404
    assert staff.get("/admin/search/", {"s": "cust"}).status_code == 200
