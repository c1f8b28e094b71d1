"""A second step that is lost with its recovery codes."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, StaffAction
from cdsc_portal.lib.time import clock
from tests.factories.accounts import household
from tests.factories.sign_in import with_app, with_listed_passkey

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return with_listed_passkey(with_app(household().owner))


def take_off(address):
    call_command("lost_second_step", address, "--reason", "Known by the last bill")


def test_all_of_it_goes_and_the_person_hears_of_it(owner):
    browser = Browser()
    browser.force_login(owner)

    take_off(owner.email.upper())

    assert not Authenticator.objects.filter(user=owner).exists()
    assert browser.get("/my/")["Location"].startswith("/accounts/login/")
    (mail,) = OutgoingMail.objects.filter(to=owner.email)
    assert "was taken off on" in words_of(mail).text
    (act,) = StaffAction.objects.all()
    assert (act.what, act.reason) == ("took off a lost second step (command line)", "Known by the last bill")


def test_what_the_person_may_share_waits_for_a_day(owner):
    take_off(owner.email)

    waits = owner.memberships.get().shares_from - clock.now()
    assert timedelta(hours=23) < waits <= timedelta(hours=24)


def test_who_has_none_is_refused_in_words(owner):
    take_off(owner.email)

    for address in (owner.email, "nobody@example.com"):
        with pytest.raises(CommandError, match=f"{address} is nobody with a second step"):
            take_off(address)
    assert StaffAction.objects.count() == 1
