"""The billing accounts and service contracts a user may see, as their own pages list them."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone

from accounts.models import ServiceContract, User
from accounts.queries.roles import visible_contracts


@dataclass(frozen=True, slots=True)
class HeldContract:
    """One service, with the numbers and the address printed on the bill."""

    number: str
    commodity: str
    name: str
    address: str
    has_ended: bool


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """One billing account with its services, current ones first."""

    number: str
    name: str
    customer: str
    address: str
    contracts: tuple[HeldContract, ...]


def holdings(*, user: User, at: datetime) -> tuple[HeldAccount, ...]:
    """Every account of which `user` may see a contract at `at`, by number. One query, however many."""
    today = timezone.localdate(at)
    contracts = visible_contracts(user=user, at=at).select_related("billing_account__customer")
    ordered = contracts.order_by("billing_account__account_number", "contract_number")
    accounts = []
    for account, group in groupby(ordered, key=lambda contract: contract.billing_account):
        held = sorted((_held(contract, today) for contract in group), key=lambda line: line.has_ended)
        accounts.append(
            HeldAccount(
                number=account.account_number,
                name=account.name,
                customer=account.customer.name,
                address=account.address,
                contracts=tuple(held),
            )
        )
    return tuple(accounts)


def _held(contract: ServiceContract, today: date) -> HeldContract:
    return HeldContract(
        number=contract.contract_number,
        commodity=contract.get_commodity_display(),
        name=contract.name,
        address=contract.address,
        has_ended=contract.end is not None and contract.end <= today,
    )
