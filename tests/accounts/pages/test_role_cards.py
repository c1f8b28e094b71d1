"""Roles are chosen by what follows from them; a delegate's months end on a day of the calendar."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import Invitation, Role
from cdsc_portal.lib.time.dates_in_words import last_day
from tests.factories.accounts import MembershipFactory, household

pytestmark = pytest.mark.django_db
AT = datetime(2026, 2, 28, 20, tzinfo=UTC)


@pytest.fixture
def home():
    return household()


@pytest.fixture
def owner(home):
    owner = Browser()
    owner.force_login(home.owner)
    return owner


@pytest.mark.spec("P-15")
def test_roles_are_cards_that_say_what_follows(owner):
    page = html.fromstring(owner.get(reverse("people_invite")).content.decode())

    all_cards = page.xpath("//div[@class='role-card']")
    cards = {card.xpath(".//input[@name='role']/@value")[0]: card for card in all_cards}
    assert set(cards) == set(Role)
    assert "end their roles" in cards["owner"].text_content()
    assert "Shares nothing" in cards["viewer"].text_content()
    for role, card in cards.items():
        names = set(card.xpath(".//@name")) - {"role"}
        assert names == ({"months", "until", "may_share"} if role == "delegate" else set())


@pytest.mark.parametrize(
    ("months", "day"), [("1", date(2026, 3, 28)), ("3", date(2026, 5, 28)), ("12", date(2027, 2, 28))]
)
def test_a_delegates_months_end_on_a_day_of_the_calendar(home, owner, months, day):
    fields = {
        "email": "ben@example.com", "account": f"all-{home.customer.public_id}", "role": "delegate",
        "months": months, "until": "2026-12-31",
    }  # fmt: skip

    with time_machine.travel(AT, tick=False):
        owner.post(reverse("people_invite"), fields)

    assert last_day(Invitation.objects.get().until) == day


def test_what_is_a_delegates_alone_counts_for_no_other_role(home, owner):
    fields = {
        "email": "ben@example.com", "account": f"all-{home.customer.public_id}", "role": "viewer",
        "months": "3", "until": "", "may_share": "on",
    }  # fmt: skip

    owner.post(reverse("people_invite"), fields)

    invitation = Invitation.objects.get()
    assert (invitation.until, invitation.may_share) == (None, False)


def test_a_delegates_time_is_made_longer_by_months(home, owner):
    delegate = MembershipFactory(
        customer=home.customer, role=Role.DELEGATE, until=datetime(2026, 3, 3, tzinfo=UTC)
    )
    address = reverse("people_change", args=[home.customer.public_id, delegate.user.public_id, "all"])

    with time_machine.travel(AT, tick=False):
        refused = owner.post(address, {"months": "", "until": ""})
        owner.post(address, {"months": "12", "until": ""})

    delegate.refresh_from_db()
    assert "A delegate needs a last day." in refused.content.decode()
    assert last_day(delegate.until) == date(2027, 2, 28)
