"""Stopping what one owns: the whole grant for who gave it, their own services for every other owner."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.feed_rows import Hierarchy, MembershipRow
from accounts.mail.queue import words_of
from accounts.models import Membership, OutgoingMail, Role
from accounts.signals import membership_ended
from consent.models import Change, Grant, RemovedService
from consent.queries.access import data_access
from consent.queries.grant_contents import grant_contents
from consent.services.offer import build_offer
from consent.services.stop import stop_sharing
from tests.accounts.rows import load
from tests.consent.api.reader import issue_token
from tests.factories.accounts import (
    MembershipFactory,
    ServiceContractFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ClientFactory, approve, ask, everything

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}


@pytest.fixture
def two_homes():
    """Ada owns a flat and, with Ben, a cabin; she shares both."""
    flat = household(owner=UserFactory(name="Ada Demo"))
    cabin = household(owner=flat.owner)
    ben = MembershipFactory(customer=cabin.customer, user=UserFactory(name="Ben Demo")).user
    return flat, cabin, ben


def share(home, *details, later=False):
    request = ask(*(details or (USAGE,)), user=home.owner, client=ClientFactory(name="Sunny Roofs"), at=AT)
    return approve(request, at=AT) if not later else _with_later(request)


def _with_later(request):
    offer = build_offer(request, request.user, AT)
    decision = tuple(replace(part, include_future=True) for part in everything(offer))
    return approve(request, decision=decision, at=AT)


def mails(kind):
    """The words of each mail of this kind, by its reader's name."""
    return {mail.user.name: words_of(mail).text for mail in OutgoingMail.objects.filter(kind=kind)}


@pytest.mark.spec("P-15")
def test_an_owner_takes_only_their_account_out_of_anothers_grant_and_both_are_told(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat)

    stop_sharing(grant=grant, by=ben, at=LATER)

    grant.refresh_from_db()
    assert grant.status == "active"
    assert set(grant_contents(grant).contracts) == {flat.contract.pk}
    assert grant.authorization_details[0]["services"] == [flat.contract.contract_number]
    assert set(mails("changed")) == {"Ada Demo", "Ben Demo"}
    assert "Ben Demo took what they own out" in mails("changed")["Ada Demo"]
    assert "You took what you own out of what Ada Demo shares" in mails("changed")["Ben Demo"]
    event = grant.events.last()
    assert (event.by, event.change) == (ben, Change.OWNER_STOPPED)


@pytest.mark.spec("X-14", "P-15")
def test_the_companys_token_opens_only_what_is_left_on_the_next_call(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat)
    token = issue_token(grant, expires=LATER + timedelta(hours=1))
    before = data_access(token, at=AT).parts[0].contracts

    stop_sharing(grant=grant, by=ben, at=LATER)

    assert before == {flat.contract.pk, cabin.contract.pk}
    assert data_access(token, at=LATER).parts[0].contracts == {flat.contract.pk}


def test_who_gave_it_ends_the_whole_grant(two_homes):
    flat, _cabin, _ben = two_homes
    grant = share(flat)

    assert stop_sharing(grant=grant, by=flat.owner, at=LATER).status == "revoked"


def test_where_an_owner_owns_all_of_it_nothing_is_left_and_it_ends(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat, USAGE | {"services": [cabin.contract.contract_number]})

    ended = stop_sharing(grant=grant, by=ben, at=LATER)

    assert ended.status == "revoked"
    assert "Ben Demo stopped sharing with Sunny Roofs" in mails("stopped")["Ada Demo"]
    assert ended.events.last().by == ben


def test_services_their_accounts_get_later_leave_with_them(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat, later=True)
    ServiceContractFactory(billing_account=cabin.account, cds_created=AT + timedelta(hours=1))

    stop_sharing(grant=grant, by=ben, at=LATER)
    ServiceContractFactory(billing_account=cabin.account, cds_created=LATER + timedelta(hours=1))
    new_at_home = ServiceContractFactory(billing_account=flat.account, cds_created=LATER + timedelta(hours=1))

    grant.refresh_from_db()
    assert set(grant_contents(grant).contracts) == {flat.contract.pk, new_at_home.pk}


def test_what_leaves_is_remembered_and_stopping_twice_changes_nothing(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat)

    stop_sharing(grant=grant, by=ben, at=LATER)
    stop_sharing(grant=grant, by=ben, at=LATER)

    assert [gone.contract for gone in RemovedService.objects.all()] == [cabin.contract]
    assert grant.receipts.count() == 2
    assert OutgoingMail.objects.filter(kind="changed").count() == 2


