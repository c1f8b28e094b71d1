"""Roles and invitations that a user manages: those to what they own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from accounts.models import Invitation, Membership, Role, RoleEvent, RoleVerb, User
from accounts.queries.roles import holds, lasts, owns, settled

_Row = TypeVar("_Row", bound=Model)
Managed = Mapping[int, frozenset[int | None]]


def managed_accounts(own_roles: Iterable[Membership], *, at: datetime) -> Managed:
    """Keys of the accounts that these roles own, by customer; None among them = all of the customer's.

    An owner who waits, or is under notice, sees their own role and manages nobody else's.
    """
    accounts: dict[int, set[int | None]] = defaultdict(set)
    for role in own_roles:
        if (
            role.role == Role.OWNER
            and role.until is None
            and (role.shares_from is None or role.shares_from <= at)
        ):
            accounts[role.customer_id].add(role.billing_account_id)
    return {customer: frozenset(keys) for customer, keys in accounts.items()}


def within_managed(managed: Managed, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Those of the customers, or of the accounts, that are managed."""
    inside = Q(pk__in=[])
    for customer, accounts in managed.items():
        inside |= Q(customer=customer) if None in accounts else Q(billing_account__in=accounts)
    return rows.filter(inside)


def managed_role(*, user: User, customer: str, person: str, part: str, at: datetime) -> Membership | None:
    """The role that a page of people names, for who owns what it is for or whose own it is; else None."""
    memberships = Membership.objects.select_related("user", "customer", "billing_account")
    membership = memberships.filter(_role_filter(customer, person, part)).first()
    if membership is None:
        return None
    scope = Q(billing_account=None)
    if membership.billing_account_id is not None:
        scope |= Q(billing_account=membership.billing_account_id)
    own_roles = Membership.objects.filter(lasts(), settled(at), user=user, customer=membership.customer_id)
    if membership.user_id == user.pk or own_roles.filter(scope, role=Role.OWNER).exists():
        return membership
    return None


def was_ended(*, user: User, customer: str, person: str, part: str, at: datetime) -> bool:
    """Whether people ended the role so named, for who did it or owns what it was for. Two queries."""
    last = RoleEvent.objects.filter(_role_filter(customer, person, part)).first()
    if last is None or last.verb not in {RoleVerb.ENDED, RoleVerb.LEFT}:
        return False
    return last.by_id == user.pk or owns(
        user=user, customer=last.customer_id, account=last.billing_account_id, at=at
    )


def managed_invitation(*, user: User, public_id: str, at: datetime) -> Invitation | None:
    """An invitation, open or over, to what `user` owns; else None."""
    own_roles = Membership.objects.filter(holds(at), user=user, role=Role.OWNER)
    managed = managed_accounts(own_roles, at=at)
    return within_managed(managed, Invitation.objects.filter(public_id=public_id)).first()


def _role_filter(customer: str, person: str, part: str) -> Q:
    account = Q(billing_account=None) if part == "all" else Q(billing_account__public_id=part)
    return Q(account, customer__public_id=customer, user__public_id=person)
