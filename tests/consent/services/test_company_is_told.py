"""The company hears of every step of a grant: a message that names it, and a mail of what becomes less."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, Role
from accounts.services.roles import end_role
from consent.models import Actor, ClientContact, Message
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.revoke import close_grant, expire_grants, resume_grant, revoke_grant, suspend_grant
from consent.services.stop import stop_sharing
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, household
from tests.factories.consent import ClientFactory, approve, ask

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
USAGE = {"type": "usage_data", "end": "+1y", "services": "all"}
BILLS = {"type": "bill_data", "end": "+1y", "services": "all"}


class World:
    """Ada shares two homes, one of which Ben owns too, with a company that has a contact."""

    def __init__(self):
        self.home = household(owner=UserFactory(name="Ada Customer"))
        self.other = household(owner=UserFactory(name="Ben Customer"))
        self.ada, self.ben = self.home.owner, self.other.owner
        self.ada_of_other = MembershipFactory(customer=self.other.customer, user=self.ada, role=Role.OWNER)
        client = ClientFactory()
        ClientContact.objects.create(client=client, user=UserFactory(email="dev@example.com"))
        self.grant = approve(ask(USAGE, BILLS, user=self.ada, client=client, at=AT), at=AT)


def narrow(world):
    kept = (PartDecision("usage_data", frozenset({world.home.contract.pk})),)
    narrow_grant(grant=world.grant, decision=kept, by=world.ada, at=LATER)


def stop(world):
    stop_sharing(grant=world.grant, by=world.ada, at=LATER)


def take_own_part_out(world):
    stop_sharing(grant=world.grant, by=world.ben, at=LATER)


def role_ends(world):
    end_role(membership=world.ada_of_other, by=world.ada_of_other.user, at=LATER)


def staff_stop(world):
    revoke_grant(grant=world.grant, by=StaffFactory(), actor=Actor.STAFF, at=LATER, reason="they called")


def pause(world):
    suspend_grant(grant=world.grant, by=StaffFactory(), at=LATER, reason="a question")


@pytest.mark.spec("R-94", "R-97")
@pytest.mark.parametrize(
    ("change", "subject"),
    [
        (narrow, "Grant narrowed"),
        (take_own_part_out, "Grant narrowed"),
        (role_ends, "Grant narrowed"),
        (stop, "Grant stopped"),
        (staff_stop, "Grant stopped"),
        (pause, "Grant paused"),
    ],
)
def test_the_company_gets_one_message_and_one_mail_that_name_the_grant_and_no_customer(change, subject):
    world = World()

    change(world)

    given, message = Message.objects.order_by("pk")
    (mail,) = OutgoingMail.objects.filter(kind="client_message")
    assert given.name == "Grant given"
    assert (message.client, message.name, message.by_client) == (world.grant.client, subject, False)
    assert (message.grant, message.type, message.read) == (world.grant, "notification", False)
    assert world.grant.public_id in message.description
    assert (mail.to, f"/developer/messages/{message.public_id}/" in words_of(mail).text) == (
        "dev@example.com",
        True,
    )
    for text in (message.description, mail.subject, words_of(mail).text, words_of(mail).html):
        assert not [
            word for word in ("Ada", "Ben", "Customer", world.home.contract.contract_number) if word in text
        ]


def test_a_second_stop_tells_nothing_more():
    world = World()

    stop(world)
    stop(world)

    assert OutgoingMail.objects.filter(kind="client_message").count() == 1
    assert Message.objects.exclude(name="Grant given").count() == 1


@pytest.mark.spec("R-94", "R-97", "R-103")
def test_each_step_of_a_grant_by_whichever_side_leaves_one_message_about_it():
    world = World()

    pause(world)
    resume_grant(grant=world.grant, by=StaffFactory(), at=LATER, reason="answered")
    narrow(world)
    close_grant(grant=world.grant, at=LATER)
    ending = approve(ask(USAGE, user=world.ben, client=world.grant.client, at=AT), at=AT)
    expire_grants(at=ending.access_ends)

    of_first, of_second = (
        [message.name for message in Message.objects.filter(grant=grant).order_by("pk")]
        for grant in (world.grant, ending)
    )
    assert of_first == ["Grant given", "Grant paused", "Grant resumed", "Grant narrowed", "Grant closed"]
    assert of_second == ["Grant given", "Grant ended"]
    assert {(m.status, m.read, m.client_id) for m in Message.objects.all()} == {
        ("complete", False, world.grant.client_id)
    }
    assert Message.objects.count() == sum(grant.events.count() for grant in (world.grant, ending))


@pytest.mark.spec("R-94")
def test_a_step_that_is_rolled_back_leaves_no_message():
    world = World()

    with pytest.raises(RuntimeError), transaction.atomic():
        stop(world)
        raise RuntimeError

    assert [message.name for message in Message.objects.all()] == ["Grant given"]
