"""Roles that owners end and change. A customer's accounts are never left without an owner."""

from copy import copy
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import Customer, Membership, Role, RoleEvent, RoleVerb, User
from accounts.queries.roles import owns, settled
from accounts.services.waits import may_share, waits_until
from accounts.signals import membership_ended, notice_changed, role_agreed, role_given

NOTICE = timedelta(days=14)  # between an owner's word and the end of another owner's role


class RoleRefused(ValueError):
    """The role cannot be changed so. `code` says why: not_yours, account_holder, last_owner, bad_end,
    gone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def end_role(*, membership: Membership, by: User, at: datetime) -> None:
    """End a role: anybody their own at once; owners that of others, an owner's with 14 days' notice, the rest at once.

    Notice given twice changes nothing. Raises RoleRefused: `by` is no owner of all that the role reaches, it is the
    account holder's (P-36) or the last owner's, or it is gone. Two owners who end each other at the same time wait in
    line: the second is refused.
    """
    stored = _locked(membership)
    if stored.user_id != by.pk and not owns(
        user=by, customer=stored.customer_id, account=stored.billing_account_id, at=at
    ):
        raise RoleRefused("not_yours")
    if is_protected(stored, by=by):
        raise RoleRefused("account_holder")
    if stored.role == Role.OWNER and not _another_owner(stored, at):
        raise RoleRefused("last_owner")
    if needs_notice(stored, by=by, at=at):
        if stored.until is None:
            _set_notice(stored, until=at + NOTICE, verb=RoleVerb.NOTICE, by=by, at=at)
        return
    before = copy(stored)
    stored.delete()
    record(verb=RoleVerb.LEFT if before.user_id == by.pk else RoleVerb.ENDED, membership=before, by=by, at=at)
    membership_ended.send(sender=Membership, membership=before, at=at)


def is_protected(membership: Membership, *, by: User) -> bool:
    """Whether the role is an account holder's: staff end it, or its holder, and no other owner."""
    return membership.role == Role.OWNER and membership.is_account_holder and membership.user_id != by.pk


def needs_notice(membership: Membership, *, by: User, at: datetime) -> bool:
    """Whether the role is another owner's, in force. Who waits before sharing is new: ended at once, as a stranger
    whom a wrong code let in must be."""
    is_waiting = membership.shares_from is not None and membership.shares_from > at
    is_over = membership.until is not None and membership.until <= at
    return membership.role == Role.OWNER and membership.user_id != by.pk and not is_waiting and not is_over


@transaction.atomic
def keep_owner(*, membership: Membership, by: User, at: datetime) -> None:
    """Take back the notice to an owner; where there is none, nothing changes.

    Raises RoleRefused: `by` is no owner of all that the role reaches, is under notice too, or is its holder; the role
    is gone.
    """
    stored = _locked(membership)
    if stored.user_id == by.pk or not owns(
        user=by, customer=stored.customer_id, account=stored.billing_account_id, at=at
    ):
        raise RoleRefused("not_yours")
    if stored.role != Role.OWNER or stored.until is None:
        return
    if stored.until <= at:
        raise RoleRefused("gone")
    _set_notice(stored, until=None, verb=RoleVerb.KEPT, by=by, at=at)


def end_owners_after_notice(*, at: datetime) -> int:
    """End the roles of owners whose notice is over; how many. One transaction each: nothing holds up the others.

    The role gives nothing from its `until` on; this takes the accounts out of what its holder shared.
    """
    ended = 0
    for due in Membership.objects.filter(role=Role.OWNER, until__lte=at).order_by("pk"):
        with transaction.atomic():
            Customer.objects.select_for_update().get(pk=due.customer_id)
            stored = (
                Membership.objects.select_related("user", "customer")
                .filter(pk=due.pk, role=Role.OWNER, until__lte=at)
                .first()
            )
            if stored is None:
                continue  # kept or ended meanwhile
            before = copy(stored)
            stored.delete()
            record(verb=RoleVerb.ENDED, membership=before, by=_who_gave_notice(before), at=at)
            membership_ended.send(sender=Membership, membership=before, at=at)
            ended += 1
    return ended


@transaction.atomic
def change_delegate(
    *, membership: Membership, until: datetime, may_share: bool, by: User, at: datetime
) -> None:
    """Give a delegate another end, and allow or forbid sharing.

    Raises RoleRefused: `by` is no owner of what the role reaches, it is no delegate's, the end is not to come, gone.
    """
    stored = _locked(membership)
    if not owns(user=by, customer=stored.customer_id, account=stored.billing_account_id, at=at):
        raise RoleRefused("not_yours")
    if stored.role != Role.DELEGATE or until <= at:
        raise RoleRefused("bad_end")
    if (stored.until, stored.may_share) == (until, may_share):
        return
    stored.until, stored.may_share = until, may_share
    stored.shares_from = None  # an owner agreed
    stored.version_at = at  # an older file does not undo it
    stored.save(update_fields=["until", "may_share", "shares_from", "version_at"])
    record(verb=RoleVerb.CHANGED, membership=stored, by=by, at=at)
    role_given.send(sender=Membership, membership=stored, at=at)


