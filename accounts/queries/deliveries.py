"""How service is delivered: contracts with their points and meters as they are at one moment."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from accounts.models import ContractServicePoint, MeterInstallation, ServiceContract
from accounts.queries.grid import with_grid_placement

if TYPE_CHECKING:
    from accounts.queries.grid import LinkWithPlacement


@dataclass(frozen=True, slots=True)
class DeliveryPoint:
    """A service point and the numbers of the meters at it; voltage in volts, None = not known."""

    service_point_id: str
    address: str
    voltage: int | None
    region: str
    pricing_node: str
    meter_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One contract's delivery. Local dates; `end` is the first day it no longer held."""

    contract_key: int
    id: str
    contract_number: str
    service_type: str
    utility: str
    address: str
    service_points: tuple[DeliveryPoint, ...]
    start: date
    end: date | None
    modified: datetime
    verified: datetime


def deliveries(contract_ids: Collection[int], *, at: datetime) -> list[Delivery]:
    """Deliveries of the contracts by contract number, with the points and meters linked at `at`, none where the
    contract does not hold then. Three queries.

    `modified` and `verified` are the newest of contract, points and meters.
    """
    contracts = ServiceContract.objects.filter(pk__in=contract_ids).select_related("distribution")
    links: dict[int, list[LinkWithPlacement]] = defaultdict(list)
    today = timezone.localdate(at)
    in_force = Q(contract__start__lte=today) & (Q(contract__end=None) | Q(contract__end__gt=today))
    current = ContractServicePoint.objects.filter(_holds(at), in_force, contract__in=contract_ids)
    current_links = with_grid_placement(current, at=at).select_related("service_point__premise")
    for link in current_links.order_by("service_point__servicepoint_number"):
        links[link.contract_id].append(link)
    meters: dict[int, list[MeterInstallation]] = defaultdict(list)
    point_keys = {link.service_point_id for contract_links in links.values() for link in contract_links}
    installed = MeterInstallation.objects.filter(_holds(at), service_point__in=point_keys)
    for installation in installed.select_related("meter").order_by("meter__meter_number"):
        meters[installation.service_point_id].append(installation)

    delivered = []
    for contract in contracts.order_by("contract_number"):
        linked = links[contract.pk]
        points = [link.service_point for link in linked]
        at_points = [installation.meter for point in points for installation in meters[point.pk]]
        rows = [contract, *points, *at_points]
        delivery = Delivery(
            contract_key=contract.pk,
            id=contract.public_id,
            contract_number=contract.contract_number,
            service_type=contract.commodity,
            utility=contract.distribution.name if contract.distribution else "",
            address=contract.address,
            service_points=tuple(
                DeliveryPoint(
                    service_point_id=link.service_point.servicepoint_number,
                    address=link.service_point.premise.address if link.service_point.premise else "",
                    voltage=link.service_point.voltage,
                    region=link.region,
                    pricing_node=link.pricing_node,
                    meter_numbers=tuple(item.meter.meter_number for item in meters[link.service_point_id]),
                )
                for link in linked
            ),
            start=contract.start,
            end=contract.end,
            modified=max(row.cds_modified for row in rows),
            verified=max(row.cds_synced for row in rows),
        )
        delivered.append(delivery)
    return delivered


def _holds(at: datetime) -> Q:
    return Q(start__lte=at) & (Q(end__isnull=True) | Q(end__gt=at))
