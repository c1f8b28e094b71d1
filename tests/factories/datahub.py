"""Bills and generation mix. All names and figures are invented."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from accounts.models import ServiceContract
from datahub.models import BillSection, BillStatement, LineItem, MixSeries, MixShare
from tests.factories.accounts import BillingAccountFactory, ServiceContractFactory


class BillStatementFactory(DjangoModelFactory):
    """A bill for February 2026."""

    class Meta:
        model = BillStatement

    account = factory.SubFactory(BillingAccountFactory)
    statement_number = factory.Sequence(lambda n: f"B{n:06d}")
    statement_date = date(2026, 3, 3)
    due_date = date(2026, 3, 24)
    start = date(2026, 2, 1)
    end = date(2026, 3, 1)
    previous_balance = Decimal("0")
    payments = Decimal("0")
    new_charges = Decimal("65.52")
    total = Decimal("65.52")


class BillSectionFactory(DjangoModelFactory):
    class Meta:
        model = BillSection

    statement = factory.SubFactory(BillStatementFactory)
    contract = factory.SubFactory(ServiceContractFactory)
    position = factory.Sequence(lambda n: n % 1000)
    commodity = factory.SelfAttribute("contract.commodity")
    start = date(2026, 2, 1)
    end = date(2026, 3, 1)
    supplier_name = "Bright Supply (demo)"
    tariff_code = "EV-TOU"
    tariff_name = "Home EV"
    amount = Decimal("65.52")


class LineItemFactory(DjangoModelFactory):
    class Meta:
        model = LineItem

    section = factory.SubFactory(BillSectionFactory)
    position = factory.Sequence(lambda n: n % 1000)
    name = "Energy"
    kind = "usage"
    quantity = Decimal("312")
    unit = "kWh"
    rate = Decimal("0.21")
    amount = Decimal("65.52")


def bill(*contracts: ServiceContract, **statement: object) -> BillStatement:
    """One statement of the first contract's account with a section of one line for each contract."""
    made = BillStatementFactory(account=contracts[0].billing_account, **statement)
    for position, contract in enumerate(contracts):
        section = BillSectionFactory(
            statement=made, contract=contract, position=position, start=made.start, end=made.end
        )
        LineItemFactory(section=section, position=0)
    return made


def hourly_mix(
    series: MixSeries,
    key: str,
    start: datetime,
    shares: dict[str, Sequence[Decimal | None]],
    region: str = "",
    contract: ServiceContract | None = None,
) -> None:
    """By source: its shares, one an hour from `start`; those with a region were worked out."""
    MixShare.objects.bulk_create(
        MixShare(
            series=series,
            key=key,
            start=start + timedelta(hours=hour),
            seconds=3600,
            source=source,
            share=share,
            region=region,
            contract=contract,
            computed=bool(region),
        )
        for source, values in shares.items()
        for hour, share in enumerate(values)
    )
