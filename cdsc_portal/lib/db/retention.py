"""Rows that a rule keeps no longer (docs/retention.md): deleted a few at a time, so that nobody waits for a lock."""

from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import connection, transaction
from django.db.models import QuerySet

PROOF_KEPT = relativedelta(years=10)  # the database's functions refuse what is younger
_AT_ONCE = 5_000


def proof_kept_from(at: datetime) -> datetime:
    """Proof from before is deleted: whole months, so that the partitions of a month go at once."""
    return (at - PROOF_KEPT).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def delete_slowly(rows: QuerySet[Any]) -> int:
    """Delete `rows`, some thousand in each transaction; returns how many. What hangs on them goes as Django says."""
    gone = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        gone += len(keys)
    return gone


@transaction.atomic
def delete_proof(rows: str, *, before: datetime) -> int:
    """Delete append-only rows by the one function that may: `delete_<rows>(before)`; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT delete_{rows}(%s)", [before])  # noqa: S608 - a name of ours
        return int(cursor.fetchone()[0])
