"""The customers and accounts to which an owner can invite people."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import BillingAccount, Customer, Membership, Role, User
from accounts.queries.roles import lasts, ruled_accounts, settled

_MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class InvitableScope:
    """`customers`: whose accounts can be offered all together, by name. `accounts` can be offered one by one, by
    number; where they are too many for a list there are none, and `by_number` says that a number is typed in.
    """

    customers: tuple[Customer, ...]
    accounts: tuple[BillingAccount, ...]
    by_number: bool
    several: bool


def invitable_scope(*, user: User, at: datetime) -> InvitableScope | None:
    """What `user` can offer others; None for who owns nothing. Two queries, however many accounts."""
    owning = Membership.objects.filter(lasts(), settled(at), user=user, role=Role.OWNER, billing_account=None)
    customers = tuple(
        row.customer for row in owning.select_related("customer").order_by("customer__name", "pk")
    )
    listed = ruled_accounts(user=user, at=at).select_related("customer").order_by("account_number")
    accounts = tuple(listed[: _MOST_LISTED + 1])
    if not customers and not accounts:
        return None
    several = len({*(row.pk for row in customers), *(row.customer_id for row in accounts)}) > 1
    by_number = len(accounts) > _MOST_LISTED
    return InvitableScope(customers, () if by_number else accounts, by_number, several)


def offered_account(*, user: User, number: str, at: datetime) -> BillingAccount | None:
    """The account with the number of a bill, where `user` owns it; else None. One query."""
    return ruled_accounts(user=user, at=at).select_related("customer").filter(account_number=number).first()
