"""Which service contracts a user may see and share, and who owns them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from accounts.models import BillingAccount, Membership, Role, ServiceContract, User
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query


def visible_contracts(*, user: User, at: datetime) -> QuerySet[ServiceContract]:
    """Contracts, ended ones too, that `user` may look at as owner, viewer or delegate at `at`. One query.

    A role for one billing account reaches that account alone, not the accounts nested under it.
    """
    return _contracts_of(Membership.objects.filter(holds(at), user=user))


def visible_accounts(*, user: User, at: datetime) -> QuerySet[BillingAccount]:
    """Billing accounts that `user` may look at at `at`, those without a contract too. One query."""
    return _accounts_of(Membership.objects.filter(holds(at), user=user))


def shareable_contracts(*, user: User, at: datetime) -> QuerySet[ServiceContract]:
    """Contracts, ended ones too, whose data `user` may share at `at`: as owner, or as a delegate whom an
    owner allowed to share (P-15), once a new role waits no more. One query; nothing for a user who may not sign in.
    """
    return _contracts_of(Membership.objects.filter(holds(at), _shares(at), user=user, user__is_active=True))


def shareable_accounts(*, user: User, at: datetime) -> QuerySet[BillingAccount]:
    """Billing accounts whose services, later ones too, `user` may share at `at`. One query."""
    return _accounts_of(Membership.objects.filter(holds(at), _shares(at), user=user, user__is_active=True))


def visible_account_keys(*, user: User, at: datetime) -> QuerySet[Any, Any]:
    """Database keys of the billing accounts whose contracts `user` may look at at `at`: for a query about many rows of
    theirs."""
    return _account_keys(Membership.objects.filter(holds(at), user=user))


def shareable_account_keys(*, user: User, at: datetime) -> QuerySet[Any, Any]:
    """The same of those whose data `user` may share."""
    return _account_keys(Membership.objects.filter(holds(at), _shares(at), user=user, user__is_active=True))


def of_test_customers(contracts: QuerySet[ServiceContract]) -> QuerySet[ServiceContract]:
    """Those of `contracts` that invented customers have: all that a client in the sandbox may be offered."""
    return contracts.filter(billing_account__customer__is_test=True)


def acts_for_test_customers_only(*, user: User) -> bool:
    """Whether `user` has a role for a test customer, and had none for any other. One query."""
    kinds = Membership.objects.filter(user=user).order_by().values_list("customer__is_test", flat=True)
    return set(kinds.distinct()) == {True}


def has_had_a_role(*, user: User) -> bool:
    """Whether `user` has a role for any customer, or had or will have one. One query."""
    return Membership.objects.filter(user=user).exists()


def owned_contracts(*, user: User, at: datetime) -> QuerySet[ServiceContract]:
    """Contracts, ended ones too, that `user` owns at `at`, whether or not they may sign in. One query."""
    return _contracts_of(Membership.objects.filter(holds(at), role=Role.OWNER, user=user))


def owned_accounts(*, user: User, at: datetime) -> QuerySet[BillingAccount]:
    """Billing accounts that `user` owns at `at`, whether or not they may sign in. One query."""
    return _accounts_of(Membership.objects.filter(holds(at), role=Role.OWNER, user=user))


def ruled_accounts(*, user: User, at: datetime) -> QuerySet[BillingAccount]:
    """Billing accounts that `user` owns and may rule at `at`: not those of a role that waits or is under notice. One
    query."""
    return _accounts_of(Membership.objects.filter(lasts(), settled(at), role=Role.OWNER, user=user))


def owns(*, user: User, customer: int, account: int | None, at: datetime) -> bool:
    """Whether `user` may sign in and owns, at `at`, the billing account `account` or, where that is None, all of the
    customer's (database keys), and may rule it: a new owner who waits, or one under notice, rules nobody. One query."""
    scope = Q(billing_account=None)
    if account is not None:
        scope |= Q(billing_account=account)
    owning = Membership.objects.filter(
        lasts(), settled(at), scope, customer=customer, role=Role.OWNER, user=user
    )
    return owning.filter(user__is_active=True).exists()


def owns_one_of(*, user: User, contracts: Iterable[ServiceContract], at: datetime) -> bool:
    """Whether `user` may sign in and owns one of `contracts`, at `at`. One query.

    `contracts` are loaded with their billing accounts.
    """
    accounts = {contract.billing_account_id: contract.billing_account.customer_id for contract in contracts}
    return user.is_active and bool(
        _owning(accounts=Keys.of(accounts), customers=Keys.of(set(accounts.values())), user=user, at=at)
    )


