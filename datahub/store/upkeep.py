"""Upkeep of the interval store: closed months put in order, months that are too old set aside. Never silently."""

from datetime import UTC, date, datetime, time, timedelta

import structlog
from dateutil.relativedelta import relativedelta
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.timezone import localdate

from datahub.models import PartitionRecord
from datahub.store.channel_months import forget_months, will_forget_sums
from datahub.store.partitions import months_of

log = structlog.get_logger(__name__)
CLOSED_AFTER = timedelta(days=3)  # after a month's end most of what is late has come
_LOCK_TIMEOUT = "2s"  # a load that is at work goes first
_CHANGES = """
    SELECT pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid)
    FROM pg_class WHERE oid = %s::regclass
"""
_KEY_OF = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisprimary"
# no part of these statements is input: names of tables are the store's own
_MOVES = (  # table, the month a row belongs to, which rows are old
    ("interval_block_history", "day", "day < %(before)s"),
    (
        "datahub_periodreadinghistory",
        "(SELECT start AT TIME ZONE 'UTC' FROM datahub_periodreading WHERE id = reading_id)",
        'reading_id IN (SELECT id FROM datahub_periodreading WHERE "end" <= %(before_instant)s)',
    ),
    ("datahub_periodreading", "start AT TIME ZONE 'UTC'", '"end" <= %(before_instant)s'),
)
_NARROW = """
    UPDATE datahub_channel
    SET first_start = CASE WHEN last_end > %(instant)s THEN %(instant)s END,
        last_end = CASE WHEN last_end > %(instant)s THEN last_end END,
        modified = %(at)s
    WHERE first_start < %(instant)s
"""


def cluster_settled_months(*, at: datetime) -> list[str]:
    """Put closed months in the order of channel and day, so that a year of one meter is few pages; returns which.

    A month is settled when nothing was written to it between two looks (a day apart), and it is done again only after
    changes. It is locked meanwhile; where a load or a reader holds it, it is left for the next time.
    """
    done = []
    for table, month in months_of("interval_block"):
        if _past(month) + CLOSED_AFTER <= localdate(at) and _cluster(table, month, at):
            done.append(table)
    return done


def set_aside_old_readings(*, years: int | None, at: datetime) -> list[PartitionRecord]:
    """Detach what is older than `years`, by whole months; None keeps all for ever. Returns the records made.

    Nothing is deleted: a month's blocks, their history and its period readings become tables of their own, with names
    ending in "set_aside", which staff archive or drop. Channels then say that their readings begin later.
    """
    if years is None:
        return []
    before = (localdate(at) - relativedelta(years=years)).replace(day=1)
    old_months = [(table, month) for table, month in months_of("interval_block") if _past(month) <= before]
    records = [record for table, month in old_months if (record := _detach(table, month, at)) is not None]
    for table, month_of, old in _MOVES:
        records += _move(table, month_of, old, before, at)
    if records:
        with connection.cursor() as cursor:
            cursor.execute(_NARROW, {"instant": _instant(before), "at": at})
    return records


def _cluster(table: str, month: date, at: datetime) -> bool:
    """Cluster one table if it is settled and changed since the last time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            record, _ = PartitionRecord.objects.select_for_update().get_or_create(
                table=table, defaults={"month": month}
            )
            cursor.execute(_CHANGES, [table])
            (changes,) = cursor.fetchone()
            settled = changes == record.changes_seen
            record.changes_seen = changes
            if not settled or changes in (0, record.changes_clustered):
                record.save(update_fields=["changes_seen"])
                return False
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            cursor.execute(_KEY_OF, [table])
            (key,) = cursor.fetchone()
            cursor.execute(f"CLUSTER {table} USING {key}")
            cursor.execute(f"ANALYZE {table}")
            record.changes_clustered, record.clustered = changes, at
            record.save(update_fields=["changes_seen", "changes_clustered", "clustered"])
    except OperationalError as error:
        log.warning("partition.busy", table=table, error=type(error.__cause__).__name__)
        return False
    log.info("partition.clustered", table=table)
    return True


def _detach(table: str, month: date, at: datetime) -> PartitionRecord | None:
    """Make a month a table of its own; None where it is in use, for the next time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            forget_months(month=month)
            aside = _free_name(cursor, table)
            cursor.execute(f"ALTER TABLE interval_block DETACH PARTITION {table}")
            cursor.execute(f"ALTER TABLE {table} RENAME TO {aside}")
            cursor.execute(f"SELECT count(*) FROM {aside}")  # noqa: S608
            (rows,) = cursor.fetchone()
            PartitionRecord.objects.filter(table=table).delete()
            return _recorded(aside, month, rows, at)
    except OperationalError as error:
        log.warning("partition.busy", table=table, error=type(error.__cause__).__name__)
        return None


@transaction.atomic
def _move(table: str, month_of: str, old: str, before: date, at: datetime) -> list[PartitionRecord]:
    records = []
    limits = {"before": before, "before_instant": _instant(before)}
    label_of = f"to_char({month_of}, 'YYYY_MM')"
    will_forget_sums()  # there are none: a month with a period is not summed
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT {label_of} FROM {table} WHERE {old} ORDER BY 1",  # noqa: S608
            limits,
        )
        for (label,) in cursor.fetchall():
            aside = _free_name(cursor, f"{table}_{label}")
            cursor.execute(f"CREATE TABLE {aside} (LIKE {table})")
            cursor.execute(
                f"WITH gone AS (DELETE FROM {table} WHERE {old} AND {label_of} = '{label}'"  # noqa: S608
                f" RETURNING *) INSERT INTO {aside} SELECT * FROM gone",
                limits,
            )
            records.append(_recorded(aside, _month(label), cursor.rowcount, at))
    return records


def _recorded(table: str, month: date, rows: int, at: datetime) -> PartitionRecord:
    log.info("partition.set_aside", table=table, rows=rows)
    return PartitionRecord.objects.create(table=table, month=month, set_aside=at, rows=rows)


def _free_name(cursor: CursorWrapper, table: str) -> str:
    """A month whose late readings came after it was set aside is set aside again, under a further name."""
    cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE %s", [f"{table}_set_aside%"])
    (taken,) = cursor.fetchone()
    return f"{table}_set_aside_{taken + 1}" if taken else f"{table}_set_aside"


def _past(month: date) -> date:
    return month + relativedelta(months=1)


def _month(label: str) -> date:
    year, month = label.split("_")
    return date(int(year), int(month), 1)


def _instant(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
