"""Bills as they were sent and their documents, and which of their facts a selection of contracts opens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Q, QuerySet

from cdsc_portal.lib.db.compiled_query import Keys
from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.local_days import days, first_day_from
from cdsc_portal.lib.time.ranges import Span
from consent.access import AccessPart
from datahub.answers.coverage import Coverage
from datahub.answers.page import NOTHING_LOADED, Document, Page, Standing, standing
from datahub.models import BillSection, BillStatement

PAGE_SIZE = 200
WHOLE_STATEMENT = ("previous_balance", "payments", "new_charges", "total", "file")
_DOCUMENT = """
    SELECT statement.statement_date, statement.statement_number, statement.file, statement.file_name,
        statement.file_sha256, array_agg(DISTINCT section.contract_id)
    FROM datahub_billstatement AS statement JOIN datahub_billsection AS section ON section.statement_id = statement.id
    WHERE statement.public_id = %s
    GROUP BY statement.id
"""


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
    statements = _prefetched(Q(pk__in=BillSection.objects.filter(sections).values("statement")))
    if after is not None:
        day, public_id = date.fromisoformat(str(after[0])), after[1]
        statements = statements.filter(
            Q(statement_date__lt=day) | Q(statement_date=day, public_id__gt=public_id)
        )
    rows = list(statements.order_by("-statement_date", "public_id")[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    items = [readable_statement(row, covered) for row in page]
    dates = [row.statement_date for row in page]
    return Page(
        items=items,
        standings=bill_standings(covered.spans, sections, synced="statement__cds_synced"),
        contracts=frozenset().union(*(item.contracts for item in items)),
        values=len(items),
        data=days(min(dates), max(dates) + timedelta(days=1)) if dates else None,
        resume=[dates[-1].isoformat(), page[-1].public_id] if len(rows) > PAGE_SIZE else None,
        withholds=any(not item.whole for item in items),
    )


def own_bill_statements(contracts: Keys) -> QuerySet[BillStatement]:
    """What the own pages of people who see these `contracts` at all times show: also bills without sections, of the
    accounts that have them.

    No query yet. Three with what they are read with.
    """
    bare = BillStatement.objects.filter(sections__isnull=True, account__contracts__in=contracts.rows)
    opened = BillSection.objects.filter(contract__in=contracts.rows).values("statement")
    return _prefetched(Q(pk__in=opened) | Q(pk__in=bare.values("pk")))


def open_sections(covered: Coverage) -> QuerySet[BillSection]:
    """No query yet."""
    return BillSection.objects.filter(_open_sections(covered))


def readable_statement(statement: BillStatement, covered: Coverage) -> ReadableStatement:
    """Which of its contracts are open. No query where its sections and their contracts are read already."""
    billed = {section.contract_id: section.contract.contract_number for section in statement.sections.all()}
    spans = covered.spans
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


def bill_document(parts: Collection[AccessPart], public_id: str) -> Document | None:
    """None: missing, foreign and outside the window look the same (X-15). One statement, also for a 304."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_DOCUMENT, [public_id])
        row = cursor.fetchone()
    if row is None:
        return None
    statement_date, number, file, file_name, file_sha256, billed = row
    dated = [part.contracts for part in parts if is_dated_inside(statement_date, part.window)]
    contracts = frozenset(billed) & frozenset().union(*dated)
    if not contracts:
        return None
    return Document(
        contracts=contracts,
        is_whole=contracts == frozenset(billed),
        data=days(statement_date, statement_date + timedelta(days=1)),
        file_name=file_name or f"{number}.pdf",
        sha256=file_sha256,
        open=(lambda: BillStatement(file=file).file.open("rb")) if file else None,
    )


def is_dated_inside(day: date, span: Span) -> bool:
    """Whether the local day begins inside the span."""
    begins = span.start is None or day >= first_day_from(span.start)
    return begins and (span.end is None or day < first_day_from(span.end))


def bill_standings(contracts: Collection[int], allowed: Q, *, synced: str) -> dict[int, Standing]:
    """How bills stand for each contract; `allowed` are the sections that are open, `synced` the field that confirms."""
    loaded = BillSection.objects.filter(contract__in=contracts).values("contract").order_by()
    known = {
        row["contract"]: standing(has_data=row["inside"] > 0, synced=row["confirmed"])
        for row in loaded.annotate(confirmed=Max(synced), inside=Count("pk", filter=allowed))
    }
    return {contract: known.get(contract, NOTHING_LOADED) for contract in contracts}


def _prefetched(condition: Q) -> QuerySet[BillStatement]:
    """With what `readable_statement` reads."""
    statements = BillStatement.objects.filter(condition)
    return statements.select_related("account").prefetch_related("sections__contract")


def _open_sections(covered: Coverage) -> Q:
    """Of statements whose date lies in a span; a date counts where its day begins inside the span."""
    allowed = Q(pk__in=[])
    for span, contracts in covered.by_span.items():
        inside = Q(contract__in=contracts)
        if span.start is not None:
            inside &= Q(statement__statement_date__gte=first_day_from(span.start))
        if span.end is not None:
            inside &= Q(statement__statement_date__lt=first_day_from(span.end))
        allowed |= inside
    return allowed
