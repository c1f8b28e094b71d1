"""A chain: one customer with very many stores, made in a few statements."""

from dataclasses import dataclass
from datetime import date

from accounts.models import (
    EVER,
    BillingAccount,
    Commodity,
    ContractServicePoint,
    Customer,
    GridPlacement,
    MeterDevice,
    MeterInstallation,
    Premise,
    ServiceContract,
    ServicePoint,
    User,
)
from tests.factories.accounts import (
    EPOCH,
    BillingAccountFactory,
    CustomerFactory,
    MembershipFactory,
    UserFactory,
)


@dataclass(frozen=True, slots=True)
class Chain:
    """`accounts` are the stores', under `head`; the rest in the same order."""

    owner: User
    customer: Customer
    head: BillingAccount
    accounts: list[BillingAccount]
    contracts: list[ServiceContract]
    meters: list[MeterDevice]


def chain(*, stores: int, regions: int = 4, prefix: str = "") -> Chain:
    """Each store has an account, an electric service, a point in one of `regions` regions and a meter.

    `prefix` begins every number and region, so that one database can hold several chains.
    """
    owner, customer = UserFactory(), CustomerFactory(name="Corner Shops (demo)")
    MembershipFactory(customer=customer, user=owner)
    head = BillingAccountFactory(customer=customer, account_number=f"{prefix}CHAIN-0", name="Head office")
    numbers = range(1, stores + 1)
    address = "{} Market Street, Riverton".format
    accounts = BillingAccount.objects.bulk_create(
        BillingAccount(
            customer=customer,
            parent=head,
            account_number=f"{prefix}CHAIN-{n}",
            name=f"Shop {n}",
            address=address(n),
        )
        for n in numbers
    )
    contracts = ServiceContract.objects.bulk_create(
        ServiceContract(
            billing_account=account,
            contract_number=f"{prefix}STORE-{n}",
            commodity=Commodity.ELECTRICITY,
            address=address(n),
            start=date(2020, 1, 1),
        )
        for n, account in zip(numbers, accounts, strict=True)
    )
    premises = Premise.objects.bulk_create(
        Premise(premise_number=f"{prefix}CHAIN-PR-{n}", address=address(n)) for n in numbers
    )
    points = ServicePoint.objects.bulk_create(
        ServicePoint(
            servicepoint_number=f"{prefix}CHAIN-SP-{n}",
            premise=premise,
            commodity=Commodity.ELECTRICITY,
            voltage=400,
        )
        for n, premise in zip(numbers, premises, strict=True)
    )
    GridPlacement.objects.bulk_create(
        GridPlacement(service_point=point, region=f"{prefix}R{n % regions + 1}", start=EVER)
        for n, point in zip(numbers, points, strict=True)
    )
    meters = MeterDevice.objects.bulk_create(
        MeterDevice(meter_number=f"{prefix}CHAIN-M-{n}", commodity=Commodity.ELECTRICITY) for n in numbers
    )
    ContractServicePoint.objects.bulk_create(
        ContractServicePoint(contract=contract, service_point=point, start=EPOCH)
        for contract, point in zip(contracts, points, strict=True)
    )
    MeterInstallation.objects.bulk_create(
        MeterInstallation(meter=meter, service_point=point, start=EPOCH)
        for meter, point in zip(meters, points, strict=True)
    )
    return Chain(owner, customer, head, accounts, contracts, meters)
