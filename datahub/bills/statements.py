"""Bills as they were sent, and which of their facts a selection of contracts opens."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Q, QuerySet

from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.local_days import days, first_day_from
from cdsc_portal.lib.time.ranges import Span
from datahub.answers.coverage import Coverage
from datahub.answers.loaded_until import NOTHING_LOADED, Standing, standing
from datahub.answers.page import Page
from datahub.models import BillSection, BillStatement

PAGE_SIZE = 200
WHOLE_STATEMENT = ("previous_balance", "payments", "new_charges", "total", "file")


@dataclass(frozen=True, slots=True)
class ReadableStatement:
    """A statement with the contracts on it that are open. `whole`: all are, so that amounts and file may be given."""

    statement: BillStatement
    contracts: frozenset[int]
    contract_numbers: tuple[str, ...]
    whole: bool

    @property
    def withheld(self) -> tuple[str, ...]:
        return () if self.whole else WHOLE_STATEMENT


def bill_statements(covered: Coverage, *, after: Position | None = None) -> Page[ReadableStatement]:
    """Statements whose date begins inside the window, newest first. Four queries, however many statements.

    A statement is open where one of its contracts is. One without sections bills no contract and is not served.
    """
    sections = _open_sections(covered)
    found = _statements(sections)
    if after is not None:
        day, public_id = date.fromisoformat(str(after[0])), after[1]
        found = found.filter(Q(statement_date__lt=day) | Q(statement_date=day, public_id__gt=public_id))
    rows = list(found.order_by("-statement_date", "public_id")[: PAGE_SIZE + 1])
    items = [_readable(row, covered.spans) for row in rows[:PAGE_SIZE]]
    return Page(
        items=items,
        standings=_standings(covered.spans, sections),
        contracts=frozenset().union(*(item.contracts for item in items)),
        values=len(items),
        data=_dated(rows[:PAGE_SIZE]),
        resume=_position(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else None,
        withholds=any(not item.whole for item in items),
    )


def own_bill_statements(covered: Coverage) -> QuerySet[BillStatement]:
    """What a customer's own pages show: also bills without sections, of the accounts that `covered` has contracts of.

    No query yet. Three with what they are read with.
    """
    bare = BillStatement.objects.filter(sections__isnull=True, account__contracts__in=covered.spans.keys())
    opened = BillSection.objects.filter(_open_sections(covered)).values("statement")
    return _read_with(BillStatement.objects.filter(Q(pk__in=opened) | Q(pk__in=bare.values("pk"))))


def readable_statement(statement: BillStatement, covered: Coverage) -> ReadableStatement:
    """Which of its contracts are open. No query where its sections and their contracts are read already."""
    return _readable(statement, covered.spans)


def _statements(sections: Q) -> QuerySet[BillStatement]:
    opened = BillSection.objects.filter(sections).values("statement")
    return _read_with(BillStatement.objects.filter(pk__in=opened))


def _read_with(statements: QuerySet[BillStatement]) -> QuerySet[BillStatement]:
    return statements.select_related("account").prefetch_related("sections__contract")


def _open_sections(covered: Coverage) -> Q:
    allowed = Q(pk__in=[])
    for span, contracts in covered.by_span.items():
        allowed |= Q(contract__in=contracts) & _dated_inside(span)
    return allowed


def _dated_inside(span: Span) -> Q:
    """A date counts where its day begins inside the span."""
    inside = Q()
    if span.start is not None:
        inside &= Q(statement__statement_date__gte=first_day_from(span.start))
    if span.end is not None:
        inside &= Q(statement__statement_date__lt=first_day_from(span.end))
    return inside


def _readable(statement: BillStatement, spans: Mapping[int, Sequence[Span]]) -> ReadableStatement:
    billed = {section.contract_id: section.contract.contract_number for section in statement.sections.all()}
    opened = frozenset(
        contract
        for contract in billed
        if any(is_dated_inside(statement.statement_date, span) for span in spans.get(contract, ()))
    )
    return ReadableStatement(
        statement=statement,
        contracts=opened,
        contract_numbers=tuple(sorted(billed[contract] for contract in opened)),
        whole=opened == frozenset(billed),
    )


def is_dated_inside(day: date, span: Span) -> bool:
    """Whether the local day begins inside the span."""
    begins = span.start is None or day >= first_day_from(span.start)
    return begins and (span.end is None or day < first_day_from(span.end))


def _dated(statements: Sequence[BillStatement]) -> Span | None:
    """From the first to the last date of statements, both whole."""
    dates = [statement.statement_date for statement in statements]
    return days(min(dates), max(dates) + timedelta(days=1)) if dates else None


def _position(statement: BillStatement) -> Position:
    return [statement.statement_date.isoformat(), statement.public_id]


def _standings(contracts: Collection[int], sections: Q) -> dict[int, Standing]:
    loaded = BillSection.objects.filter(contract__in=contracts).values("contract").order_by()
    known = {
        row["contract"]: standing(found=row["inside"] > 0, synced=row["synced"])
        for row in loaded.annotate(synced=Max("statement__cds_synced"), inside=Count("pk", filter=sections))
    }
    return {contract: known.get(contract, NOTHING_LOADED) for contract in contracts}
