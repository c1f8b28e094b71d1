"""The stored document of a bill, and whether an access opens it."""

from collections.abc import Collection
from datetime import timedelta

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.time.local_days import days
from consent.access import AccessPart
from datahub.answers.page import Document
from datahub.bills.statements import is_dated_inside
from datahub.models import BillStatement

_STATEMENT = """
    SELECT statement.statement_date, statement.statement_number, statement.file, statement.file_name,
        statement.file_sha256, array_agg(DISTINCT section.contract_id)
    FROM datahub_billstatement AS statement JOIN datahub_billsection AS section ON section.statement_id = statement.id
    WHERE statement.public_id = %s
    GROUP BY statement.id
"""


def bill_document(parts: Collection[AccessPart], public_id: str) -> Document | None:
    """None: missing, foreign and outside the window look the same (X-15). One statement, also for a 304."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STATEMENT, [public_id])
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
