"""The printed names of things that other apps know by database key."""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.models import ContractServicePoint, ServiceContract
from cdsc_portal.lib.ranges import Span


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
    rows = ServiceContract.objects.filter(pk__in=contract_ids).order_by("contract_number")
    fields = ("pk", "contract_number", "commodity", "billing_account__account_number")
    return [ContractLabel(*row) for row in rows.values_list(*fields)]


def grid_places(contract_ids: Collection[int]) -> list[GridPlace]:
    """Where on the grid the contracts were served, while linked to a point there. One query.

    Where the region is not known there is nothing.
    """
    of_point = "service_point__placements"
    links = ContractServicePoint.objects.filter(contract__in=contract_ids, **{f"{of_point}__region__gt": ""})
    rows = links.values_list(
        "contract", f"{of_point}__region", "start", "end", f"{of_point}__start", f"{of_point}__end"
    )
    found = [
        (contract, region, Span(start, end).intersect(Span(since, until)))
        for contract, region, start, end, since, until in rows
    ]
    return [GridPlace(contract, region, span) for contract, region, span in found if span is not None]
