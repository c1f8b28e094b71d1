"""Who supplied a contract, on which tariff, from when to when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import SupplyTerm
from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span


@dataclass(frozen=True, slots=True)
class Supply:
    """One supply term. Local dates; `end` is the first day it no longer held; `span` the same in UTC."""

    contract_key: int
    id: str
    delivery_id: str
    contract_number: str
    account_number: str
    customer_number: str
    service_type: str
    supplier: str
    supplier_contract_id: str
    tariff_code: str
    tariff_name: str
    start: date
    end: date | None
    span: Span
    modified: datetime
    verified: datetime


@dataclass(frozen=True, slots=True)
class TariffTerm:
    """A contract was on this tariff during `span`."""

    contract_key: int
    tariff_code: str
    tariff_name: str
    span: Span


_TARIFF_TERMS = """
    SELECT contract_id, tariff_code, tariff_name, start, "end" FROM accounts_supplyterm
    WHERE contract_id = ANY(%(contracts)s::bigint[]) ORDER BY contract_id, start
"""


def tariff_terms(contract_ids: Collection[int]) -> list[TariffTerm]:
    """Which tariffs the contracts were on, oldest first. One query, which every call for the mix makes."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_TARIFF_TERMS, {"contracts": array(sorted(contract_ids))})
        rows = cursor.fetchall()
    return [TariffTerm(contract, code, name, days(start, end)) for contract, code, name, start, end in rows]


def supplies(contract_ids: Collection[int]) -> list[Supply]:
    """Every supply term of the contracts, by contract number, oldest first. One query."""
    terms = (
        SupplyTerm.objects.filter(contract__in=contract_ids)
        .select_related("supplier", "contract__billing_account__customer")
        .order_by("contract__contract_number", "start")
    )
    return [
        Supply(
            contract_key=term.contract.pk,
            id=term.public_id,
            delivery_id=term.contract.public_id,
            contract_number=term.contract.contract_number,
            account_number=term.contract.billing_account.account_number,
            customer_number=term.contract.billing_account.customer.customer_number,
            service_type=term.contract.commodity,
            supplier=term.supplier.name,
            supplier_contract_id=term.supplier_contract_number,
            tariff_code=term.tariff_code,
            tariff_name=term.tariff_name,
            start=term.start,
            end=term.end,
            span=days(term.start, term.end),
            modified=term.cds_modified,
            verified=term.cds_synced,
        )
        for term in terms
    ]
