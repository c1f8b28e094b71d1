"""Monthly partitions: made ahead, walked, and taken away by whole months.

A table of months is partitioned by a date or an instant (UTC). Its months are named `<table>_2026_12`; what no month
takes goes to `<table>_default`, so that a row is never refused for want of a partition, and moves into its month when
that is made. The database's functions do it, so that they can belong to a role that the application is not
(docs/decisions/0082).
"""

from collections.abc import Collection
from datetime import date

import structlog
from dateutil.relativedelta import relativedelta
from django.db import OperationalError, connection, transaction

log = structlog.get_logger(__name__)
MONTHS_AHEAD = 3
_LOCK_TIMEOUT = "2s"  # what is at work goes first; the next look is soon enough, months are made ahead

CREATE_MONTHS = """
    -- the months of a table: each partition with its first day, oldest first; without the default one
    CREATE FUNCTION months_of(parent regclass) RETURNS TABLE (month regclass, first date) LANGUAGE sql STABLE AS $$
        SELECT oid::regclass, to_date(right(relname, 7), 'YYYY_MM')
        FROM pg_inherits JOIN pg_class ON oid = inhrelid
        WHERE inhparent = parent AND relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY relname
    $$;

    -- makes the month that begins on `first`, if it is missing; rows of it in the default partition move there
    CREATE FUNCTION make_month(parent regclass, first date) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
        name text := parent::text || to_char(first, '_YYYY_MM');
        rest text := parent::text || '_default';
        column_name text := (SELECT attname FROM pg_partitioned_table JOIN pg_attribute ON attrelid = partrelid
                             AND attnum = partattrs[0] WHERE partrelid = parent);
        after date := (first + interval '1 month')::date;
        waits boolean := false;
    BEGIN
        IF first <> date_trunc('month', first)::date THEN
            RAISE EXCEPTION '% is no first day of a month', first;
        END IF;
        PERFORM pg_advisory_xact_lock(484282310, parent::oid::integer);  -- two never make the same one at once
        IF to_regclass(name) IS NOT NULL THEN
            RETURN false;
        END IF;
        IF to_regclass(rest) IS NOT NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I >= %L AND %I < %L)', rest, column_name,
                           first || ' 00:00+00', column_name, after || ' 00:00+00') INTO waits;
        END IF;
        IF waits THEN  -- no row is deleted: a table is taken off, its rows are written again, and it is dropped whole
            EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', parent, rest);
            EXECUTE format('ALTER TABLE %s RENAME TO %I', rest, rest || '_former');
            EXECUTE format('CREATE TABLE %s PARTITION OF %s DEFAULT', rest, parent);
            PERFORM guard_month(parent, rest);
        END IF;
        EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', name, parent,
                       first || ' 00:00+00', after || ' 00:00+00');
        PERFORM guard_month(parent, name);
        IF waits THEN
            EXECUTE format('INSERT INTO %s SELECT * FROM %s_former', parent, rest);
            EXECUTE format('DROP TABLE %s_former', rest);
        END IF;
        RETURN true;
    END $$;

    -- of an append-only table each month refuses TRUNCATE itself; the trigger of rows it has from its table
    CREATE FUNCTION guard_month(parent regclass, name text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = parent AND tgname = 'append_only_truncate') THEN
            EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION append_only()', name);
        END IF;
    END $$;
"""
# a month belongs to its table's owner, whoever makes it: docs/decisions/0093
OWN_MONTHS = """
    CREATE OR REPLACE FUNCTION guard_month(parent regclass, name text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = parent AND tgname = 'append_only_truncate') THEN
            EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION append_only()', name);
        END IF;
        EXECUTE format('ALTER TABLE %s OWNER TO %I', name,
                       (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = parent));
    END $$;
"""
DROP_MONTHS = """
    DROP FUNCTION make_month(regclass, date);
    DROP FUNCTION guard_month(regclass, text);
    DROP FUNCTION months_of(regclass);
"""


def months_of(table: str) -> list[tuple[str, date]]:
    """The months of a table, each with its first day, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT month::text, first FROM months_of(%s)", [table])
        return list(cursor.fetchall())


@transaction.atomic
def make_months(table: str, months: Collection[date]) -> int:
    """Make the months of `table` that begin on these days and are missing; returns how many were.

    Locks the whole table for a moment: call it in a transaction of its own. Raises OperationalError where something
    else holds it for longer.
    """
    missing = sorted(set(months) - {first for _, first in months_of(table)})
    if not missing:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        cursor.execute(
            "SELECT count(*) FILTER (WHERE make_month(%s, first)) FROM unnest(%s::date[]) AS each (first)",
            [table, missing],
        )
        (made,) = cursor.fetchone()
    return int(made)


def monthly_tables() -> list[str]:
    """The tables whose months the database makes: those with a default partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partrelid::regclass::text FROM pg_partitioned_table WHERE partdefid <> 0 ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def months_ahead(today: date) -> dict[str, int]:
    """For each table that is partitioned by months: how many begin after `today`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partrelid::regclass::text, count(*) FILTER (WHERE first > %s)"
            " FROM pg_partitioned_table LEFT JOIN LATERAL months_of(partrelid) ON true GROUP BY 1 ORDER BY 1",
            [today],
        )
        return dict(cursor.fetchall())


def make_coming_months(*, today: date) -> int:
    """Make what is missing of `coming_months` for each of `monthly_tables`; returns how many were.

    A table that something else holds is left for the next time.
    """
    made = 0
    for table in monthly_tables():
        try:
            made += make_months(table, coming_months(today))
        except OperationalError as error:
            log.warning("months.busy", table=table, error=type(error.__cause__).__name__)
    return made


def coming_months(today: date) -> list[date]:
    """The first days of the month of `today`, the one before and the MONTHS_AHEAD next ones."""
    this = today.replace(day=1)
    return [this + relativedelta(months=number) for number in range(-1, MONTHS_AHEAD + 1)]
