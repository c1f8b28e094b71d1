"""/my/people/ of a customer with many accounts, and of who owns something no more."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from accounts.models import Invitation, Membership, Role
from cdsc_portal.lib.time import clock
from tests.factories.accounts import BillingAccountFactory, MembershipFactory, UserFactory, household

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return household(owner=UserFactory(email="ana@example.com", name="Ana Example"))


@pytest.fixture
def owner(home):
    owner = Browser()
    owner.force_login(home.owner)
    return owner


@pytest.fixture
def stores(home):
    return BillingAccountFactory.create_batch(60, customer=home.customer)


def choices(answer):
    return html.fromstring(answer.content.decode()).xpath("//select[@name='account']/option/@value")


def invite(owner, **form):
    return owner.post(reverse("people_invite"), {"email": "ben@example.com", "role": "viewer", **form})


def test_one_of_many_accounts_is_named_by_its_number(owner, home, stores):
    assert choices(owner.get(reverse("people_invite"))) == ["one", f"all-{home.customer.public_id}"]

    invite(owner, account="one", number=f" {stores[7].account_number} ")

    assert Invitation.objects.get().billing_account == stores[7]


def test_a_number_beside_all_accounts_is_asked_about(owner, home, stores):
    answer = invite(owner, account=f"all-{home.customer.public_id}", number=stores[7].account_number)

    assert "Leave this empty, or choose" in answer.content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("number", ["", "999999", "foreign"])
def test_the_number_is_that_of_an_own_account(owner, stores, number):
    if number == "foreign":
        number = household().account.account_number

    answer = invite(owner, account="one", number=number)

    assert "You own no account with this number." in answer.content.decode()
    assert not Invitation.objects.exists()


def test_the_form_asks_as_often_for_many_accounts_as_for_few(owner, stores, home):
    with CaptureQueriesContext(connection) as some:
        owner.get(reverse("people_invite"))
    BillingAccountFactory.create_batch(60, customer=home.customer)

    with CaptureQueriesContext(connection) as more:
        owner.get(reverse("people_invite"))

    assert len(some) == len(more) <= 9


def test_who_owned_something_once_invites_nobody(home):
    ended = clock.now() - timedelta(days=1)
    former = MembershipFactory(customer=home.customer, role=Role.OWNER, until=ended).user
    browser = Browser()
    browser.force_login(former)

    assert browser.get(reverse("people_invite")).status_code == 404


def test_who_owned_all_once_and_one_account_now_offers_that_one(home):
    former = Membership.objects.get(user=home.owner)
    former.until = clock.now() - timedelta(days=1)
    former.save()
    MembershipFactory(customer=home.customer, user=home.owner, role=Role.OWNER, billing_account=home.account)
    browser = Browser()
    browser.force_login(home.owner)

    assert choices(browser.get(reverse("people_invite"))) == [home.account.public_id]


def rows(answer):
    return html.fromstring(answer.content.decode()).xpath("//tbody/tr")


def test_of_many_people_the_first_are_shown_and_the_others_are_found(owner, home):
    MembershipFactory.create_batch(60, customer=home.customer, role=Role.VIEWER)
    last = MembershipFactory(customer=home.customer, user__email="zoe@example.com", role=Role.VIEWER).user

    first = owner.get(reverse("people"))
    result_page = owner.get(reverse("people"), {"q": "ZOE@"})

    assert len(rows(first)) == 50 and "The first 50 of 62." in first.content.decode()
    assert last.email not in first.content.decode()
    assert len(rows(result_page)) == 1 and last.email in result_page.content.decode()
    assert "Only owner" in owner.get(reverse("people"), {"q": "ana@"}).content.decode()
    assert "Nobody here fits your search." in owner.get(reverse("people"), {"q": "\0nobody"}).content.decode()


def test_few_people_need_no_search(owner, home):
    MembershipFactory(customer=home.customer, role=Role.VIEWER)

    page = owner.get(reverse("people"))

    assert len(rows(page)) == 2
    assert 'type="search"' not in page.content.decode()
