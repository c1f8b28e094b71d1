"""What happened to roles, for those who may know."""

from datetime import datetime

from accounts.models import Membership, RoleEvent, User
from accounts.queries.managed import managed_accounts, within_managed
from accounts.queries.roles import holds


def role_events_within(
    *, user: User, start: datetime, end: datetime, at: datetime
) -> tuple[list[int], list[RoleEvent]]:
    """Keys of the customers for whom `user` has a role at `at`, and the steps in [start, end) of roles that they
    manage, newest first, with user, author and account. Two queries.
    """
    own_roles = list(Membership.objects.filter(holds(at), user=user))
    managed = managed_accounts(own_roles, at=at)
    events = within_managed(managed, RoleEvent.objects.filter(at__gte=start, at__lt=end))
    customers = sorted({role.customer_id for role in own_roles})
    return customers, list(events.select_related("user", "by", "billing_account"))
