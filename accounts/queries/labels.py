"""The printed names of things that other apps know by database key."""

from collections.abc import Collection
from dataclasses import dataclass

from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.time.ranges import Span

_LABELS = """
    SELECT contract.id, contract.contract_number, contract.commodity, account.account_number
    FROM accounts_servicecontract contract
    JOIN accounts_billingaccount account ON account.id = contract.billing_account_id
    WHERE contract.id = ANY(%(contracts)s::bigint[]) ORDER BY contract.contract_number
"""
_GRID_PLACES = """
    SELECT linked.contract_id, placed.region, linked.start, linked."end", placed.start, placed."end"
    FROM accounts_contractservicepoint linked
    JOIN accounts_gridplacement placed ON placed.service_point_id = linked.service_point_id
    WHERE linked.contract_id = ANY(%(contracts)s::bigint[]) AND placed.region > ''
"""


@dataclass(frozen=True, slots=True)
class ContractLabel:
    """How a contract is known on paper."""

    key: int
    contract_number: str
    commodity: str
    account_number: str


@dataclass(frozen=True, slots=True)
class GridPlace:
    """A contract was served in a grid region during `span`."""

    contract_key: int
    region: str
    span: Span


def contract_labels(contract_ids: Collection[int]) -> list[ContractLabel]:
    """Labels by contract number. One query."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_LABELS, {"contracts": array(sorted(contract_ids))})
        return [ContractLabel(*row) for row in cursor.fetchall()]


def grid_places(contract_ids: Collection[int]) -> list[GridPlace]:
    """Where on the grid the contracts were served, while linked to a point there. One query.

    Where the region is not known there is nothing.
    """
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_GRID_PLACES, {"contracts": array(sorted(contract_ids))})
        rows = cursor.fetchall()
    places = [
        (contract, region, Span(start, end).intersect(Span(since, until)))
        for contract, region, start, end, since, until in rows
    ]
    return [GridPlace(contract, region, span) for contract, region, span in places if span is not None]
