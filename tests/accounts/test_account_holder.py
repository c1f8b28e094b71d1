"""P-36: no other owner ends the account holder; other owners end after notice, and every owner has a mail."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from accounts.models import Invitation, Membership, OutgoingMail, Role, RoleEvent, RoleVerb
from accounts.queries.roles import shareable_contracts, visible_contracts
from accounts.services.accept_invitation import accept_role
from accounts.services.inviting import InvitingRefused, Offered, invite
from accounts.services.people import invite_user
from accounts.services.roles import (
    NOTICE,
    RoleRefused,
    end_owners_after_notice,
    end_role,
    follow_staff_change,
    keep_owner,
    record,
)
from cdsc_portal.lib.time import clock
from tests.factories.accounts import MembershipFactory, StaffFactory, household

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-36")]


@pytest.fixture
def home():
    """A household with its account holder."""
    home = household()
    Membership.objects.filter(user=home.owner).update(is_account_holder=True)
    return home


@pytest.fixture
def holder(home):
    return Membership.objects.get(user=home.owner)


@pytest.fixture
def invited(home):
    return MembershipFactory(customer=home.customer, role=Role.OWNER)


def mailed() -> list[str]:
    return sorted(OutgoingMail.objects.filter(kind="owner_notice").values_list("to", flat=True))


def refusal(call, **arguments) -> str:
    with pytest.raises(RoleRefused) as refused:
        call(**arguments, at=clock.now())
    return refused.value.code


def test_an_invited_owner_cannot_end_the_account_holder(home, holder, invited):
    assert refusal(end_role, membership=holder, by=invited.user) == "account_holder"
    assert Membership.objects.filter(pk=holder.pk, until=None).exists()
    assert not RoleEvent.objects.exists()

    end_role(membership=holder, by=home.owner, at=clock.now())

    assert not Membership.objects.filter(pk=holder.pk).exists()


def test_another_owner_ends_after_14_days_and_every_owner_has_a_mail(home, holder, invited):
    third = MembershipFactory(customer=home.customer, role=Role.OWNER)
    at = clock.now()

    for _click in (1, 2):
        end_role(membership=invited, by=third.user, at=at)

    invited.refresh_from_db()
    assert invited.until == at + NOTICE == at + timedelta(days=14)
    assert mailed() == sorted([home.owner.email, invited.user.email, third.user.email])
    last_moment = at + NOTICE - timedelta(seconds=1)
    assert end_owners_after_notice(at=last_moment) == 0
    assert shareable_contracts(user=invited.user, at=last_moment).exists()
    assert not visible_contracts(user=invited.user, at=at + NOTICE).exists()
    assert end_owners_after_notice(at=at + NOTICE) == 1
    assert not Membership.objects.filter(pk=invited.pk).exists()
    ended = RoleEvent.objects.get(verb=RoleVerb.ENDED)
    assert (ended.user, ended.by) == (invited.user, third.user)


def test_an_owner_under_notice_rules_nobody_and_cannot_keep_themselves(home, holder, invited):
    third = MembershipFactory(customer=home.customer, role=Role.OWNER)
    end_role(membership=invited, by=home.owner, at=clock.now())

    assert refusal(end_role, membership=third, by=invited.user) == "not_yours"
    assert refusal(keep_owner, membership=invited, by=invited.user) == "not_yours"
    with pytest.raises(InvitingRefused, match="not_yours"):
        invite(
            email="friend@example.com",
            offered=Offered(home.customer, None, Role.OWNER, False, None),
            by=invited.user,
            at=clock.now(),
        )
    assert not Invitation.objects.exists()


def test_an_owner_takes_the_notice_back_and_another_invitation_does_not(home, holder, invited):
    end_role(membership=invited, by=home.owner, at=clock.now())
    offered = Membership(customer=home.customer, role=Role.OWNER)
    assert accept_role(user=invited.user, offered=offered, is_agreed=True, at=clock.now()).until is not None
    OutgoingMail.objects.all().delete()

    keep_owner(membership=invited, by=home.owner, at=clock.now())

    invited.refresh_from_db()
    assert invited.until is None and mailed() == sorted([home.owner.email, invited.user.email])
    assert end_owners_after_notice(at=clock.now() + NOTICE) == 0


def test_a_new_owner_who_waits_before_sharing_is_ended_at_once(home, holder, invited):
    Membership.objects.filter(pk=invited.pk).update(shares_from=clock.now() + timedelta(hours=24))

    end_role(membership=invited, by=home.owner, at=clock.now())

    assert not Membership.objects.filter(pk=invited.pk).exists()


def test_staff_end_a_holder_at_once_and_make_one(home, holder, invited):
    staff, at = StaffFactory(), clock.now()
    before = Membership.objects.get(pk=holder.pk)
    holder.delete()
    follow_staff_change(before=before, after=None, by=staff, at=at)
    assert not visible_contracts(user=home.owner, at=at).exists()

    given = MembershipFactory(customer=home.customer, role=Role.OWNER)
    follow_staff_change(before=None, after=given, by=staff, at=at)
    follow_staff_change(before=invited, after=invited, by=staff, at=at)

    assert Membership.objects.get(pk=given.pk).is_account_holder
    assert not Membership.objects.get(pk=invited.pk).is_account_holder


def test_a_first_owner_by_letter_or_by_staff_is_the_holder_and_an_invited_one_is_not(home):
    empty = household(role=Role.VIEWER)
    offered = Membership(customer=empty.customer, role=Role.OWNER)
    assert accept_role(user=empty.owner, offered=offered, is_vouched=True, at=clock.now()).is_account_holder
    second = StaffFactory()
    assert not accept_role(user=second, offered=offered, is_vouched=True, at=clock.now()).is_account_holder
    assert not accept_role(user=second, offered=offered, is_agreed=True, at=clock.now()).is_account_holder

    added = invite_user(email="b@example.com", name="B", customer=home.customer, at=clock.now())

    assert Membership.objects.get(user=added).is_account_holder


def test_owners_of_before_are_holders_unless_they_were_invited_later():
    home = household()
    given, invited = MembershipFactory.create_batch(2, customer=home.customer, role=Role.OWNER)
    viewer = MembershipFactory(customer=home.customer, role=Role.VIEWER)
    first = Membership.objects.get(user=home.owner)
    for accepted in (first, invited):  # the first with a code
        record(verb=RoleVerb.JOINED, membership=accepted, by=accepted.user, at=clock.now())

    with connection.cursor() as cursor:
        cursor.execute(import_module("accounts.migrations.0032_first_account_holders").MARK_HOLDERS)

    holders = set(Membership.objects.filter(is_account_holder=True))
    assert holders == {first, given} and viewer not in holders


def test_an_invited_owner_who_comes_by_a_letter_too_is_no_holder(home):
    invited = MembershipFactory(customer=home.customer, role=Role.OWNER)
    offered = Membership(customer=home.customer, role=Role.OWNER)

    accepted = accept_role(user=invited.user, offered=offered, is_vouched=True, at=clock.now())

    assert not accepted.is_account_holder


@pytest.mark.parametrize("is_vouched", [True, False])
def test_a_code_takes_no_notice_back(home, is_vouched):
    invited = MembershipFactory(customer=home.customer, role=Role.OWNER)
    end_role(membership=invited, by=home.owner, at=clock.now())
    offered = Membership(customer=home.customer, role=Role.OWNER)

    accepted = accept_role(user=invited.user, offered=offered, is_vouched=is_vouched, at=clock.now())

    assert accepted.until is not None
    assert not accepted.is_account_holder
