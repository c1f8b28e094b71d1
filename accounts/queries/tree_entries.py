"""The lines of a user's accounts in the order of the tree, without their points and meters: few bytes a contract."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import Commodity, MeterName, User
from accounts.queries.metered_contracts import metered_contracts
from accounts.queries.roles import visible_accounts, visible_contracts

_FIGURES = re.compile(r"([0-9]*)([^0-9]*)")


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A billing account; `parent` is the key of one the user may see, else None."""

    key: int
    public_id: str
    number: str
    name: str
    address: str
    parent: int | None
    customer: int
    customer_name: str
    customer_number: str


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A service contract of `account`."""

    key: int
    number: str
    name: str
    address: str
    commodity: str
    account: int
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the tree: a contract, or an account that has none to show."""

    account: AccountLine
    contract: ContractLine | None


@dataclass(frozen=True, slots=True)
class Entries:
    """Accounts by key, and all lines in order: an account's current contracts, its ended ones, its sub-accounts."""

    accounts: Mapping[int, AccountLine]
    lines: tuple[Entry, ...]

    def above(self, account: AccountLine) -> list[AccountLine]:
        """The account and those it lies under, outermost first."""
        line = [account]
        while line[0].parent is not None:
            line.insert(0, self.accounts[line[0].parent])
        return line


def tree_entries(*, user: User, at: datetime) -> Entries:
    """Everything `user` may see at `at`. Two queries."""
    today = timezone.localdate(at)
    rows = list(
        visible_accounts(user=user, at=at).order_by().values_list(
            "pk", "public_id", "account_number", "name", "address", "parent",
            "customer", "customer__name", "customer__customer_number",
        )
    )  # fmt: skip
    rows.sort(key=lambda row: (row[7].casefold(), row[8], by_number(row[2])))
    customer_of = {row[0]: row[6] for row in rows}
    accounts = {
        row[0]: AccountLine(
            *row[:5], row[5] if row[5] and customer_of.get(row[5]) == row[6] else None, *row[6:]
        )
        for row in rows
    }
    contract_rows = visible_contracts(user=user, at=at).values_list(
        "pk", "contract_number", "name", "address", "commodity", "billing_account", "end"
    )
    listed = [
        ContractLine(*row[:6], row[6] is not None and row[6] <= today) for row in contract_rows.order_by()
    ]
    contracts: dict[int, list[ContractLine]] = defaultdict(list)
    for line in sorted(listed, key=lambda line: (line.has_ended, by_number(line.number))):
        contracts[line.account].append(line)
    below: dict[int | None, list[AccountLine]] = defaultdict(list)
    for account in accounts.values():
        below[account.parent].append(account)
    lines = [
        Entry(account, contract)
        for root in below[None]
        for account in _downwards(root, below)
        for contract in contracts[account.key] or (None,)
    ]
    return Entries(accounts, tuple(lines))


def matching(lines: Sequence[Entry], text: str, numbers: Mapping[int, str]) -> tuple[Entry, ...]:
    """Lines that hold every word of `text`, in any case; `numbers` are further words by contract key."""
    words = text.casefold().split()
    kinds = {commodity: str(label) for commodity, label in Commodity.choices}
    matches = []
    for line in lines:
        account, contract = line.account, line.contract
        parts = [account.number, account.name, account.address, account.customer_name]
        if contract is not None:
            parts += [contract.number, contract.name, contract.address, kinds[contract.commodity]]
            parts.append(numbers.get(contract.key, ""))
        searched = "\n".join(parts).casefold()
        if all(word in searched for word in words):
            matches.append(line)
    return tuple(matches)


def metered_numbers(*, user: User, at: datetime) -> dict[int, str]:
    """By contract key: numbers of its points and meters and the meters' names, while they were its own. Two queries."""
    customers = visible_accounts(user=user, at=at).values("customer")
    names: dict[tuple[int, int | None], str] = {
        (meter_name.customer_id, meter_name.meter_id): meter_name.name
        for meter_name in MeterName.objects.filter(customer__in=customers)
    }
    words_by_contract: dict[int, list[str]] = defaultdict(list)
    for row in metered_contracts(visible_contracts(user=user, at=at)):
        name = names.get((row.customer, row.meter), "")
        words_by_contract[row.contract] += [row.point_number, row.meter_number, name]
    return {contract: " ".join(words) for contract, words in words_by_contract.items()}


def by_number(text: str) -> list[tuple[int, str]]:
    """To sort printed numbers as people count: 9 before 10."""
    return [(int(part or 0), rest) for part, rest in _FIGURES.findall(text)]


def _downwards(
    account: AccountLine, below: Mapping[int | None, Sequence[AccountLine]]
) -> Iterator[AccountLine]:
    yield account
    for child in below.get(account.key, ()):
        yield from _downwards(child, below)