@transaction.atomic
def agree_to_share(*, membership: Membership, by: User, at: datetime) -> None:
    """An owner agrees that a role which waits may share at once; agreeing twice changes nothing.

    Raises RoleRefused: `by` is no owner of all that the role reaches, waits too, or is its holder; it is gone.
    """
    stored = _locked(membership)
    if stored.user_id == by.pk or not owns(
        user=by, customer=stored.customer_id, account=stored.billing_account_id, at=at
    ):
        raise RoleRefused("not_yours")
    if stored.shares_from is None or stored.shares_from <= at:
        return
    stored.shares_from = None
    stored.save(update_fields=["shares_from"])
    record(verb=RoleVerb.AGREED, membership=stored, by=by, at=at)
    role_agreed.send(sender=Membership, membership=stored, by=by, at=at)


@transaction.atomic
def follow_staff_change(
    *, before: Membership | None, after: Membership | None, by: User, at: datetime
) -> None:
    """Record and announce a role that staff gave, changed or ended, as when owners do it.

    A role that may share now, and could not before, waits: one person of staff alone opens nothing. Whom staff make an
    owner is an account holder, unless staff say otherwise later.
    Called once it is stored; `before` is None for a new role, `after` for one that is gone. A row that was turned
    into the role of another person, or at another account, is an end and a start.
    """
    if before is not None and (after is None or _holder(before) != _holder(after)):
        record(verb=RoleVerb.ENDED, membership=before, by=by, at=at)
    if after is not None:
        was_owner = before is not None and _holder(before) == _holder(after) and before.role == Role.OWNER
        after.is_account_holder = after.role == Role.OWNER and (not was_owner or after.is_account_holder)
        after.save(update_fields=["is_account_holder"])
        could_share = (
            before is not None
            and _holder(before) == _holder(after)
            and may_share(before)
            and (before.until is None or before.until > at)
        )
        if not could_share:
            after.shares_from = waits_until(membership=after, is_vouched=False, at=at)
            after.save(update_fields=["shares_from"])
        record(verb=RoleVerb.CHANGED, membership=after, by=by, at=at)
        role_given.send(sender=Membership, membership=after, at=at)
    if before is not None:
        membership_ended.send(
            sender=Membership, membership=before, at=at
        )  # revokes only what is not owned any more


def record(*, verb: RoleVerb, membership: Membership, by: User | None, at: datetime) -> None:
    """One line of the customer's history, in the transaction of the change."""
    RoleEvent.objects.create(
        customer_id=membership.customer_id,
        billing_account_id=membership.billing_account_id,
        user_id=membership.user_id,
        verb=verb,
        role=membership.role,
        until=membership.until,
        by=by,
        at=at,
    )


def _set_notice(
    stored: Membership, *, until: datetime | None, verb: RoleVerb, by: User, at: datetime
) -> None:
    stored.until = until
    stored.version_at = at  # an older file does not undo it
    stored.save(update_fields=["until", "version_at"])
    record(verb=verb, membership=stored, by=by, at=at)
    notice_changed.send(sender=Membership, membership=stored, by=by, at=at)


def _who_gave_notice(membership: Membership) -> User | None:
    notice = RoleEvent.objects.filter(
        customer=membership.customer_id,
        user=membership.user_id,
        billing_account=membership.billing_account_id,
        verb=RoleVerb.NOTICE,
    )
    event = notice.select_related("by").first()
    return event.by if event else None


def _holder(membership: Membership) -> tuple[int, int, int | None]:
    return membership.customer_id, membership.user_id, membership.billing_account_id


def _locked(membership: Membership) -> Membership:
    """The role as it is now, with its customer's row locked: roles of one customer change one after the other."""
    Customer.objects.select_for_update().get(pk=membership.customer_id)
    stored = Membership.objects.select_related("user", "customer").filter(pk=membership.pk).first()
    if stored is None:
        raise RoleRefused("gone")
    return stored


def _another_owner(stored: Membership, at: datetime) -> bool:
    """Whether somebody else who may sign in owns all that the role is for, for at least as long, and waits no more."""
    scope = Q(billing_account=None)
    if stored.billing_account_id is not None:
        scope |= Q(billing_account=stored.billing_account_id)
    duration = Q(until=None)
    if stored.until is not None:
        duration |= Q(until__gt=at, until__gte=stored.until)
    others = Membership.objects.filter(
        duration, settled(at), scope, customer=stored.customer_id, role=Role.OWNER
    )
    return others.filter(user__is_active=True).exclude(pk=stored.pk).exists()