def owns_any(*, user: User, at: datetime) -> bool:
    """Whether there is one of `owned_contracts`. One query."""
    return bool(_first_owned(user=user, at=at))


@compiled_query
def _first_owned(*, user: User, at: datetime) -> QuerySet[ServiceContract, int]:
    return owned_contracts(user=user, at=at).order_by().values_list("pk", flat=True)[:1]


@compiled_query
def _owning(*, accounts: Keys, customers: Keys, user: User, at: datetime) -> QuerySet[Membership, int]:
    for_account = Q(billing_account__in=accounts.rows)
    for_customer = Q(billing_account=None, customer__in=customers.rows)
    owning = Membership.objects.filter(holds(at), for_account | for_customer, role=Role.OWNER, user=user)
    return owning.order_by().values_list("pk", flat=True)[:1]


def owners_of(*, contracts: "Collection[int] | QuerySet[Any, Any]", at: datetime) -> QuerySet[User]:
    """Active users who own one of `contracts` (database keys, or a query of them) at `at`: who is told when data
    is shared.

    Delegates are not owners, whatever they may share. One query, each user once, by e-mail address.
    """
    return _owners(contracts, holds(at))


def deciding_owners(*, contracts: "Collection[int] | QuerySet[Any, Any]", at: datetime) -> QuerySet[User]:
    """Those of `owners_of` who may share already: whom a viewer, or a new owner who waits, can ask."""
    return _owners(contracts, holds(at) & settled(at))


def concerned_owners(*, customer: int, account: int | None, at: datetime) -> QuerySet[User]:
    """Active users who own, at `at`, some of what a role for `account`, or for all of `customer`, is for (database
    keys): who is notified of the role. One query, each user once, by e-mail address."""
    owning = Membership.objects.filter(holds(at), role=Role.OWNER, customer=customer, user=OuterRef("pk"))
    if account is not None:
        owning = owning.filter(Q(billing_account=None) | Q(billing_account=account))
    return User.objects.filter(Exists(owning), is_active=True).order_by("email")


def shares_from(*, user: User, at: datetime) -> datetime | None:
    """When the first of the roles of `user` that wait may share; None where none waits. One query."""
    waiting = Membership.objects.filter(holds(at), _may_share(), user=user, shares_from__gt=at)
    first: datetime | None = waiting.aggregate(first=Min("shares_from"))["first"]
    return first


def _owners(contracts: "Collection[int] | QuerySet[Any, Any]", in_force: Q) -> QuerySet[User]:
    owning = Membership.objects.filter(in_force, role=Role.OWNER, user=OuterRef("pk"))
    for_account = owning.filter(billing_account__contracts__in=contracts)
    for_customer = owning.filter(
        billing_account__isnull=True, customer__billing_accounts__contracts__in=contracts
    )
    return User.objects.filter(Exists(for_account) | Exists(for_customer), is_active=True).order_by("email")


def _contracts_of(memberships: QuerySet[Membership]) -> QuerySet[ServiceContract]:
    return ServiceContract.objects.filter(billing_account__in=_account_keys(memberships))


def _accounts_of(memberships: QuerySet[Membership]) -> QuerySet[BillingAccount]:
    return BillingAccount.objects.filter(pk__in=_account_keys(memberships))


def _account_keys(memberships: QuerySet[Membership]) -> QuerySet[Any, Any]:
    """Of the accounts that the roles are for; a union, since "either, or" would read every account there is."""
    customers = memberships.filter(billing_account=None).values("customer")
    of_customers = BillingAccount.objects.filter(customer__in=customers).order_by().values("pk")
    return memberships.exclude(billing_account=None).values("billing_account").union(of_customers)


def holds(at: datetime) -> Q:
    """A role without an end, or whose first instant without it is still to come."""
    return Q(until__isnull=True) | Q(until__gt=at)


def lasts() -> Q:
    """A role without an end: of owners, all but those under notice."""
    return Q(until__isnull=True)


def settled(at: datetime) -> Q:
    """A role that waits no more, or never did."""
    return Q(shares_from=None) | Q(shares_from__lte=at)


def _shares(at: datetime) -> Q:
    return _may_share() & settled(at)


def _may_share() -> Q:
    return Q(role=Role.OWNER) | Q(role=Role.DELEGATE, may_share=True)
