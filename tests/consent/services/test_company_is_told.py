"""The company hears of what becomes less: a message with the grant's public id, and a mail to its contacts."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, Role
from accounts.services.roles import end_role
from consent.models import Actor, ClientContact, Message
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.revoke import revoke_grant
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


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        (narrow, "Grant narrowed"),
        (take_own_part_out, "Grant narrowed"),
        (role_ends, "Grant narrowed"),
        (stop, "Grant stopped"),
        (staff_stop, "Grant stopped"),
    ],
)
def test_the_company_gets_one_message_and_one_mail_that_name_the_grant_and_no_customer(change, subject):
    world = World()

    change(world)

    (message,) = Message.objects.all()
    (mail,) = OutgoingMail.objects.filter(kind="client_message")
    assert (message.client, message.name, message.by_client) == (world.grant.client, subject, False)
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

    assert Message.objects.count() == OutgoingMail.objects.filter(kind="client_message").count() == 1
