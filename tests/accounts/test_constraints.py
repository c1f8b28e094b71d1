"""The database itself refuses what cannot be, whoever writes it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from tests.factories.accounts import (
    EPOCH,
    BillingAccountFactory,
    ContractServicePointFactory,
    MembershipFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ServiceContractFactory,
    ServicePointFactory,
    SupplyTermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def refused(name: str):
    """The block breaks the constraint of this name."""
    return pytest.raises(IntegrityError, match=name)


def test_two_supply_terms_of_a_contract_never_overlap():
    term = SupplyTermFactory(start=date(2025, 1, 1), end=date(2026, 1, 1))

    with refused("one_supply_term_at_a_time"), transaction.atomic():
        SupplyTermFactory(contract=term.contract, start=date(2025, 12, 31))

    SupplyTermFactory(contract=term.contract, start=date(2026, 1, 1))
    SupplyTermFactory(start=date(2025, 6, 1))


def test_a_meter_is_never_at_two_points_at_once():
    meter = MeterDeviceFactory()
    MeterInstallationFactory(meter=meter, end=EPOCH + DAY)

    with refused("meter_at_one_point_at_a_time"), transaction.atomic():
        MeterInstallationFactory(meter=meter, start=EPOCH + DAY - timedelta(microseconds=1))

    MeterInstallationFactory(meter=meter, start=EPOCH + DAY)


def test_two_meters_may_be_at_one_point():
    point = ServicePointFactory()

    MeterInstallationFactory(service_point=point)
    MeterInstallationFactory(service_point=point)

    assert point.installations.count() == 2


def test_a_contract_is_linked_to_a_point_once_at_a_time():
    link = ContractServicePointFactory()

    with refused("one_link_of_contract_and_point"), transaction.atomic():
        ContractServicePointFactory(
            contract=link.contract, service_point=link.service_point, start=EPOCH + DAY
        )


@pytest.mark.parametrize(
    ("make", "start", "name"),
    [
        (SupplyTermFactory, date(2025, 1, 1), "term_end_after_start"),
        (ServiceContractFactory, date(2025, 1, 1), "contract_end_after_start"),
        (ContractServicePointFactory, EPOCH, "point_link_end_after_start"),
        (MeterInstallationFactory, EPOCH, "installation_end_after_start"),
    ],
)
def test_nothing_ends_at_its_start(make, start, name):
    with refused(name):
        make(start=start, end=start)


@pytest.mark.parametrize(
    "make", [SupplyTermFactory, ServiceContractFactory, ContractServicePointFactory, MeterInstallationFactory]
)
def test_nothing_ends_before_its_start(make):
    start = make.build().start

    # a range the wrong way round is an error of its own, before any constraint
    with pytest.raises(Exception, match="end_after_start|range lower bound"):
        make(start=start, end=start - DAY)


def test_an_account_is_not_its_own_parent():
    account = BillingAccountFactory()
    account.parent = account

    with refused("account_is_not_its_own_parent"):
        account.save()


def test_a_delegate_has_an_end_and_a_role_is_given_once():
    membership = MembershipFactory()

    with refused("delegate_has_an_end"), transaction.atomic():
        MembershipFactory(role=Role.DELEGATE)
    with refused("membership_once"), transaction.atomic():
        MembershipFactory(user=membership.user, customer=membership.customer, role=Role.VIEWER)


def test_an_e_mail_address_is_one_user_whatever_its_case():
    UserFactory(email="robin@example.com")

    with refused("user_email_without_case"):
        user = UserFactory.build(email="Robin@Example.com")
        user.save()
