"""Load who may act for a customer. Someone not known yet becomes a user and is invited by mail."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import NamedTuple

from accounts.feed_rows import MembershipRow
from accounts.models import BillingAccount, Customer, Membership, Role, RoleEvent, RoleVerb, User
from accounts.services.loading.load import Load
from accounts.services.loading.objects import keys_of, not_newer
from accounts.services.people import add_users
from accounts.services.waits import WAITS, may_share
from accounts.signals import membership_ended, role_given

_CHANGING = ("role", "may_share", "until", "is_account_holder", "shares_from", "version_at")


class _RoleKey(NamedTuple):
    customer_id: int
    user_id: int
    billing_account_id: int | None


class _RoleFields(NamedTuple):
    role: str
    may_share: bool
    until: datetime | None


def load_memberships(rows: Sequence[MembershipRow], load: Load) -> None:
    """Create or update roles. A role that a file leaves out is kept: people also get roles by invitation.

    The first owners of a customer may share at once. Where there was an owner before, a new owner waits before
    sharing and the others are notified.
    Every owner in a file is an account holder; that takes back an owner's notice.
    Refuses an unknown customer, an account of another customer, a delegate without an end.
    """
    customers = keys_of(Customer, "customer_number", (row.customer_number for row in rows))
    accounts = {
        number: (key, customer)
        for number, key, customer in BillingAccount.objects.filter(
            account_number__in={row.account_number for row in rows} - {""}
        ).values_list("account_number", "pk", "customer__customer_number")
    }
    accepted = []
    for row in rows:
        reason = _refusal_reason(row, customers, accounts)
        if reason:
            load.refuse(row.line, reason)
        else:
            accepted.append(row)
    users = add_users(people={row.email.lower(): row.user_name for row in accepted}, at=load.at)
    wanted = {}
    for row in accepted:
        account = accounts[row.account_number][0] if row.account_number else None
        key = _RoleKey(customers[row.customer_number], users[row.email.lower()].pk, account)
        wanted[key] = (row.line, _RoleFields(row.role, row.may_share, row.until))
    _store_roles(wanted, users, load)


def _refusal_reason(
    row: MembershipRow, customers: dict[str, int], accounts: dict[str, tuple[int, str]]
) -> str | None:
    if row.customer_number not in customers:
        return f"customer {row.customer_number} is not known"
    if row.account_number and row.account_number not in accounts:
        return f"account {row.account_number} is not known"
    if row.account_number and accounts[row.account_number][1] != row.customer_number:
        return f"account {row.account_number} is not one of customer {row.customer_number}"
    if row.role not in Role.values:
        return f"role {row.role!r} is none of {', '.join(Role.values)}"
    if (row.role == Role.DELEGATE) != (row.until is not None):
        return "a delegate, and nobody else, has an end"
    return None


def _keys_ended_by_people(users: dict[str, User]) -> set[_RoleKey]:
    """Roles that an owner or their holder ended last: no file brings them back. One query."""
    last: dict[_RoleKey, str] = {}
    events = RoleEvent.objects.filter(user__in=users.values()).order_by("at", "pk")
    for customer, user, account, verb in events.values_list("customer", "user", "billing_account", "verb"):
        last[_RoleKey(customer, user, account)] = verb
    return {key for key, verb in last.items() if verb in {RoleVerb.ENDED, RoleVerb.LEFT}}


def _has_another_owner(membership: Membership, owners: dict[int, set[int]]) -> bool:
    return bool(owners.get(membership.customer_id, set()) - {membership.user_id})


def _store_roles(wanted: dict[_RoleKey, tuple[int, _RoleFields]], users: dict[str, User], load: Load) -> None:
    stored = {
        _RoleKey(membership.customer_id, membership.user_id, membership.billing_account_id): membership
        for membership in Membership.objects.select_for_update().filter(user__in=users.values())
    }
    ended_keys = _keys_ended_by_people(users)
    owners: dict[int, set[int]] = {}  # who own something of these customers already
    owning = Membership.objects.filter(
        customer__in={key.customer_id for key in wanted}, role=Role.OWNER, user__is_active=True
    )
    for customer, user in owning.values_list("customer", "user"):
        owners.setdefault(customer, set()).add(user)
    new, changed, unchanged = [], [], []
    demoted: list[Membership] = []  # owners who lose that role, as they were
    joining: list[Membership] = []  # customers that had another owner before this file
    for key, (line, fields) in wanted.items():
        existing = stored.get(key)
        if existing is None and key in ended_keys:
            load.refuse(line, "an owner ended this role; staff can give it again in admin")
        elif existing is None:
            membership = Membership(
                **key._asdict(),
                **fields._asdict(),
                is_account_holder=fields.role == Role.OWNER,
                created=load.at,
                version_at=load.as_of,
            )
            new.append(membership)
            if _has_another_owner(membership, owners):
                membership.shares_from = load.at + WAITS if may_share(membership) else None
                joining.append(membership)
        elif _RoleFields(existing.role, existing.may_share, existing.until) == fields:
            unchanged.append(existing.pk)
        elif load.is_older_than(existing):
            load.refuse_as_older(line, existing)
        else:
            if existing.role == Role.OWNER and fields.role != Role.OWNER:
                demoted.append(copy(existing))
            shared_before = may_share(existing) and (existing.until is None or existing.until > load.at)
            existing.role, existing.may_share, existing.until = fields
            existing.is_account_holder = existing.role == Role.OWNER
            existing.version_at = load.as_of
            changed.append(existing)
            if not shared_before and may_share(existing) and _has_another_owner(existing, owners):
                existing.shares_from = load.at + WAITS
                joining.append(existing)
    Membership.objects.bulk_create(new)
    Membership.objects.bulk_update(changed, _CHANGING, batch_size=2_000)
    unmarked = Membership.objects.filter(pk__in=unchanged, role=Role.OWNER, is_account_holder=False)
    unmarked.filter(not_newer(load)).update(is_account_holder=True)
    Membership.objects.filter(not_newer(load), pk__in=unchanged).update(version_at=load.as_of)
    for former in demoted:
        membership_ended.send(sender=Membership, membership=former, at=load.at)
    for membership in joining:
        role_given.send(sender=Membership, membership=membership, at=load.at)
    load.accepted += len(new) + len(changed)
    load.unchanged += len(unchanged)
