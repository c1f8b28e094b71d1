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


class _Held(NamedTuple):
    customer_id: int
    user_id: int
    billing_account_id: int | None


class _Told(NamedTuple):
    role: str
    may_share: bool
    until: datetime | None


def load_memberships(rows: Sequence[MembershipRow], load: Load) -> None:
    """Make or change roles. A role that a file leaves out stays: people also get theirs here, by invitation.

    A file is the utility's word for a customer's first owners; where there was one before it, they are told of who
    comes, who waits before sharing.
    Refuses an unknown customer, an account of another customer, a delegate without an end.
    """
    customers = keys_of(Customer, "customer_number", (row.customer_number for row in rows))
    accounts = {
        number: (key, customer)
        for number, key, customer in BillingAccount.objects.filter(
            account_number__in={row.account_number for row in rows} - {""}
        ).values_list("account_number", "pk", "customer__customer_number")
    }
    taken = []
    for row in rows:
        reason = _refusal(row, customers, accounts)
        if reason:
            load.refuse(row.line, reason)
        else:
            taken.append(row)
    users = add_users(people={row.email.lower(): row.user_name for row in taken}, at=load.at)
    told = {}
    for row in taken:
        account = accounts[row.account_number][0] if row.account_number else None
        held = _Held(customers[row.customer_number], users[row.email.lower()].pk, account)
        told[held] = (row.line, _Told(row.role, row.may_share, row.until))
    _store(told, users, load)


def _refusal(
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


def _ended_by_people(users: dict[str, User]) -> set[_Held]:
    """Roles whose last step was their end, by an owner or their holder: no file brings them back. One query."""
    last: dict[_Held, str] = {}
    events = RoleEvent.objects.filter(user__in=users.values()).order_by("at", "pk")
    for customer, user, account, verb in events.values_list("customer", "user", "billing_account", "verb"):
        last[_Held(customer, user, account)] = verb
    return {held for held, verb in last.items() if verb in {RoleVerb.ENDED, RoleVerb.LEFT}}


def _owned(customers: set[int]) -> dict[int, set[int]]:
    """Who owns something of these customers already, by customer. One query."""
    owners: dict[int, set[int]] = {}
    held = Membership.objects.filter(customer__in=customers, role=Role.OWNER, user__is_active=True)
    for customer, user in held.values_list("customer", "user"):
        owners.setdefault(customer, set()).add(user)
    return owners


def _has_another_owner(membership: Membership, owned: dict[int, set[int]]) -> bool:
    return bool(owned.get(membership.customer_id, set()) - {membership.user_id})


def _store(told: dict[_Held, tuple[int, _Told]], users: dict[str, User], load: Load) -> None:
    stored = {
        _Held(one.customer_id, one.user_id, one.billing_account_id): one
        for one in Membership.objects.select_for_update().filter(user__in=users.values())
    }
    ended, owned = _ended_by_people(users), _owned({held.customer_id for held in told})
    new, changed, same = [], [], []
    left: list[Membership] = []  # owners who are less than that from now on, as they were
    joined: list[Membership] = []  # where somebody else was an owner before this file
    for held, (line, fields) in told.items():
        found = stored.get(held)
        if found is None and held in ended:
            load.refuse(line, "an owner ended this role; staff can give it again in admin")
        elif found is None:
            made = Membership(**held._asdict(), **fields._asdict(), created=load.at, version_at=load.as_of)
            new.append(made)
            if _has_another_owner(made, owned):
                made.shares_from = load.at + WAITS if may_share(made) else None
                joined.append(made)
        elif _Told(found.role, found.may_share, found.until) == fields:
            same.append(found.pk)
        elif load.is_older_than(found):
            load.refuse_as_older(line, found)
        else:
            if found.role == Role.OWNER and fields.role != Role.OWNER:
                left.append(copy(found))
            shared_before = may_share(found) and (found.until is None or found.until > load.at)
            found.role, found.may_share, found.until = fields
            found.version_at = load.as_of
            changed.append(found)
            if not shared_before and may_share(found) and _has_another_owner(found, owned):
                found.shares_from = load.at + WAITS
                joined.append(found)
    Membership.objects.bulk_create(new)
    Membership.objects.bulk_update(
        changed, ["role", "may_share", "until", "shares_from", "version_at"], batch_size=2_000
    )
    Membership.objects.filter(not_newer(load), pk__in=same).update(version_at=load.as_of)
    for former in left:
        membership_ended.send(sender=Membership, membership=former, at=load.at)
    for membership in joined:
        role_given.send(sender=Membership, membership=membership, at=load.at)
    load.accepted += len(new) + len(changed)
    load.unchanged += len(same)
