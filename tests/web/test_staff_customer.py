"""One customer on one page for staff: services, freshness, people, grants, mail; and the way there from the search."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, add_service, household
from tests.factories.consent import approve, ask
from tests.factories.feeds import load_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def url_of(home) -> str:
    return reverse("staff_customer", args=[home.customer.pk])


def test_what_a_caller_asks_about_is_on_one_page(staff):
    home = household(owner=UserFactory(name="Robin Sample"))
    load_days(home.meter, date(2026, 3, 1), 2)
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    start_support_session(person=home.owner, by=StaffFactory(), reason="asks about a bill", at=clock.now())

    page = staff.get(url_of(home)).context["page"]

    assert [service.number for service, _fresh in page.services] == [home.contract.contract_number]
    assert page.services[0][0].meters == ((home.meter.pk, home.meter.meter_number),)
    assert page.services[0][1].startswith("March 2, 2026")
    assert [person.email for person in page.people] == [home.owner.email]
    assert [row.company for row in page.grants] == [grant.client.name]
    assert [mail.to for mail in page.mails] == [home.owner.email]
    assert [reason for _when, reason in page.support_sessions] == ["asks about a bill"]


def test_what_a_person_may_do_is_said_in_the_readers_language(staff):
    home = household()
    MembershipFactory(
        customer=home.customer,
        billing_account=home.account,
        role=Role.DELEGATE,
        may_share=True,
        until=clock.now(),
    )
    staff.cookies["django_language"] = "es"

    people = staff.get(url_of(home)).context["page"].people

    assert {person.role for person in people} == {
        "Titular: ve y comparte",
        f"Representante: ve y comparte, hasta una fecha, {home.account}",
    }


def test_another_customers_things_are_not_on_it(staff):
    home, other = household(), household()
    approve(ask({"type": "usage_data", "services": "all"}, user=other.owner))

    page = staff.get(url_of(home)).context["page"]

    assert len(page.services) == len(page.people) == 1
    assert (page.grants, page.mails) == ((), ())


@pytest.mark.parametrize("named", ["account", "contract", "meter", "owner", "receipt", "grant", "street"])
def test_whatever_a_caller_names_leads_to_the_customer_first(staff, named):
    home = household(owner=UserFactory(email="robin@example.com"))
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    terms = {
        "account": home.account.account_number,
        "contract": home.contract.contract_number,
        "meter": home.meter.meter_number,
        "owner": "robin@ex",
        "receipt": grant.receipts.get().number,
        "grant": grant.public_id,
        "street": "orchard lane",
    }

    answer = staff.get("/admin/find/", {"q": terms[named]})

    assert [customer.url for customer in answer.context["customers"]] == [url_of(home)]


def test_what_a_person_may_not_see_is_left_out(client):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_customer"))
    client.force_login(clerk)

    page = client.get(url_of(household())).context["page"]

    assert (page.people, page.grants, page.mails, page.support_sessions) == (None, None, None, None)


def test_who_may_not_see_customers_is_kept_out(client):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_feed"))
    client.force_login(clerk)
    home = household()

    assert client.get(url_of(home)).status_code == 403
    assert not client.get("/admin/find/", {"q": home.account.account_number}).context["customers"]


def test_twenty_services_cost_as_many_queries_as_two(staff):
    home = household()
    add_service(owner=home.owner, account=home.account)
    with CaptureQueriesContext(connection) as few:
        staff.get(url_of(home))

    for _ in range(18):
        add_service(owner=home.owner, account=home.account)
    with CaptureQueriesContext(connection) as many:
        staff.get(url_of(home))

    assert len(many) == len(few)
