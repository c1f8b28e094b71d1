"""Load customers, billing accounts, service contracts, and the entities and programs they name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.feed_rows import AccountRow, ContractRow, CustomerRow, EntityRow, ProgramRow
from accounts.models import BillingAccount, Customer, Entity, Program, ServiceContract, span_of
from accounts.services.link_changes import Changed
from accounts.services.loading.load import Load
from accounts.services.loading.objects import ObjectRow, keys_of, store_objects


def load_entities(rows: Sequence[EntityRow], load: Load) -> None:
    told = [
        ObjectRow(row.line, row.name, {"abbreviation": row.abbreviation, "kind": row.kind}) for row in rows
    ]
    store_objects(Entity, "name", told, load)


def load_programs(rows: Sequence[ProgramRow], load: Load) -> None:
    store_objects(
        Program,
        "program_number",
        [ObjectRow(row.line, row.program_number, {"name": row.name}) for row in rows],
        load,
    )


def load_customers(rows: Sequence[CustomerRow], load: Load) -> None:
    """Where a row does not say whether the customer is a test, it stays what feeds or staff said before."""
    tests = set(
        Customer.objects.filter(
            is_test=True, customer_number__in=[row.customer_number for row in rows]
        ).values_list("customer_number", flat=True)
    )
    told = []
    for row in rows:
        is_test = row.customer_number in tests if row.is_test is None else row.is_test
        told.append(ObjectRow(row.line, row.customer_number, {"name": row.name, "is_test": is_test}))
    store_objects(Customer, "customer_number", told, load)


def load_accounts(rows: Sequence[AccountRow], load: Load) -> None:
    """Parents first, a level at a time, in whatever order the file has them.

    Refuses an account whose customer, parent or program is not known, whose parents lead back to it, or that
    would pass to another customer: the first one's grants are on it.
    """
    customers = keys_of(Customer, "customer_number", (row.customer_number for row in rows))
    holders = dict(
        BillingAccount.objects.filter(account_number__in=[row.account_number for row in rows]).values_list(
            "account_number", "customer__customer_number"
        )
    )
    programs = _programs(rows)
    waiting = []
    for row in rows:
        reason = (
            _unknown("customer", row.customer_number, customers)
            or _unknown_programs(row.programs, programs)
            or _moved(f"account {row.account_number}", holders.get(row.account_number), row.customer_number)
        )
        if reason:
            load.refuse(row.line, reason)
        else:
            waiting.append(row)
    while waiting:
        above = {row.account_number for row in waiting}
        ready = [row for row in waiting if row.parent_number not in above]
        if not ready:
            for row in waiting:
                load.refuse(row.line, f"the parents of account {row.account_number} lead back to it")
            return
        _store_level(ready, customers, programs, load)
        waiting = [row for row in waiting if row.parent_number in above]


def _store_level(
    rows: Sequence[AccountRow], customers: dict[str, int], programs: dict[str, int], load: Load
) -> None:
    parents = keys_of(BillingAccount, "account_number", (row.parent_number for row in rows))
    nested = BillingAccount.objects.filter(parent__isnull=False)
    above = dict(nested.values_list("account_number", "parent__account_number"))
    told = []
    for row in rows:
        reason = _unknown("parent account", row.parent_number, parents) if row.parent_number else None
        if reason is None and _leads_to(row.account_number, row.parent_number, above):
            reason = f"the parents of account {row.account_number} lead back to it"
        if reason:
            load.refuse(row.line, reason)
            continue
        fields: dict[str, Any] = {
            "customer_id": customers[row.customer_number],
            "parent_id": parents.get(row.parent_number),
            "address": row.address,
        }
        told.append(
            ObjectRow(row.line, row.account_number, fields, frozenset(programs[p] for p in row.programs))
        )
    store_objects(BillingAccount, "account_number", told, load)


def load_contracts(rows: Sequence[ContractRow], load: Load) -> None:
    """Refuses a contract whose account, distribution utility or program is not known, that ends before it
    starts, or that would pass to another customer: a new customer has a new contract, so that no former
    occupant's consent or data goes with it.
    """
    accounts = keys_of(BillingAccount, "account_number", (row.account_number for row in rows))
    numbers = [row.contract_number for row in rows]
    held_by = dict(
        BillingAccount.objects.filter(pk__in=accounts.values()).values_list(
            "account_number", "customer__customer_number"
        )
    )
    holders = dict(
        ServiceContract.objects.filter(contract_number__in=numbers).values_list(
            "contract_number", "billing_account__customer__customer_number"
        )
    )
    entities = keys_of(Entity, "name", (row.distribution for row in rows))
    programs = _programs(rows)
    told = []
    for row in rows:
        reason = (
            _unknown("account", row.account_number, accounts)
            or (_unknown("distribution utility", row.distribution, entities) if row.distribution else None)
            or _unknown_programs(row.programs, programs)
            or ends_before_start(row)
            or _moved(
                f"contract {row.contract_number}",
                holders.get(row.contract_number),
                held_by.get(row.account_number),
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
        told.append(
            ObjectRow(row.line, row.contract_number, fields, frozenset(programs[p] for p in row.programs))
        )
    before = {contract.pk: span_of(contract) for contract in _dates(numbers)}
    store_objects(ServiceContract, "contract_number", told, load)
    load.changed += [
        Changed(contract, contract.pk, before[contract.pk], span_of(contract))
        for contract in _dates(numbers)
        if contract.pk in before and before[contract.pk] != span_of(contract)
    ]


def _dates(numbers: Sequence[str]) -> Iterable[ServiceContract]:
    found = ServiceContract.objects.filter(contract_number__in=numbers)
    return found.only("start", "end", "cds_created").iterator()


def ends_before_start(row: Any) -> str | None:
    """Why [start, end) holds nothing, if so."""
    if row.end is not None and row.end <= row.start:
        return f"it ends {row.end}, not after its start {row.start}"
    return None


def _programs(rows: Iterable[AccountRow | ContractRow]) -> dict[str, int]:
    return keys_of(Program, "program_number", (number for row in rows for number in row.programs))


def _unknown(what: str, number: str, known: dict[str, int]) -> str | None:
    return None if number in known else f"{what} {number} is not known"


def _unknown_programs(numbers: Iterable[str], known: dict[str, int]) -> str | None:
    return next((f"program {number} is not known" for number in numbers if number not in known), None)


def _moved(what: str, held_by: str | None, told: str | None) -> str | None:
    if held_by is None or held_by == told:
        return None
    return f"{what} belongs to customer {held_by} and cannot pass to {told}; it needs a number of its own"


def _leads_to(number: str, parent: str, above: Mapping[str, str | None]) -> bool:
    """Whether going up from `parent` meets `number`; what is stored holds no circle."""
    at: str | None = parent
    while at and at != number:
        at = above.get(at)
    return at == number
