"""Addresses and places that are none: answered with words, and in nobody's way."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from accounts.mail.invitations import write_invitations
from accounts.mail.queue import send_waiting_mail
from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, UserFactory, household
from tests.factories.sign_in import handed_out

NO_MAIL_GETS_THERE = "ben@" + "ü" * 62 + ".example.com"  # a name longer than domains have, once encoded
TOO_LONG = "b" * 250 + "@example.com"

pytestmark = pytest.mark.django_db
bad_addresses = pytest.mark.parametrize("address", [NO_MAIL_GETS_THERE, TOO_LONG], ids=["domain", "length"])


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def home():
    return household(owner=UserFactory(email="ana@example.com"))


@pytest.fixture
def owner(home):
    owner = Browser()
    owner.post(reverse("account_login"), {"login": "ana@example.com", "password": PASSWORD})
    return owner


def is_refused(answer):
    """With the field's own words, and no mail."""
    assert answer.status_code == 200
    assert "Enter an e-mail address like name@example.com." in answer.content.decode()
    assert not OutgoingMail.objects.filter(kind="sign_in").exists()


@bad_addresses
def test_nobody_is_invited_to_an_address_that_no_mail_reaches(owner, home, address):
    form = {"email": address, "account": f"all-{home.customer.public_id}", "role": "viewer"}

    is_refused(owner.post(reverse("people_invite"), form))


@bad_addresses
def test_no_access_is_opened_for_an_address_that_no_mail_reaches(client, home, address):
    code = handed_out(home.customer)

    form = {"account_number": home.account.account_number, "code": code, "email": address}

    is_refused(client.post(reverse("account_activate"), form))


@bad_addresses
def test_nobody_moves_to_an_address_that_no_mail_reaches(owner, address):
    is_refused(owner.post(reverse("my_email"), {"email": address}))


def test_one_mail_that_cannot_be_sent_keeps_no_other_back():
    at = clock.now()
    for address in (NO_MAIL_GETS_THERE, "ana@example.com"):
        write_sign_in_mail(to=address, subject="Your code", text="123456", at=at)

    assert send_waiting_mail(at=at, logins_only=True) == 1
    assert [message.to for message in mail.outbox] == [["ana@example.com"]]
    assert OutgoingMail.objects.get().attempts == 1


def test_one_invitation_that_cannot_be_sent_keeps_no_other_back():
    at = clock.now()
    for address in (NO_MAIL_GETS_THERE, "ana@example.com"):
        write_invitations(users=[UserFactory(email=address)], at=at)

    assert send_waiting_mail(at=at) == 1
    assert [message.to for message in mail.outbox] == [["ana@example.com"]]


@pytest.mark.parametrize("place", ["http://[", "https://[::1", "javascript:alert(1)", "//evil.example.com"])
def test_a_place_that_is_none_of_ours_is_followed_from_no_page(client, home, place):
    pages = ("account_login", "account_request_login_code", "account_activate", "account_reset_password")

    shown = [client.get(reverse(page), {"next": place}).status_code for page in pages]
    form = {"login": "ana@example.com", "password": PASSWORD, "next": place}
    done = client.post(reverse("account_login"), form)

    assert shown == [200] * 4
    assert done["Location"] == "/my/"


def test_a_page_that_is_read_answers_to_head_too(owner, client):
    assert client.head(reverse("account_activate")).status_code == 200
    assert {owner.head(reverse(name)).status_code for name in ("my_settings", "my_email", "my_sessions")} == {
        200
    }
