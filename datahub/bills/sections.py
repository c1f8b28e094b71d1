"""What bills are made of: sections by contract, with their line items."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.local_days import days, first_day_from, last_midnight_by
from consent.access import Access, contracts_of
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.bills.statements import bill_standings
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
    allowed = Q(pk__in=[])
    for span, contracts in covered.by_span.items():
        inside = Q(contract__in=contracts)
        if span.start is not None:
            inside &= Q(start__gte=first_day_from(span.start))
        if span.end is not None:
            inside &= Q(end__lte=last_midnight_by(span.end))
        allowed |= inside
    sections = BillSection.objects.filter(allowed).select_related("statement__account", "contract")
    if after is not None:
        day, public_id = date.fromisoformat(str(after[0])), after[1]
        same_day = Q(statement__statement_date=day, public_id__gt=public_id)
        sections = sections.filter(Q(statement__statement_date__lt=day) | same_day)
    ordered = sections.prefetch_related("line_items").order_by("-statement__statement_date", "public_id")
    rows = list(ordered[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    named = supply_named(access)
    resume = (
        [page[-1].statement.statement_date.isoformat(), page[-1].public_id] if len(rows) > PAGE_SIZE else None
    )
    return Page(
        items=[NamedSection(row, row.contract_id in named) for row in page],
        standings=bill_standings(covered.spans, allowed, synced="cds_synced"),
        contracts=frozenset(row.contract_id for row in page),
        values=sum(1 + len(row.line_items.all()) for row in page),
        data=days(min(row.start for row in page), max(row.end for row in page)) if page else None,
        resume=resume,
    )


def supply_named(access: Access) -> frozenset[int]:
    """Contracts whose supplier and tariff the access opens as such."""
    return contracts_of((*access.parts_for("supply_details"), *access.parts_for("supply_history")))
