"""A closed month in the order of channel and day: copied beside the readers, and swapped in a moment."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django.db import OperationalError, connection, transaction

from datahub.store.partitions import VACUUMED

LOCK_TIMEOUT = "2s"  # what is at work goes first
_SWAPS = 5  # tries: a reader that takes longer than the time-out is waited for again


def reorder(table: str, month: date) -> int:
    """Write the rows of a month of `interval_block` anew, in order; returns how many. Call it outside a transaction.

    Readers go on; loads of this month wait. Raises OperationalError where something held the month for too long: then
    all is as before.
    """
    copy = f"{table}_ordered"
    _make_empty(copy, month)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        cursor.execute(f"INSERT INTO {copy} SELECT * FROM {table} ORDER BY channel_id, day, step, phase")  # noqa: S608
        rows = int(cursor.rowcount)
        cursor.execute(f"ANALYZE {copy}")
        for last in (*[False] * (_SWAPS - 1), True):
            try:
                _swap(table, copy, month)
                break
            except OperationalError:
                if last:
                    raise
    return rows


@transaction.atomic
def _make_empty(copy: str, month: date) -> None:
    """In a transaction of its own: the keys lock what they name, and the range spares the swap a look at each row."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {copy}")  # of a try that was killed
        cursor.execute(
            f"CREATE TABLE {copy} (LIKE interval_block INCLUDING CONSTRAINTS,"
            " PRIMARY KEY (channel_id, day, step, phase),"
            " FOREIGN KEY (channel_id) REFERENCES datahub_channel (id),"
            " FOREIGN KEY (feed_run_id) REFERENCES datahub_feedrun (id),"
            f" CONSTRAINT {copy}_range CHECK (day >= '{month}' AND day < '{month + relativedelta(months=1)}'))"
            f" WITH ({VACUUMED})"
        )


@transaction.atomic
def _swap(table: str, copy: str, month: date) -> None:
    after = month + relativedelta(months=1)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE interval_block DETACH PARTITION {table}")
        cursor.execute(f"DROP TABLE {table}")
        cursor.execute(f"ALTER TABLE {copy} RENAME TO {table}")
        cursor.execute(
            f"ALTER TABLE interval_block ATTACH PARTITION {table} FOR VALUES FROM ('{month}') TO ('{after}')"
        )
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {copy}_range")
