"""What an owner can invite people to."""

from collections import defaultdict
from datetime import datetime

from accounts.models import BillingAccount, Customer, Membership, Role, User
from accounts.queries.roles import owned_accounts


def reach_of(*, user: User, at: datetime) -> list[tuple[Customer, list[BillingAccount], bool]]:
    """Each customer of which `user` owns something, with its accounts that they own and whether that is all of them.

    Two queries, by name and number.
    """
    accounts: dict[int, list[BillingAccount]] = defaultdict(list)
    for account in owned_accounts(user=user, at=at).order_by("account_number"):
        accounts[account.customer_id].append(account)
    owning = Membership.objects.filter(user=user, role=Role.OWNER).select_related("customer")
    whole = {one.customer_id for one in owning if one.billing_account_id is None}
    customers = {one.customer_id: one.customer for one in owning}
    return [
        (customer, accounts[key], key in whole)
        for key, customer in sorted(customers.items(), key=lambda pair: (pair[1].name, pair[0]))
        if accounts[key] or key in whole
    ]
