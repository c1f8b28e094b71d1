"""Load customers, billing accounts, service contracts, and the entities and programs they name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.feed_rows import AccountRow, ContractRow, CustomerRow, EntityRow, ProgramRow
from accounts.models import BillingAccount, Customer, Entity, Program, ServiceContract, span_of
from accounts.services.link_changes import Changed
from accounts.services.loading.load import Load
from accounts.services.loading.objects import ObjectRow, keys_of, store_objects


def load_entities(rows: Sequence[EntityRow], load: Load) -> None:
    store_objects(Entity, "name", [ObjectRow.of(row, "name") for row in rows], load)


def load_programs(rows: Sequence[ProgramRow], load: Load) -> None:
    object_rows = [ObjectRow.of(row, "program_number") for row in rows]
    store_objects(Program, "program_number", object_rows, load)


def load_customers(rows: Sequence[CustomerRow], load: Load) -> None:
    """A row without `is_test` keeps the stored value, which a feed or staff set."""
    test_numbers = set(
        Customer.objects.filter(
            is_test=True, customer_number__in=[row.customer_number for row in rows]
        ).values_list("customer_number", flat=True)
    )
    object_rows = []
    for row in rows:
        is_test = row.customer_number in test_numbers if row.is_test is None else row.is_test
        object_rows.append(ObjectRow(row.line, row.customer_number, {"name": row.name, "is_test": is_test}))
    store_objects(Customer, "customer_number", object_rows, load)


def load_accounts(rows: Sequence[AccountRow], load: Load) -> None:
    """Store parents before their sub-accounts, a level at a time; the file may list them in any order.

    Refuses an account whose customer, parent or program is not known, whose parents form a cycle, or whose
    customer changes: grants of the stored customer refer to it.
    """
    customers = keys_of(Customer, "customer_number", (row.customer_number for row in rows))
    account_customers = dict(
        BillingAccount.objects.filter(account_number__in=[row.account_number for row in rows]).values_list(
            "account_number", "customer__customer_number"
        )
    )
    programs = _program_keys(rows)
    remaining = []
    for row in rows:
        reason = (
            _refuse_unknown("customer", row.customer_number, customers)
            or _refuse_unknown_programs(row.programs, programs)
            or _refuse_transfer(
                f"account {row.account_number}",
                account_customers.get(row.account_number),
                row.customer_number,
            )
        )
        if reason:
            load.refuse(row.line, reason)
        else:
            remaining.append(row)
    while remaining:
        remaining_numbers = {row.account_number for row in remaining}
        ready = [row for row in remaining if row.parent_number not in remaining_numbers]
        if not ready:
            for row in remaining:
                load.refuse(row.line, f"the parents of account {row.account_number} lead back to it")
            return
        _store_siblings(ready, customers, programs, load)
        remaining = [row for row in remaining if row.parent_number in remaining_numbers]


def _store_siblings(
    rows: Sequence[AccountRow], customers: dict[str, int], programs: dict[str, int], load: Load
) -> None:
    parents = keys_of(BillingAccount, "account_number", (row.parent_number for row in rows))
    sub_accounts = BillingAccount.objects.filter(parent__isnull=False)
    parent_numbers = dict(sub_accounts.values_list("account_number", "parent__account_number"))
    object_rows = []
    for row in rows:
        reason = _refuse_unknown("parent account", row.parent_number, parents) if row.parent_number else None
        if reason is None and _has_ancestor(row.account_number, row.parent_number, parent_numbers):
            reason = f"the parents of account {row.account_number} lead back to it"
        if reason:
            load.refuse(row.line, reason)
            continue
        fields: dict[str, Any] = {
            "customer_id": customers[row.customer_number],
            "parent_id": parents.get(row.parent_number),
            "address": row.address,
        }
        object_rows.append(
            ObjectRow(row.line, row.account_number, fields, frozenset(programs[p] for p in row.programs))
        )
    store_objects(BillingAccount, "account_number", object_rows, load)


def load_contracts(rows: Sequence[ContractRow], load: Load) -> None:
    """Refuses a contract whose account, distribution utility or program is not known, that ends before it
    starts, or that would pass to another customer: a new customer has a new contract, so that no former
    occupant's consent or data goes with it.
    """
    accounts = keys_of(BillingAccount, "account_number", (row.account_number for row in rows))
    numbers = [row.contract_number for row in rows]
    account_customers = dict(
        BillingAccount.objects.filter(pk__in=accounts.values()).values_list(
            "account_number", "customer__customer_number"
        )
    )
    contract_customers = dict(
        ServiceContract.objects.filter(contract_number__in=numbers).values_list(
            "contract_number", "billing_account__customer__customer_number"
        )
    )
    entities = keys_of(Entity, "name", (row.distribution for row in rows))
    programs = _program_keys(rows)
    object_rows = []
    for row in rows:
        reason = (
            _refuse_unknown("account", row.account_number, accounts)
            or (
                _refuse_unknown("distribution utility", row.distribution, entities)
                if row.distribution
                else None
            )
            or _refuse_unknown_programs(row.programs, programs)
            or ends_before_start(row)
            or _refuse_transfer(
                f"contract {row.contract_number}",
                contract_customers.get(row.contract_number),
                account_customers.get(row.account_number),
            )
        )
        if reason:
            load.refuse(row.line, reason)
            continue
        fields: dict[str, Any] = {
            "billing_account_id": accounts[row.account_number],
            "commodity": row.commodity,
            "distribution_id": entities.get(row.distribution),
            "address": row.address,
            "start": row.start,
            "end": row.end,
        }
        object_rows.append(
            ObjectRow(row.line, row.contract_number, fields, frozenset(programs[p] for p in row.programs))
        )
    before = {contract.pk: span_of(contract) for contract in _contract_dates(numbers)}
    store_objects(ServiceContract, "contract_number", object_rows, load)
    load.changed += [
        Changed(contract, contract.pk, before[contract.pk], span_of(contract))
        for contract in _contract_dates(numbers)
        if contract.pk in before and before[contract.pk] != span_of(contract)
    ]


def _contract_dates(numbers: Sequence[str]) -> Iterable[ServiceContract]:
    contracts = ServiceContract.objects.filter(contract_number__in=numbers)
    return contracts.only("start", "end", "cds_created").iterator()


def ends_before_start(row: Any) -> str | None:
    """The reason to refuse a row whose [start, end) is empty; else None."""
    if row.end is not None and row.end <= row.start:
        return f"it ends {row.end}, not after its start {row.start}"
    return None


def _program_keys(rows: Iterable[AccountRow | ContractRow]) -> dict[str, int]:
    return keys_of(Program, "program_number", (number for row in rows for number in row.programs))


def _refuse_unknown(what: str, number: str, known: dict[str, int]) -> str | None:
    return None if number in known else f"{what} {number} is not known"


def _refuse_unknown_programs(numbers: Iterable[str], known: dict[str, int]) -> str | None:
    return next((f"program {number} is not known" for number in numbers if number not in known), None)


def _refuse_transfer(what: str, stored_customer: str | None, row_customer: str | None) -> str | None:
    if stored_customer is None or stored_customer == row_customer:
        return None
    return (
        f"{what} belongs to customer {stored_customer} and cannot pass to {row_customer}; "
        "it needs a number of its own"
    )


def _has_ancestor(number: str, parent: str, parent_numbers: Mapping[str, str | None]) -> bool:
    """Whether `number` is `parent` or above it. Ends always: stored accounts have no cycle."""
    ancestor: str | None = parent
    while ancestor and ancestor != number:
        ancestor = parent_numbers.get(ancestor)
    return ancestor == number
