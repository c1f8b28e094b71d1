"""/my/people/: no button ends the account holder; other owners get notice and can be kept (P-36)."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import Membership, OutgoingMail
from tests.factories.accounts import MembershipFactory, UserFactory, household

URL = "/my/people/"
pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-36")]


def words(answer) -> str:
    return " ".join(html.fromstring(answer.content.decode()).text_content().split())


def role_url(name, home, user) -> str:
    return reverse(name, args=[home.customer.public_id, user.public_id, "all"])


def logged_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def test_an_invited_owner_finds_no_way_to_end_the_account_holder_who_gives_notice_and_keeps():
    home = household(owner=UserFactory(email="ana@example.com", name="Ana Example"))
    Membership.objects.filter(user=home.owner).update(is_account_holder=True)
    ben = MembershipFactory(customer=home.customer, user__name="Ben Example").user
    holder, invited = logged_in(home.owner), logged_in(ben)
    of_holder, of_invited = role_url("people_end", home, home.owner), role_url("people_end", home, ben)

    listed = invited.get(URL)
    assert "Account holder" in words(listed) and of_holder not in listed.content.decode()
    for answer in (
        invited.get(of_holder, follow=True),
        invited.post(of_holder, {"action": "end"}, follow=True),
    ):
        assert "Only they or we can end this role." in words(answer)
    assert Membership.objects.filter(user=home.owner).exists()

    assert of_invited in holder.get(URL).content.decode()
    question = words(holder.get(of_invited))
    assert "14 days' notice" in question and "Give notice" in question and "End it now" not in question
    given = words(holder.post(of_invited, {"action": "end"}, follow=True))
    assert "The role of Ben Example ends on" in given and "gave Ben Example 14 days' notice" in given
    assert of_invited not in holder.get(URL).content.decode()
    assert OutgoingMail.objects.filter(kind="owner_notice").count() == 2
    assert invited.get(reverse("people_invite")).status_code == 404
    assert "ana@example.com" not in words(invited.get(URL))

    keep = role_url("people_keep", home, ben)
    assert keep in holder.get(URL).content.decode()
    assert logged_in(household().owner).post(keep).status_code == 404
    assert invited.post(keep).status_code == 404
    assert "Ben Example stays an owner." in words(holder.post(keep, follow=True))
    assert not Membership.objects.exclude(until=None).exists()
