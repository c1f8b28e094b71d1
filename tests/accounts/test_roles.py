"""Who sees and shares what."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import BillingAccount, Role
from accounts.queries.roles import (
    owners_of,
    owns_one_of,
    shareable_account_keys,
    shareable_contracts,
    visible_account_keys,
    visible_contracts,
)
from tests.factories.accounts import (
    BillingAccountFactory,
    MembershipFactory,
    ServiceContractFactory,
    UserFactory,
    household,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_owner_sees_and_shares_the_own_contracts_and_no_others():
    home = household()
    household()

    assert list(visible_contracts(user=home.owner, at=AT)) == [home.contract]
    assert list(shareable_contracts(user=home.owner, at=AT)) == [home.contract]


@pytest.mark.spec("P-15")
def test_a_viewer_sees_and_cannot_share():
    home = household(role=Role.VIEWER)

    assert list(visible_contracts(user=home.owner, at=AT)) == [home.contract]
    assert not shareable_contracts(user=home.owner, at=AT).exists()


@pytest.mark.spec("P-15")
@pytest.mark.parametrize(
    ("may_share", "ends_in", "sees", "shares"),
    [
        (True, timedelta(microseconds=1), True, True),
        (False, timedelta(days=1), True, False),
        (True, timedelta(0), False, False),
    ],
)
def test_a_delegate_shares_only_where_allowed_and_until_the_end(may_share, ends_in, sees, shares):
    home = household()
    delegate = UserFactory()
    MembershipFactory(
        user=delegate,
        customer=home.customer,
        role=Role.DELEGATE,
        may_share=may_share,
        until=AT + ends_in,
    )

    assert visible_contracts(user=delegate, at=AT).exists() is sees
    assert shareable_contracts(user=delegate, at=AT).exists() is shares
    for keys_of, reached in ((visible_account_keys, sees), (shareable_account_keys, shares)):
        accounts = BillingAccount.objects.filter(pk__in=keys_of(user=delegate, at=AT))
        assert list(accounts) == [home.account] * reached


def test_who_owns_one_of_the_contracts_owns_its_account_or_all_and_may_sign_in():
    home = household()
    other = ServiceContractFactory(billing_account=BillingAccountFactory(customer=home.customer))
    of_account = MembershipFactory(customer=home.customer, billing_account=home.account).user
    left = MembershipFactory(customer=home.customer, role=Role.OWNER, until=AT).user
    delegate = MembershipFactory(
        customer=home.customer, role=Role.DELEGATE, may_share=True, until=AT + timedelta(days=1)
    ).user
    gone = MembershipFactory(customer=home.customer, user__is_active=False).user
    people = (home.owner, of_account, left, delegate, gone, household().owner)

    def owning(*contracts):
        return [user for user in people if owns_one_of(user=user, contracts=contracts, at=AT)]

    assert owning(home.contract) == owning(home.contract, other) == [home.owner, of_account]
    assert owning(other) == [home.owner]
    assert owning() == []


def test_a_role_for_one_account_reaches_no_other_account_of_the_customer():
    home = household()
    other = ServiceContractFactory(billing_account=BillingAccountFactory(customer=home.customer))
    clerk = UserFactory()
    MembershipFactory(user=clerk, customer=home.customer, billing_account=other.billing_account)

    assert list(shareable_contracts(user=clerk, at=AT)) == [other]
    assert set(shareable_contracts(user=home.owner, at=AT)) == {home.contract, other}


def test_a_user_who_may_not_sign_in_shares_nothing():
    home = household(owner=UserFactory(is_active=False))

    assert not shareable_contracts(user=home.owner, at=AT).exists()


def test_a_contract_reached_by_two_roles_is_listed_once():
    home = household()
    MembershipFactory(user=home.owner, customer=home.customer, billing_account=home.account)

    assert list(visible_contracts(user=home.owner, at=AT)) == [home.contract]


def test_joint_owners_are_all_found_once_and_delegates_are_not():
    home = household()
    partner = MembershipFactory(customer=home.customer).user
    of_account = MembershipFactory(customer=home.customer, billing_account=home.account).user
    MembershipFactory(
        customer=home.customer, role=Role.DELEGATE, may_share=True, until=AT + timedelta(days=9)
    )
    MembershipFactory(customer=home.customer, billing_account=BillingAccountFactory(customer=home.customer))

    assert set(owners_of(contracts=[home.contract.pk], at=AT)) == {home.owner, partner, of_account}
