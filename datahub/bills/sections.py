"""What bills are made of: sections by contract, with their line items."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.local_days import days, first_day_from, last_midnight_by
from cdsc_portal.lib.time.ranges import Span
from consent.access import Access, contracts_of
from datahub.answers.coverage import Coverage
from datahub.answers.loaded_until import NOTHING_LOADED, Standing, standing
from datahub.answers.page import Page
from datahub.models import BillSection

PAGE_SIZE = 200
SUPPLY_FACTS = ("supplier", "tariff_code", "tariff_name")


@dataclass(frozen=True, slots=True)
class NamedSection:
    """A section, and whether supplier and tariff may be named with it."""

    section: BillSection
    names_supply: bool

    @property
    def withheld(self) -> tuple[str, ...]:
        return () if self.names_supply else SUPPLY_FACTS


def bill_sections(covered: Coverage, *, access: Access, after: Position | None = None) -> Page[NamedSection]:
    """Sections that lie wholly inside the window, newest statement first. Three queries, however many sections.

    Supplier and tariff are named where a supply scope opens the contract too (design 5).
    """
    allowed = _wholly_inside(covered)
    found = BillSection.objects.filter(allowed).select_related("statement__account", "contract")
    if after is not None:
        found = found.filter(_after(after))
    rows = list(
        found.prefetch_related("line_items").order_by("-statement__statement_date", "public_id")[
            : PAGE_SIZE + 1
        ]
    )
    page = rows[:PAGE_SIZE]
    named = supply_named(access)
    return Page(
        items=[NamedSection(row, row.contract_id in named) for row in page],
        standings=_standings(covered.spans, allowed),
        contracts=frozenset(row.contract_id for row in page),
        values=sum(1 + len(row.line_items.all()) for row in page),
        data=days(min(row.start for row in page), max(row.end for row in page)) if page else None,
        resume=_position(page[-1]) if len(rows) > PAGE_SIZE else None,
    )


def supply_named(access: Access) -> frozenset[int]:
    """Contracts whose supplier and tariff the access opens as such."""
    return contracts_of((*access.parts_for("supply_details"), *access.parts_for("supply_history")))


def _wholly_inside(covered: Coverage) -> Q:
    allowed = Q(pk__in=[])
    for span, contracts in covered.by_span.items():
        allowed |= Q(contract__in=contracts) & _dates_inside(span)
    return allowed


def _dates_inside(span: Span) -> Q:
    inside = Q()
    if span.start is not None:
        inside &= Q(start__gte=first_day_from(span.start))
    if span.end is not None:
        inside &= Q(end__lte=last_midnight_by(span.end))
    return inside


def _position(section: BillSection) -> Position:
    return [section.statement.statement_date.isoformat(), section.public_id]


def _after(position: Position) -> Q:
    day, public_id = date.fromisoformat(str(position[0])), position[1]
    return Q(statement__statement_date__lt=day) | Q(statement__statement_date=day, public_id__gt=public_id)


def _standings(contracts: Collection[int], allowed: Q) -> dict[int, Standing]:
    loaded = BillSection.objects.filter(contract__in=contracts).values("contract").order_by()
    known = {
        row["contract"]: standing(found=row["inside"] > 0, synced=row["synced"])
        for row in loaded.annotate(synced=Max("cds_synced"), inside=Count("pk", filter=allowed))
    }
    return {contract: known.get(contract, NOTHING_LOADED) for contract in contracts}
