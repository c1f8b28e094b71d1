"""Which points and meters contracts have or had, in few bytes a contract."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import ContractServicePoint, ServiceContract
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span

_AT = "service_point__installations"
_COLUMNS = (
    "contract", "contract__billing_account__customer", "service_point__servicepoint_number",
    f"{_AT}__meter", f"{_AT}__meter__public_id", f"{_AT}__meter__meter_number",
    "start", "end", "contract__start", "contract__end", f"{_AT}__start", f"{_AT}__end",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MeteredContract:
    """A meter at a contract's point; without one, its key is None and its words are empty."""

    contract: int
    customer: int
    point_number: str
    meter: int | None
    meter_id: str
    meter_number: str


def metered_contracts(contracts: QuerySet[ServiceContract]) -> Iterator[MeteredContract]:
    """Every point of the contracts with each of its meters, while they were the contract's. One query."""
    links = ContractServicePoint.objects.filter(contract__in=contracts).order_by()
    for row in links.values_list(*_COLUMNS):
        linked = Span(*row[6:8]).intersect(days(*row[8:10]))
        if linked is None:
            continue
        contract, customer, point, meter, meter_id, number = row[:6]
        if meter is not None and linked.intersect(Span(*row[10:12])) is not None:
            yield MeteredContract(contract, customer, point, meter, meter_id, number)
        else:
            yield MeteredContract(contract, customer, point, None, "", "")
