"""Dated links, contracts' dates and supply terms as they were on record: as they are, less what was changed since."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from django.db.models import Q

from accounts.models import (
    ContractServicePoint,
    Dated,
    GridPlacement,
    LinkChange,
    LinkKind,
    MeterInstallation,
    ServiceContract,
    SupplyTerm,
    span_of,
)
from cdsc_portal.lib.time.ranges import Span, union

SpansByKey = dict[object, tuple[Span, ...]]  # when something (a meter, a region, a tariff) was a contract's


@dataclass(frozen=True, slots=True)
class Link:
    """A dated link as it is (`now` None = removed), and as it was before each change, in the order of the changes.

    `tariff` is that of a supply term as it is, empty of a removed one; `region` that of a placement.
    """

    key: int
    contract: int | None
    point: int | None
    meter: int | None
    created: datetime | None
    now: Span | None
    before: tuple[tuple[datetime, Span], ...]
    tariff: str = ""
    region: str = ""

    def at(self, moment: datetime | None) -> Span | None:
        """When it held, as was on record at `moment`; None = now."""
        if moment is None:
            return self.now
        if self.created is not None and self.created > moment:
            return None
        return next((span for at, span in self.before if at > moment), self.now)


@dataclass(frozen=True, slots=True)
class LinkHistory:
    """All that was ever on record of some contracts. Each method: as was on record at `moment`; None = now."""

    points: dict[int, list[Link]]  # by contract
    meters: dict[int, list[Link]]  # by point
    contracts: dict[int, list[Link]]
    supplies: dict[int, list[Link]]
    placements: dict[int, list[Link]]  # by point

    @classmethod
    def of(cls, contracts: Collection[ServiceContract]) -> "LinkHistory":
        """Ten queries, however many contracts."""
        of_contract = Q(contract__in=[contract.pk for contract in contracts])
        linked = _links(
            LinkKind.CONTRACT_POINT, of_contract, ContractServicePoint.objects.filter(of_contract)
        )
        of_point = Q(service_point__in={link.point for link in linked if link.point is not None})
        installed = _links(LinkKind.METER_POINT, of_point, MeterInstallation.objects.filter(of_point))
        dated = _links(LinkKind.CONTRACT, of_contract, contracts)
        supplied = _links(LinkKind.SUPPLY_TERM, of_contract, SupplyTerm.objects.filter(of_contract))
        placed = _links(LinkKind.GRID_PLACEMENT, of_point, GridPlacement.objects.filter(of_point))
        return cls(
            _grouped(linked, "contract"),
            _grouped(installed, "point"),
            _grouped(dated, "contract"),
            _grouped(supplied, "contract"),
            _grouped(placed, "point"),
        )

    def contract_days(self, contract: int, moment: datetime | None) -> SpansByKey:
        """The contract's own days."""
        return _united((contract, link.at(moment)) for link in self.contracts.get(contract, ()))

    def measured(self, contract: int, moment: datetime | None) -> SpansByKey:
        """By meter: while contract, point and meter were linked, within the contract's days."""
        return _united(
            (installed.meter, part)
            for link in self.points.get(contract, ())
            for span in self._served(link, contract, moment)
            for installed in self.meters.get(link.point or 0, ())
            for part in common(installed.at(moment), (span,))
        )

    def delivered(self, contract: int, moment: datetime | None) -> SpansByKey:
        """By point, within the contract's days."""
        return _united(
            (link.point, span)
            for link in self.points.get(contract, ())
            for span in self._served(link, contract, moment)
        )

    def grid_regions(self, contract: int, moment: datetime | None) -> SpansByKey:
        """By grid region: while a point there was linked."""
        return _united(
            (placed.region, span)
            for link in self.points.get(contract, ())
            if (linked := link.at(moment)) is not None
            for placed in self.placements.get(link.point or 0, ())
            if placed.region
            for span in common(placed.at(moment), (linked,))
        )

    def supplied(self, contract: int, moment: datetime | None) -> SpansByKey:
        """By supply term."""
        return _united((link.key, link.at(moment)) for link in self.supplies.get(contract, ()))

    def tariffs(self, contract: int, moment: datetime | None) -> SpansByKey:
        """By tariff, whoever supplied; a removed term is one of its own."""
        terms = self.supplies.get(contract, ())
        return _united((link.tariff or link.key, link.at(moment)) for link in terms)

    def _served(self, link: Link, contract: int, moment: datetime | None) -> list[Span]:
        return common(link.at(moment), self.contract_days(contract, moment).get(contract, ()))


