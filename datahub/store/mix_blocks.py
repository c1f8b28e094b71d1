"""Shares of the mix packed by day, as they are served step by step. Decision 48."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import connection

from datahub.mix.arithmetic.amounts import ONE

UNKNOWN_SHARE = -1
SHARE_NUMBER = f"int8send(coalesce((share.share * {ONE})::bigint, {UNKNOWN_SHARE}))"
# IS NOT DISTINCT FROM would say the same of contracts, but the planner takes it to hold for no row, and sorts all
SAME_SERIES = """share.series = name.series AND share.key = name.key AND share.region = name.region
        AND (share.contract_id = name.own OR share.contract_id IS NULL AND name.own IS NULL)"""
_NAMES = """unnest(%(series)s::text[], %(keys)s::text[], %(regions)s::text[], %(own)s::bigint[])
        AS name(series, key, region, own)"""
_WRITTEN = f"""{_NAMES} JOIN datahub_mixload load ON {SAME_SERIES.replace("share.", "load.")}"""
# The row of a series is its lock: another writer of the series waits here, and the statements below see what this one
# wrote. In order, so that two writers do not wait for each other.
_NOTE = f"""
    INSERT INTO datahub_mixload (series, key, region, contract_id, at)
    SELECT name.series, name.key, name.region, name.own, %(at)s FROM {_NAMES} ORDER BY 1, 2, 3, 4
    ON CONFLICT (series, key, region, contract_id) DO UPDATE SET at = EXCLUDED.at,
        packed = CASE WHEN datahub_mixload.packed = datahub_mixload.at THEN EXCLUDED.at END
"""  # noqa: S608 - no part of it is input
_CLEAR = f"""
    DELETE FROM datahub_mixblock share USING {_WRITTEN}
    WHERE {SAME_SERIES} AND (load.packed IS NULL OR share.day = ANY(%(days)s::date[]))
"""  # noqa: S608 - no part of it is input
# the days written, or all where the series was not packed up to now
_PACK = f"""
    INSERT INTO datahub_mixblock (series, key, region, contract_id,
        day, source, seconds, method, provisional, computed, count, starts, modified, shares)
    SELECT name.series, name.key, name.region, name.own, packed.* FROM {_WRITTEN}
    CROSS JOIN LATERAL (
        SELECT day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
        FROM unnest(%(days)s::date[]) AS day WHERE load.packed IS NOT NULL
        UNION ALL SELECT '-infinity', 'infinity' WHERE load.packed IS NULL
    ) AS span(first, past)
    CROSS JOIN LATERAL (
        SELECT (share.start AT TIME ZONE 'UTC')::date, share.source, share.seconds, share.method, share.provisional,
            share.computed, count(*),
            string_agg(timestamptz_send(share.start), ''::bytea ORDER BY share.start),
            string_agg(timestamptz_send(share.modified), ''::bytea ORDER BY share.start),
            string_agg({SHARE_NUMBER}, ''::bytea ORDER BY share.start)
        FROM datahub_mixshare share WHERE {SAME_SERIES} AND share.start >= span.first AND share.start < span.past
        GROUP BY 1, 2, 3, 4, 5, 6
    ) packed
"""  # noqa: S608 - no part of it is input
_PACKED = f"""
    UPDATE datahub_mixload SET packed = at WHERE id IN (SELECT load.id FROM {_WRITTEN} WHERE load.packed IS NULL)
"""  # noqa: S608


def note_written(
    series: Collection[tuple[str, str, str, int | None]], *, days: Collection[date], at: datetime
) -> None:
    """Give these series (series, key, region, contract) another version and pack their shares of these UTC days anew.

    Whoever writes shares calls this last, in the same transaction. Four statements.
    """
    facts: dict[str, Any] = {
        "series": [name[0] for name in series],
        "keys": [name[1] for name in series],
        "regions": [name[2] for name in series],
        "own": [name[3] for name in series],
        "days": sorted(days),
        "at": at,
    }
    with connection.cursor() as cursor:
        for statement in (_NOTE, _CLEAR, _PACK, _PACKED):
            cursor.execute(statement, facts)
