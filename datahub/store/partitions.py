"""Monthly partitions of the interval store and of its history, made before anything is written to them."""

from collections.abc import Collection
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db import connection, transaction

_LOCK = 0x1CDB10C5  # two loaders never make the same partition at once
# A local day updates the blocks of two UTC days. By default autovacuum frees the old rows when a fifth of the month has
# changed; here they are free for the next day.
VACUUMED = "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000"


def ensure_partitions(*, first_day: date, last_day: date) -> int:
    """Make the months of [first_day, last_day] that are missing; returns how many were."""
    months, month = [], first_day.replace(day=1)
    while month <= last_day:
        months.append(month)
        month += relativedelta(months=1)
    return ensure_months(months=months)


@transaction.atomic
def ensure_months(*, months: Collection[date]) -> int:
    """Make the partitions of `months` (their first days) that are missing; returns how many were.

    Locks the whole table for a moment: call it in a transaction of its own.
    """
    if not missing_months(months):
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        missing = missing_months(months)
        for month in missing:
            after = month + relativedelta(months=1)
            # every part is made of dates, none of input
            cursor.execute(
                f"CREATE TABLE {_name(month)} PARTITION OF interval_block"
                f" FOR VALUES FROM ('{month}') TO ('{after}') WITH ({VACUUMED})"
            )
            cursor.execute("SELECT make_month('interval_block_history', %s)", [month])
    return len(missing)


def ensure_coming_partitions(*, today: date) -> int:
    """This month and the next two, so that no load has to make them."""
    return ensure_partitions(first_day=today - timedelta(days=31), last_day=today + timedelta(days=62))


def missing_months(months: Collection[date]) -> list[date]:
    """Those of `months` (first days) that have no partition yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s)", [[_name(month) for month in months]]
        )
        present = {name for (name,) in cursor.fetchall()}
    return [month for month in months if _name(month) not in present]


def _name(month: date) -> str:
    return f"interval_block_{month:%Y_%m}"