def test_a_paused_grant_can_still_be_left(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat)
    Grant.objects.update(status="suspended")

    stop_sharing(grant=grant, by=ben, at=LATER)

    grant.refresh_from_db()
    assert grant.status == "suspended"
    assert set(grant_contents(grant).contracts) == {flat.contract.pk}


def test_three_hundred_services_leave_in_few_statements(two_homes, django_assert_max_num_queries):
    flat, cabin, ben = two_homes
    ServiceContractFactory.create_batch(300, billing_account=cabin.account)
    grant = share(flat)

    with django_assert_max_num_queries(45):
        stop_sharing(grant=grant, by=ben, at=LATER)

    assert RemovedService.objects.count() == 301


def leave(membership):
    """What a service that ends a role does."""
    before = Membership.objects.get(pk=membership.pk)
    membership.delete()
    membership_ended.send(sender=Membership, membership=before, at=LATER)


def test_an_owner_who_leaves_takes_the_account_out_of_grants_they_gave(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat)

    leave(Membership.objects.get(user=flat.owner, customer=cabin.customer))

    grant.refresh_from_db()
    assert set(grant_contents(grant).contracts) == {flat.contract.pk}
    assert grant.events.last().change == Change.OWNER_LEFT
    assert "Ada Demo no longer owns an account" in mails("changed")["Ben Demo"]


def test_a_grant_of_nothing_else_ends_when_its_owner_leaves(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat, USAGE | {"services": [cabin.contract.contract_number]})

    leave(Membership.objects.get(user=flat.owner, customer=cabin.customer))

    grant.refresh_from_db()
    assert grant.status == "revoked"
    assert "no longer owns the account" in mails("stopped")["Ben Demo"]


def test_an_owner_who_becomes_a_viewer_takes_it_out_too(two_homes):
    flat, cabin, _ben = two_homes
    grant = share(flat)
    membership = Membership.objects.get(user=flat.owner, customer=cabin.customer)
    before = Membership.objects.get(pk=membership.pk)
    membership.role = Role.VIEWER
    membership.save()

    membership_ended.send(sender=Membership, membership=before, at=LATER)

    grant.refresh_from_db()
    assert set(grant_contents(grant).contracts) == {flat.contract.pk}


def test_a_feed_that_makes_an_owner_a_viewer_takes_it_out_too(two_homes):
    flat, cabin, _ben = two_homes
    grant = share(flat)
    number, email = cabin.customer.customer_number, flat.owner.email
    row = MembershipRow(1, number, email, "Ada Demo", "viewer", "", False, None)

    load(Hierarchy(as_of=LATER, mode="changes", memberships=(row,)), at=LATER)

    grant.refresh_from_db()
    assert set(grant_contents(grant).contracts) == {flat.contract.pk}


def test_who_still_owns_the_account_another_way_keeps_it(two_homes):
    flat, cabin, _ben = two_homes
    grant = share(flat)
    MembershipFactory(customer=cabin.customer, user=flat.owner, billing_account=cabin.account)

    leave(Membership.objects.get(user=flat.owner, customer=cabin.customer, billing_account=None))

    grant.refresh_from_db()
    assert set(grant_contents(grant).contracts) == {flat.contract.pk, cabin.contract.pk}


def test_what_others_gave_stays_when_an_owner_leaves(two_homes):
    _flat, cabin, ben = two_homes
    grant = approve(ask(USAGE, user=ben, at=AT), at=AT)

    leave(Membership.objects.get(user=cabin.owner, customer=cabin.customer))

    assert set(grant_contents(grant).contracts) == {cabin.contract.pk}


def test_a_grant_that_a_delegate_gave_outlives_the_delegates_time(two_homes):
    flat, _cabin, _ben = two_homes
    helper = MembershipFactory(customer=flat.customer, role=Role.DELEGATE, may_share=True, until=LATER)
    grant = approve(ask(USAGE, user=helper.user, at=AT), at=AT)

    leave(helper)

    grant.refresh_from_db()
    assert grant.status == "active"
    assert set(grant_contents(grant).contracts) == {flat.contract.pk}


def test_a_service_added_since_counts_as_shared_and_stays_when_another_leaves(two_homes):
    flat, cabin, ben = two_homes
    grant = share(flat, later=True)
    joined = add_service(owner=flat.owner, account=flat.account, cds_created=AT + timedelta(hours=1))

    stop_sharing(grant=grant, by=ben, at=LATER)

    grant.refresh_from_db()
    numbers = sorted([flat.contract.contract_number, joined.contract.contract_number])
    assert grant.authorization_details[0]["services"] == numbers
    assert grant.authorization_details[0]["services_added_later"] is True
    receipt = grant.receipts.get(superseded_by=None)
    assert (
        receipt.personal["contracts"][joined.contract.public_id]["number"] == joined.contract.contract_number
    )