History = Callable[[LinkHistory, int, datetime | None], SpansByKey]
# the links that each history is made of
LINKS_OF: Mapping[History, tuple[LinkKind, ...]] = MappingProxyType({
    LinkHistory.contract_days: (LinkKind.CONTRACT,),
    LinkHistory.delivered: (LinkKind.CONTRACT_POINT, LinkKind.CONTRACT),
    LinkHistory.measured: (LinkKind.CONTRACT_POINT, LinkKind.METER_POINT, LinkKind.CONTRACT),
    LinkHistory.grid_regions: (LinkKind.CONTRACT_POINT, LinkKind.GRID_PLACEMENT),
    LinkHistory.supplied: (LinkKind.SUPPLY_TERM,),
    LinkHistory.tariffs: (LinkKind.SUPPLY_TERM,),
})  # fmt: skip


def common(span: Span | None, others: Iterable[Span]) -> list[Span]:
    """The parts of `others` that `span` holds, too."""
    if span is None:
        return []
    return [both for other in others if (both := span.intersect(other)) is not None]


def _united(pairs: Iterable[tuple[object, Span | None]]) -> SpansByKey:
    by_key: dict[object, list[Span]] = defaultdict(list)
    for key, span in pairs:
        if span is not None:
            by_key[key].append(span)
    return {key: union(spans) for key, spans in by_key.items()}


def _links(kind: LinkKind, of: Q, rows: Iterable[Dated]) -> list[Link]:
    """Links that exist, with their changes, and those that were removed."""
    changes: dict[int, list[LinkChange]] = defaultdict(list)
    for change in LinkChange.objects.filter(of, kind=kind).order_by("at", "pk"):
        changes[change.link_key].append(change)
    links = [_existing(row, _spans_before(changes.pop(row.pk, []))) for row in rows]
    removed = [(each[-1], _spans_before(each)) for each in changes.values()]
    return links + [
        Link(
            last.link_key, last.contract_id, last.service_point_id, last.meter_id, last.link_created, None, before,
            region=last.region,
        )
        for last, before in removed
    ]  # fmt: skip


def _existing(row: Dated, before: tuple[tuple[datetime, Span], ...]) -> Link:
    now = span_of(row)
    if isinstance(row, ServiceContract):
        return Link(row.pk, row.pk, None, None, None, now, before)
    if isinstance(row, SupplyTerm):
        return Link(row.pk, row.contract_id, None, None, row.cds_created, now, before, row.tariff_code)
    if isinstance(row, MeterInstallation):
        return Link(row.pk, None, row.service_point_id, row.meter_id, row.created, now, before)
    if isinstance(row, GridPlacement):
        return Link(row.pk, None, row.service_point_id, None, row.created, now, before, region=row.region)
    return Link(row.pk, row.contract_id, row.service_point_id, None, row.created, now, before)


def _spans_before(changes: Iterable[LinkChange]) -> tuple[tuple[datetime, Span], ...]:
    return tuple((change.at, Span(change.old_start, change.old_end)) for change in changes)


def _grouped(links: Iterable[Link], key: Literal["contract", "point"]) -> dict[int, list[Link]]:
    grouped: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        grouped[getattr(link, key) or 0].append(link)
    return grouped
