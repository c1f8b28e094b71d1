"""Every kind of mail about sharing: once for its occasion, in its reader's language, nothing private in it (P-16)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as sent_mail

from accounts.mail.queue import send_waiting_mail, words_of
from accounts.mail.resend import send_again
from accounts.models import Membership, OutgoingMail, Role
from consent.mail.personal import mail_delegate_role, mail_waiting_request
from consent.models import Actor, ConsentRequest, RequestStatus
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.reminders import remind_of_ends, send_yearly_lists
from consent.services.revoke import close_grant, expire_grants, resume_grant, revoke_grant, suspend_grant
from tests.consent.pages.readers import read
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, household
from tests.factories.consent import (
    ClientFactory,
    GrantFactory,
    GrantPartFactory,
    ReceiptFactory,
    approve,
    ask,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


class World:
    """Ada owns a home with a partner; both read `language`."""

    def __init__(self, language):
        self.home = household(owner=UserFactory(name="Ada Demo", language=language))
        self.partner = MembershipFactory(
            customer=self.home.customer, user=UserFactory(name="Ben Demo", language=language)
        ).user
        self.company = ClientFactory(name="Sunny Roofs")

    def ask(self, *details):
        return ask(*(details or (USAGE,)), user=self.home.owner, client=self.company, at=AT)

    def share(self, *details):
        grant = approve(self.ask(*details), at=AT)
        read(grant, self.home.contract, at=AT, values=4711)
        return grant


def narrow(world):
    grant = world.share(USAGE, BILLS)
    kept = (PartDecision("usage_data", frozenset({world.home.contract.pk})),)
    narrow_grant(grant=grant, decision=kept, by=world.home.owner, at=LATER)


def stop(world):
    revoke_grant(grant=world.share(), by=world.home.owner, actor=Actor.CUSTOMER, at=LATER)


def pause(world):
    suspend_grant(grant=world.share(), by=StaffFactory(), at=LATER, reason="A complaint of ours")


def resume(world):
    grant = suspend_grant(grant=world.share(), by=StaffFactory(), at=AT, reason="A complaint of ours")
    resume_grant(grant=grant, by=StaffFactory(), at=LATER, reason="It is settled")


def end(world):
    expire_grants(at=world.share().access_ends)


def remind(days):
    def due(world):
        remind_of_ends(at=world.share().access_ends - timedelta(days=days))

    return due


def hand_over(world):
    viewer = MembershipFactory(customer=world.home.customer, role=Role.VIEWER).user
    request = ask(USAGE, user=viewer, client=world.company, at=AT)
    request.handed_over = AT
    request.save()
    mail_waiting_request(request=request, viewer=viewer, at=AT)


def delegate(world):
    until = datetime(2027, 3, 1, 8, tzinfo=UTC)
    helper = UserFactory(name="Cleo Demo")
    role = MembershipFactory(customer=world.home.customer, user=helper, role=Role.DELEGATE, until=until)
    mail_delegate_role(membership=role, at=AT)


def yearly(world):
    grant = GrantFactory(user=world.home.owner, client=world.company, access_ends=None, created=AT)
    GrantPartFactory(grant=grant, contracts=[world.home.contract])
    ReceiptFactory(grant=grant, created=AT)
    send_yearly_lists(at=AT + timedelta(days=365))


EVERY = [
    ("approved", World.share, "You are sharing data with Sunny Roofs: receipt "),
    ("shared", World.share, "Ada Demo shared data from your account"),
    ("changed", narrow, "What you share with Sunny Roofs changed"),
    ("stopped", stop, "Sunny Roofs can no longer read your data"),
    ("ended", end, "Sharing with Sunny Roofs ended"),
    ("closed", lambda world: close_grant(grant=world.share(), at=LATER), "Sunny Roofs ended its access"),
    ("paused", pause, "Sharing with Sunny Roofs is paused"),
    ("resumed", resume, "Sharing with Sunny Roofs goes on"),
    ("ends_in_30_days", remind(30), "Sharing with Sunny Roofs ends on November 24, 2027"),
    ("ends_in_7_days", remind(7), "Sharing with Sunny Roofs ends on November 24, 2027"),
    ("needs_decision", hand_over, "Sunny Roofs needs your decision"),
    ("delegate", delegate, "Cleo Demo can act for you until February 28, 2027"),
    ("yearly", yearly, "Companies that can read your data"),
]
KINDS = [kind for kind, _cause, _subject in EVERY]


_KEY = re.compile(r"/receipts/[\w-]{43}/")
_OFF = re.compile(r"/notices/off/[^/\s\"]+/")  # signed with the second at which it is written


@pytest.mark.parametrize(("kind", "cause"), [(kind, cause) for kind, cause, _subject in EVERY], ids=KINDS)
@pytest.mark.spec("X-18")
def test_sent_again_it_says_the_same_at_an_address_of_its_own(kind, cause):
    world = World("es")
    cause(world)
    send_waiting_mail(at=AT + timedelta(days=3000))
    rows = list(OutgoingMail.objects.filter(kind=kind).select_related("user"))
    first = {
        message.to[0]: message.body for message in sent_mail.outbox if message.subject == rows[0].subject
    }
    sent_mail.outbox.clear()

    again = send_again(mails=rows, at=LATER)
    send_waiting_mail(at=AT + timedelta(days=3001))

    second = {message.to[0]: message.body for message in sent_mail.outbox}
    assert again == rows
    for row in rows:
        before, after = first.get(row.to, ""), second[row.to]
        same = [_OFF.sub("", _KEY.sub("", text)) for text in (before, after)]
        assert same[0] == same[1] or not before
        assert not set(_KEY.findall(after)) & set(_KEY.findall(before))


@pytest.mark.spec("X-18")
def test_what_was_sent_and_is_over_or_not_its_readers_any_more_is_not_sent_again():
    world = World("en")
    world.share()
    hand_over(world)
    send_waiting_mail(at=LATER)
    ConsentRequest.objects.update(status=RequestStatus.DENIED)
    Membership.objects.filter(user=world.partner).delete()
    mails = list(OutgoingMail.objects.select_related("user"))

    again = send_again(mails=mails, at=LATER)

    assert [mail.kind for mail in again] == ["approved"]
    assert {mail.kind for mail in mails} == {"approved", "shared", "needs_decision"}


@pytest.mark.parametrize(("kind", "cause", "subject"), EVERY, ids=KINDS)
@pytest.mark.spec("P-16")
def test_it_is_sent_once_to_each_reader_with_nothing_private(kind, cause, subject):
    world = World("en")

    cause(world)
    send_waiting_mail(at=AT + timedelta(days=3000))
    send_waiting_mail(at=AT + timedelta(days=3001))

    rows = OutgoingMail.objects.filter(kind=kind)
    assert rows.count() == len({row.to for row in rows}) > 0
    owner = rows.filter(user__in=[world.home.owner, world.partner]).order_by("pk").first()
    assert owner.subject.startswith(subject)
    sent = [message for message in sent_mail.outbox if message.subject == owner.subject]
    assert sorted(message.to[0] for message in sent if message.to == [owner.to]) == [owner.to]
    home = world.home
    private = (
        home.contract.contract_number,
        home.account.account_number,
        home.contract.address,
        home.meter.meter_number,
        "4711",
        "A complaint of ours",
    )
    assert (owner.sealed, owner.text, owner.html) == ("", "", "")
    [mail] = [message for message in sent if message.to == [owner.to]]
    for body in (mail.body, mail.alternatives[0].content):
        assert not [value for value in private if value in body]
        assert "<img" not in body and "src=" not in body


@pytest.mark.parametrize(("kind", "cause", "subject"), EVERY, ids=KINDS)
@pytest.mark.spec("P-16")
def test_it_is_in_spanish_for_who_reads_spanish(kind, cause, subject):
    world = World("es")

    cause(world)

    rows = OutgoingMail.objects.filter(kind=kind, user__in=[world.home.owner, world.partner])
    mail = rows.order_by("pk").first()
    assert mail.language == "es"
    assert not mail.subject.startswith(subject[:20])
    assert "This mail comes from" not in words_of(mail).text and "Este correo" in words_of(mail).text
    assert "Este correo" in words_of(mail).html


def test_a_grant_that_is_paused_again_is_told_again():
    world = World("en")
    grant, staff = world.share(), StaffFactory()
    for hours in (1, 3):
        suspend_grant(grant=grant, by=staff, at=AT + timedelta(hours=hours), reason="Complaint")
        grant.status = "active"
        grant.save(update_fields=["status"])

    assert OutgoingMail.objects.filter(kind="paused", user=world.home.owner).count() == 2
