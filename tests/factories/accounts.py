"""Customers, what they have and who acts for them. All names, numbers and addresses are invented."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from accounts.models import (
    EVER,
    BillingAccount,
    Commodity,
    ContractServicePoint,
    Customer,
    Entity,
    EntityKind,
    GridPlacement,
    Membership,
    MeterDevice,
    MeterInstallation,
    Premise,
    Program,
    Role,
    ServiceContract,
    ServicePoint,
    SupplyTerm,
    User,
)

PASSWORD = "correct horse battery staple"
EPOCH = datetime(2020, 1, 1, 8, tzinfo=UTC)  # midnight in the utility's zone


class UserFactory(DjangoModelFactory):
    """Can log in with PASSWORD."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")

    @classmethod
    def _create(cls, model_class, *args, **fields):
        return model_class.objects.create_user(*args, password=fields.pop("password", PASSWORD), **fields)


class StaffFactory(UserFactory):
    """A superuser: staff with every permission."""

    is_staff = True
    is_superuser = True


class EntityFactory(DjangoModelFactory):
    class Meta:
        model = Entity
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Valley Energy {n} (demo)")
    kind = EntityKind.SUPPLIER


class ProgramFactory(DjangoModelFactory):
    class Meta:
        model = Program

    program_number = factory.Sequence(lambda n: f"PRG-{n}")
    name = factory.Sequence(lambda n: f"Peak Saver {n}")


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = Customer

    customer_number = factory.Sequence(lambda n: f"C{n:06d}")
    name = factory.Sequence(lambda n: f"Customer {n}")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    customer = factory.SubFactory(CustomerFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.OWNER


class BillingAccountFactory(DjangoModelFactory):
    class Meta:
        model = BillingAccount

    customer = factory.SubFactory(CustomerFactory)
    account_number = factory.Sequence(lambda n: f"A{n:07d}")
    address = "12 Orchard Lane, Riverton"


class ServiceContractFactory(DjangoModelFactory):
    class Meta:
        model = ServiceContract

    billing_account = factory.SubFactory(BillingAccountFactory)
    contract_number = factory.Sequence(lambda n: f"{n:07d}-1")
    commodity = Commodity.ELECTRICITY
    address = "12 Orchard Lane, Riverton"
    start = date(2020, 1, 1)


class SupplyTermFactory(DjangoModelFactory):
    class Meta:
        model = SupplyTerm

    contract = factory.SubFactory(ServiceContractFactory)
    supplier = factory.SubFactory(EntityFactory)
    tariff_code = "EV-TOU"
    tariff_name = "Home EV"
    start = date(2020, 1, 1)


class PremiseFactory(DjangoModelFactory):
    class Meta:
        model = Premise

    premise_number = factory.Sequence(lambda n: f"PR{n:06d}")
    address = "12 Orchard Lane, Riverton"


class ServicePointFactory(DjangoModelFactory):
    class Meta:
        model = ServicePoint

    servicepoint_number = factory.Sequence(lambda n: f"SP{n:07d}")
    premise = factory.SubFactory(PremiseFactory)
    commodity = Commodity.ELECTRICITY
    voltage = 240


def place(point, region, *, pricing_node="", start=EVER, end=None):
    """The point is there during [start, end)."""
    return GridPlacement.objects.create(
        service_point=point, region=region, pricing_node=pricing_node, start=start, end=end
    )


class MeterDeviceFactory(DjangoModelFactory):
    class Meta:
        model = MeterDevice

    meter_number = factory.Sequence(lambda n: f"M{n:07d}")
    commodity = Commodity.ELECTRICITY


class ContractServicePointFactory(DjangoModelFactory):
    class Meta:
        model = ContractServicePoint

    contract = factory.SubFactory(ServiceContractFactory)
    service_point = factory.SubFactory(ServicePointFactory)
    start = EPOCH


class MeterInstallationFactory(DjangoModelFactory):
    class Meta:
        model = MeterInstallation

    meter = factory.SubFactory(MeterDeviceFactory)
    service_point = factory.SubFactory(ServicePointFactory)
    start = EPOCH


@dataclass(frozen=True, slots=True)
class Household:
    """One customer with one of each, all linked since EPOCH."""

    owner: User
    customer: Customer
    account: BillingAccount
    contract: ServiceContract
    point: ServicePoint
    meter: MeterDevice


def household(
    *, owner: User | None = None, commodity: str = Commodity.ELECTRICITY, role: str = Role.OWNER, **contract
) -> Household:
    """A user (owner unless `role` says else) with an account, a contract, its point and its meter.

    `contract` are fields of the service contract.
    """
    user = owner or UserFactory()
    customer = CustomerFactory(name=user.name)
    MembershipFactory(customer=customer, user=user, role=role)
    account = BillingAccountFactory(customer=customer)
    return add_service(owner=user, account=account, commodity=commodity, **contract)


def add_service(
    *, owner: User, account: BillingAccount, commodity: str = Commodity.ELECTRICITY, **contract
) -> Household:
    """One more contract in `account`, with a point and a meter of its own."""
    distribution = EntityFactory(name="River Valley Wires (demo)", kind=EntityKind.DISTRIBUTION)
    service = ServiceContractFactory(
        billing_account=account, commodity=commodity, **{"distribution": distribution, **contract}
    )
    voltage = 240 if commodity == Commodity.ELECTRICITY else None
    point = ServicePointFactory(commodity=commodity, voltage=voltage)
    meter = MeterDeviceFactory(commodity=commodity)
    ContractServicePointFactory(contract=service, service_point=point)
    MeterInstallationFactory(meter=meter, service_point=point)
    return Household(owner, account.customer, account, service, point, meter)
