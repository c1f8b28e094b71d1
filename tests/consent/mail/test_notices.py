"""Who is told what when sharing starts, changes or ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts.mail.queue import words_of
from accounts.models import Commodity, OutgoingMail, Role
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import Actor
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.revoke import close_grant, expire_grants, revoke_grant, suspend_grant
from tests.factories.accounts import (
    MembershipFactory,
    StaffFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ClientFactory, approve, ask
from tests.support.titles import title_of

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)


@pytest.fixture
def home():
    return household(owner=UserFactory(name="Ada Demo"), name="Cabin")


@pytest.fixture
def grant(home):
    client = ClientFactory(name="Sunny Roofs", purpose="A purpose nobody has reviewed.")
    detail = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
    return approve(ask(detail, user=home.owner, client=client, at=AT), at=AT)


def mails(kind):
    return {mail.to: mail for mail in OutgoingMail.objects.filter(kind=kind)}


def test_the_mail_says_from_when_and_what_was_left_out(home):
    details = [
        {"type": kind, "start": "-1y", "end": "+1y", "services": "all"}
        for kind in ("usage_data", "bill_data")
    ]
    request = ask(*details, user=home.owner, client=ClientFactory(name="Sunny Roofs"), at=AT)
    approve(request, decision=(PartDecision("usage_data", frozenset({home.contract.pk})),), at=AT)

    text = words_of(mails("approved")[home.owner.email]).text

    assert "Ongoing until November 24, 2027. From Nov 24, 2025" in text
    assert f"Asked for, but not shared: {title_of('bill_data')}" in text


@pytest.mark.spec("P-16", "F-179", "F-181", "F-182s", "F-183", "F-180")
def test_who_agreed_gets_the_receipts_number_and_link_and_what_is_shared(home, grant):
    mail = mails("approved")[home.owner.email]

    receipt = grant.receipts.get()
    assert mail.subject == f"You are sharing data with Sunny Roofs: receipt {receipt.number}"
    for body in (words_of(mail).text, words_of(mail).html):
        assert "River Valley Power" in body
        key = re.search(r"/receipts/([\w-]{43})/", body).group(1)
        assert receipt.addresses.get().digest == checksum(key)
        assert title_of("usage_data") in body
        assert "Ongoing until November 24, 2027" in body
        assert "1 electricity service" in body
        assert "November 24, 2026, 8:00 AM (Pacific Time)" in body
        assert "nobody has reviewed" not in body


def test_a_mail_holds_no_printed_numbers_and_loads_nothing(home, grant):
    mail = mails("approved")[home.owner.email]

    for private in (home.contract.contract_number, home.account.account_number, home.contract.address):
        assert private not in words_of(mail).text + words_of(mail).html
    assert "<img" not in words_of(mail).html and "src=" not in words_of(mail).html


@pytest.mark.spec("P-15")
def test_the_other_owners_are_told_without_the_link_that_stops_everything(home):
    partner = MembershipFactory(customer=home.customer).user
    MembershipFactory(customer=home.customer, role=Role.VIEWER)

    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner, at=AT), at=AT)

    assert set(mails("approved")) == {home.owner.email}
    assert set(mails("shared")) == {partner.email}
    mail = mails("shared")[partner.email]
    assert mail.subject == "Ada Demo shared data from your account"
    assert "/receipts/" not in words_of(mail).text + words_of(mail).html
    assert f"/my/sharing/{grant.public_id}/" in words_of(mail).text


def test_owners_of_accounts_that_are_not_shared_hear_nothing(home):
    other = household()
    MembershipFactory(customer=other.customer, user=home.owner)
    detail = {"type": "usage_data", "services": [home.contract.contract_number]}

    approve(ask(detail, user=home.owner, at=AT), at=AT)

    assert not mails("shared")


@pytest.mark.parametrize(
    ("kind", "change", "subject"),
    [
        (
            "stopped",
            lambda grant: revoke_grant(grant=grant, by=grant.user, actor=Actor.CUSTOMER, at=LATER),
            "Sunny Roofs can no longer read your data",
        ),
        ("closed", lambda grant: close_grant(grant=grant, at=LATER), "Sunny Roofs ended its access"),
        (
            "ended",
            lambda grant: expire_grants(at=grant.access_ends),
            "Sharing with Sunny Roofs ended",
        ),
        (
            "paused",
            lambda grant: suspend_grant(grant=grant, by=StaffFactory(), at=LATER, reason="Complaint"),
            "Sharing with Sunny Roofs is paused",
        ),
    ],
)
def test_an_end_is_told_to_everyone_who_owns_the_data(home, grant, kind, change, subject):
    partner = MembershipFactory(customer=home.customer).user

    change(grant)

    by_address = mails(kind)
    assert set(by_address) == {home.owner.email, partner.email}
    assert {mail.subject for mail in by_address.values()} == {subject}


def test_a_mail_about_an_end_does_not_call_anything_ongoing_or_still_to_be_stopped(home, grant):
    revoke_grant(grant=grant, by=None, actor=Actor.LINK, at=LATER)

    text = words_of(mails("stopped")[home.owner.email]).text
    assert "Ongoing" not in text and "or stop sharing" not in text
    assert f"No longer shared: {title_of('usage_data')}" in text


def test_a_change_is_told_with_what_is_still_shared(home, grant):
    gas = add_service(owner=home.owner, account=home.account, commodity=Commodity.GAS)
    request = ask({"type": "usage_data", "services": "all", "end": "+1y"}, user=home.owner, at=AT)
    both = approve(request, at=AT)
    decision = (PartDecision("usage_data", frozenset({gas.contract.pk})),)

    narrow_grant(grant=both, decision=decision, by=home.owner, at=LATER)

    mail = mails("changed")[home.owner.email]
    assert mail.subject.startswith("What you share with")
    assert "1 gas service" in words_of(mail).text and "electricity" not in words_of(mail).text


def test_the_mail_is_in_its_readers_language(home):
    home.owner.language = "es"
    home.owner.save()

    approve(ask({"type": "usage_data", "services": "all"}, user=home.owner, at=AT), at=AT)

    mail = mails("approved")[home.owner.email]
    assert mail.language == "es"
    assert "noviembre" in words_of(mail).text


def test_a_companys_name_cannot_add_headers_or_markup(home):
    client = ClientFactory(name="Sunny\r\nBcc: all@example.com <b>")

    approve(ask({"type": "usage_data", "services": "all"}, user=home.owner, client=client, at=AT), at=AT)

    mail = mails("approved")[home.owner.email]
    assert "\n" not in mail.subject and "\r" not in mail.subject
    assert "<b>" not in words_of(mail).html and "&lt;b&gt;" in words_of(mail).html
    assert "<b>" in words_of(mail).text
