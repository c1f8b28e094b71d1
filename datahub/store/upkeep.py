"""Upkeep of the interval store: closed months put in order, months that are too old set aside. Never silently."""

from datetime import UTC, date, datetime, time, timedelta

import structlog
from dateutil.relativedelta import relativedelta
from django.db import OperationalError, connection, transaction
from django.utils.timezone import localdate

from cdsc_portal.lib.db.advisory_locks import session_lock
from cdsc_portal.lib.db.archive import archive_table
from cdsc_portal.lib.db.months import months_of
from datahub.models import PartitionRecord
from datahub.store.channel_months import forget_months, will_forget_sums
from datahub.store.reorder import LOCK_TIMEOUT, reorder

log = structlog.get_logger(__name__)
CLOSED_AFTER = timedelta(days=3)  # after a month's end most of what is late has come
_ORDERING = 0x0DE4  # two workers never put the same month in order
_CHANGES = """
    SELECT pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid)
    FROM pg_class WHERE oid = %s::regclass
"""
_BY_MONTH = ("interval_block", "interval_block_history")
# no part of these statements is input: names of tables are the store's own
_MOVES = (  # table, the month a row belongs to, which rows are old
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
    changes. Readers go on meanwhile, loads of this month wait; where one holds it, it is left for the next time.
    """
    done: list[str] = []
    with session_lock(_ORDERING, 0) as held:
        closed = [
            each for each in months_of("interval_block") if _past(each[1]) + CLOSED_AFTER <= localdate(at)
        ]
        for table, month in closed if held else ():
            if _cluster(table, month, at):
                done.append(table)
    return done


def set_aside_old_readings(*, years: int | None, at: datetime) -> list[PartitionRecord]:
    """Detach what is older than `years`, by whole months; None keeps all for ever. Returns the records made.

    A month's blocks, their history and its period readings become tables of their own, with names ending in
    "set_aside", for `drop_set_aside`. Channels then say that their readings begin later.
    """
    if years is None:
        return []
    before = (localdate(at) - relativedelta(years=years)).replace(day=1)
    records = []
    for parent in _BY_MONTH:
        for table, month in months_of(parent):
            if _past(month) <= before and (record := _detach(parent, table, month, at)) is not None:
                records.append(record)
    for table, month_of, old in _MOVES:
        records += _move(table, month_of, old, before, at)
    if records:
        with connection.cursor() as cursor:
            cursor.execute(_NARROW, {"instant": _instant(before), "at": at})
    return records


def _cluster(table: str, month: date, at: datetime) -> bool:
    """Put one table in order if it is settled and changed since the last time."""
    record, changes = _seen(table, month)
    settled = changes == record.changes_seen
    record.changes_seen = changes
    if not settled or changes in (0, record.changes_clustered):
        record.save(update_fields=["changes_seen"])
        return False
    try:
        rows = reorder(table, month)
    except OperationalError as error:
        log.warning("partition.busy", table=table, error=type(error.__cause__).__name__)
        return False
    # the counters are of the new table now: its rows, inserted once
    record.changes_seen = record.changes_clustered = rows
    record.clustered = at
    record.save(update_fields=["changes_seen", "changes_clustered", "clustered"])
    log.info("partition.clustered", table=table)
    return True


def _seen(table: str, month: date) -> tuple[PartitionRecord, int]:
    record, _ = PartitionRecord.objects.get_or_create(table=table, defaults={"month": month})
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, [table])
        (changes,) = cursor.fetchone()
    return record, changes


def drop_set_aside(*, at: datetime, archive: bool) -> int:
    """Drop the tables that were set aside, each once its rows are in files where `archive` wants them; how many."""
    waiting = PartitionRecord.objects.filter(set_aside__isnull=False, dropped=None).order_by("pk")
    for record in waiting:
        if archive:
            record.archive = archive_table(record.table, at=at)
        record.dropped = at
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {record.table}")
            record.save(update_fields=["archive", "dropped"])
        log.info("partition.dropped", table=record.table, archive=record.archive)
    return len(waiting)


def _detach(parent: str, table: str, month: date, at: datetime) -> PartitionRecord | None:
    """Make a month a table of its own; None where it is in use, for the next time, or has no rows."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            forget_months(month=month)
            aside = _free_name(table)
            cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {table}")
            cursor.execute(f"ALTER TABLE {table} RENAME TO {aside}")
            cursor.execute(f"SELECT count(*) FROM {aside}")  # noqa: S608
            (rows,) = cursor.fetchone()
            PartitionRecord.objects.filter(table=table).delete()
            if not rows:
                cursor.execute(f"DROP TABLE {aside}")
                return None
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
            aside = _free_name(f"{table}_{label}")
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


def _free_name(table: str) -> str:
    """A month whose late readings came after it was set aside is set aside again, under a further name."""
    taken = PartitionRecord.objects.filter(table__startswith=f"{table}_set_aside").count()
    return f"{table}_set_aside_{taken + 1}" if taken else f"{table}_set_aside"


def _past(month: date) -> date:
    return month + relativedelta(months=1)


def _month(label: str) -> date:
    year, month = label.split("_")
    return date(int(year), int(month), 1)


def _instant(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
