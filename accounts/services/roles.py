"""Roles that owners end and change. A customer's accounts are never left without an owner."""

from copy import copy
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import Customer, Membership, Role, RoleEvent, RoleVerb, User
from accounts.queries.roles import owns, settled
from accounts.services.waits import may_share, waits_until
from accounts.signals import membership_ended, role_agreed, role_given


class RoleRefused(ValueError):
    """The role cannot be changed so. `code` says why: not_yours, last_owner, bad_end, gone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def end_role(*, membership: Membership, by: User, at: datetime) -> None:
    """End a role at once: an owner ends another's, anybody ends their own.

    Raises RoleRefused: `by` is no owner of all that the role reaches, it is the last owner's, or it is gone. Two
    owners who end each other at the same time wait in line: the second is refused.
    """
    stored = _locked(membership)
    if stored.user_id != by.pk and not owns(
        user=by, customer=stored.customer_id, account=stored.billing_account_id, at=at
    ):
        raise RoleRefused("not_yours")
    if stored.role == Role.OWNER and not _another_owner(stored, at):
        raise RoleRefused("last_owner")
    before = copy(stored)
    stored.delete()
    record(verb=RoleVerb.LEFT if before.user_id == by.pk else RoleVerb.ENDED, membership=before, by=by, at=at)
    membership_ended.send(sender=Membership, membership=before, at=at)


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

    A role that may share now, and could not before, waits: one person of staff alone opens nothing.
    Called once it is stored; `before` is None for a new role, `after` for one that is gone. A row that was turned
    into the role of another person, or at another account, is an end and a start.
    """
    if before is not None and (after is None or _holder(before) != _holder(after)):
        record(verb=RoleVerb.ENDED, membership=before, by=by, at=at)
    if after is not None:
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
