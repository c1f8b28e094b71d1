"""How long a new role waits before it may share, so that the owners hear of it in time (decision 0038)."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Membership, Role, User
from accounts.queries.roles import concerned_owners, holds

WAITS = timedelta(hours=24)


def may_share(membership: Membership) -> bool:
    """Whether the role lets its holder share, once any wait is over."""
    return membership.role == Role.OWNER or (membership.role == Role.DELEGATE and membership.may_share)


def waits_until(*, membership: Membership, is_vouched: bool, at: datetime) -> datetime | None:
    """When the role, given at `at`, may share first; None = at once. One query at most.

    The first owner shares at once where a contact on file or a letter vouches for them (`is_vouched`). Where the
    customer has another owner already, everybody waits.
    """
    if not may_share(membership):
        return None
    others = concerned_owners(customer=membership.customer_id, account=membership.billing_account_id, at=at)
    if is_vouched and not others.exclude(pk=membership.user_id).exists():
        return None
    return at + WAITS


def wait_anew(*, user: User, at: datetime) -> QuerySet[Membership]:
    """Let what `user` may share wait as for a new login, since somebody else might have come by theirs; their roles."""
    roles = Membership.objects.select_for_update().filter(holds(at), user=user).order_by("pk")
    for membership in roles:
        if may_share(membership):
            membership.shares_from = at + WAITS
            membership.save(update_fields=["shares_from"])
    return roles
