"""The stored document of a bill, and whether an access opens it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from cdsc_portal.lib.db.prepared import prepared_cursor
from consent.access import AccessPart
from datahub.bills.statements import is_dated_inside

_STATEMENT = """
    SELECT statement.statement_date, statement.statement_number, statement.file, statement.file_name,
        statement.file_sha256, array_agg(DISTINCT section.contract_id)
    FROM datahub_billstatement AS statement JOIN datahub_billsection AS section ON section.statement_id = statement.id
    WHERE statement.public_id = %s
    GROUP BY statement.id
"""


@dataclass(frozen=True, slots=True)
class BillDocument:
    """`contracts` are the keys of those on the statement that are open; `whole`: all are.

    `file` is its name in storage, empty where there is none.
    """

    statement_date: date
    statement_number: str
    file: str
    file_name: str
    file_sha256: str
    contracts: frozenset[int]
    whole: bool


def bill_document(parts: Collection[AccessPart], public_id: str) -> BillDocument | None:
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
    whole = contracts == frozenset(billed)
    return BillDocument(statement_date, number, file, file_name, file_sha256, contracts, whole)
