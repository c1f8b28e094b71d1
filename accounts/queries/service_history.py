"""Where a contract was served and what measured it there, each only while it was the customer's."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from accounts.models import ContractServicePoint, MeterInstallation, MeterName, ServiceContract
from accounts.queries.grid import with_grid_placement
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span

if TYPE_CHECKING:
    from accounts.queries.grid import LinkWithPlacement


@dataclass(frozen=True, slots=True)
class MeterPeriod:
    """A meter at a point during `span`; `name` is what the contract's customer calls it."""

    key: int
    public_id: str
    number: str
    name: str
    commodity: str
    span: Span


@dataclass(frozen=True, slots=True)
class PointPeriod:
    """A contract served through a point during `span`, with its meters, oldest first; voltage in volts."""

    contract_key: int
    number: str
    address: str
    voltage: int | None
    region: str
    span: Span
    meters: tuple[MeterPeriod, ...]


def service_history(
    contracts: Collection[ServiceContract], *, at: datetime
) -> dict[int, tuple[PointPeriod, ...]]:
    """By contract key, oldest first. Three queries; `contracts` carry their billing account.

    The region is that of `at`, or of the end of a period that is over. Every span is cut to the contract's own days, so
    neither a former occupant nor the next one shows.
    """
    by_key = {contract.pk: contract for contract in contracts}
    of_contracts = ContractServicePoint.objects.filter(contract__in=by_key)
    links = with_grid_placement(of_contracts, at=at).select_related("service_point__premise")
    installed: dict[int, list[MeterInstallation]] = defaultdict(list)
    at_points = {link.service_point_id for link in links}
    for installation in MeterInstallation.objects.filter(service_point__in=at_points).select_related("meter"):
        installed[installation.service_point_id].append(installation)
    names: dict[int, dict[int, str]] = defaultdict(dict)  # by customer key, then by meter key
    named = MeterName.objects.filter(
        customer__in={contract.billing_account.customer_id for contract in contracts},
        meter__in={installation.meter_id for group in installed.values() for installation in group},
    )
    for meter_name in named:
        names[meter_name.customer_id][meter_name.meter_id] = meter_name.name
    history: dict[int, list[PointPeriod]] = defaultdict(list)
    for link in links.order_by("start", "service_point__servicepoint_number"):
        contract = by_key[link.contract_id]
        span = Span(link.start, link.end).intersect(days(contract.start, contract.end))
        if span is not None:
            names_of_customer = names[contract.billing_account.customer_id]
            history[link.contract_id].append(
                _point_period(link, span, installed[link.service_point_id], names_of_customer)
            )
    return {key: tuple(points) for key, points in history.items()}


def _point_period(
    link: "LinkWithPlacement", span: Span, installed: Iterable[MeterInstallation], names: Mapping[int, str]
) -> PointPeriod:
    point = link.service_point
    spans = [
        (installation.meter, span.intersect(Span(installation.start, installation.end)))
        for installation in installed
    ]
    meters = [
        MeterPeriod(
            meter.pk,
            meter.public_id,
            meter.meter_number,
            names.get(meter.pk, ""),
            meter.commodity,
            meter_span,
        )
        for meter, meter_span in spans
        if meter_span is not None
    ]
    return PointPeriod(
        contract_key=link.contract_id,
        number=point.servicepoint_number,
        address=point.premise.address if point.premise else "",
        voltage=point.voltage,
        region=link.region,
        span=span,
        meters=tuple(sorted(meters, key=lambda meter: (str(meter.span.start), meter.number))),
    )
