"""Computed shares into their table: only what changed is written, and what it replaces is kept."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from datahub.mix.recomputing.inputs import instants
from datahub.models import MixSeries
from datahub.store.mix_blocks import note_written


class ComputedShare(NamedTuple):
    """A row of the table of shares; `start` in epoch seconds."""

    series: str
    key: str
    region: str
    contract: int | None
    start: int
    seconds: int
    source: str
    share: Decimal
    quantity: int | None
    beyond: int
    method: str
    provisional: bool


_COLUMNS = (
    "series, key, region, contract_id, start, seconds, source, share, quantity, beyond, method, provisional"
)
_HISTORY = f"{_COLUMNS}, computed, origin_id, modified"
_SAME = """stored.series = wanted.series AND stored.key = wanted.key AND stored.region = wanted.region
    AND stored.contract_id IS NOT DISTINCT FROM wanted.contract_id AND stored.start = wanted.start
    AND stored.source = wanted.source"""
_VALUES = "(seconds, share, quantity, beyond, method, provisional)"
_DIFFERS = " OR ".join(
    f"stored.{name} IS DISTINCT FROM wanted.{name}" for name in _VALUES.strip("()").split(", ")
)
_MAKE = f"""
    CREATE TEMPORARY TABLE mix_wanted ON COMMIT DROP AS
        SELECT {_COLUMNS} FROM datahub_mixshare WITH NO DATA
"""  # noqa: S608 - no part of it is input
_STORED = f"""
    CREATE TEMPORARY TABLE mix_stored ON COMMIT DROP AS SELECT id, {_HISTORY} FROM datahub_mixshare
    WHERE computed AND start >= %(first)s AND start < %(past)s AND (
        (series IN ('{MixSeries.GENERATION}', '{MixSeries.RESIDUAL}') AND key = %(region)s)
        OR (series = '{MixSeries.CONSUMPTION}' AND region = %(region)s))
"""  # noqa: S608 - no part of it is input
# in this order: what changed or went is kept, what went is deleted, what changed is written, what is new is added
_KEEP = f"""
    CREATE TEMPORARY TABLE mix_old ON COMMIT DROP AS
        SELECT stored.*, wanted.source IS NULL AS gone FROM mix_stored stored
        LEFT JOIN mix_wanted wanted ON {_SAME} WHERE wanted.source IS NULL OR {_DIFFERS}
"""  # noqa: S608 - no part of it is input
_CHANGES = (
    f"INSERT INTO datahub_mixsharehistory ({_HISTORY}, replaced) SELECT {_HISTORY}, %(at)s FROM mix_old",  # noqa: S608
    "DELETE FROM datahub_mixshare WHERE id IN (SELECT id FROM mix_old WHERE gone)",
    f"""UPDATE datahub_mixshare stored SET {_VALUES} = (wanted.seconds, wanted.share, wanted.quantity, wanted.beyond,
        wanted.method, wanted.provisional), modified = %(at)s
        FROM mix_old old, mix_wanted wanted WHERE stored.id = old.id AND NOT old.gone AND {_SAME}""",  # noqa: S608
    f"""INSERT INTO datahub_mixshare ({_COLUMNS}, computed, modified, synced)
        SELECT {_COLUMNS}, true, %(at)s, %(at)s FROM mix_wanted wanted
        WHERE NOT EXISTS (SELECT FROM mix_stored stored WHERE {_SAME})""",  # noqa: S608
    """UPDATE datahub_mixshare SET synced = %(at)s WHERE id IN (
        SELECT max(id) FROM mix_stored GROUP BY series, key, region, contract_id)""",
)
_WRITTEN = """
    SELECT series, key, region, contract_id FROM mix_stored
    UNION SELECT series, key, region, contract_id FROM mix_wanted
"""
_DROP = "DROP TABLE mix_wanted, mix_stored, mix_old"


def store_shares(rows: Sequence[ComputedShare], *, region: str, days: Sequence[date], at: datetime) -> None:
    """Make `rows` all that is computed of the region's days, in the caller's transaction; a fixed number of queries.

    `modified` moves only where a row says something else than it did, `synced` in one row of each series: the newest of
    a series counts, and all others would be written for it.
    """
    first, past = instants(days)
    facts: dict[str, Any] = {"region": region, "first": first, "past": past, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_MAKE)
        with cursor.copy(f"COPY mix_wanted ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                start = datetime.fromtimestamp(row.start, UTC).isoformat()
                copy.write_row((*row[:4], start, *row[5:]))
        cursor.execute("ANALYZE mix_wanted")
        cursor.execute(_STORED, facts)
        cursor.execute(_KEEP)
        for statement in _CHANGES:
            cursor.execute(statement, facts)
        cursor.execute(_WRITTEN)
        written = cursor.fetchall()
        cursor.execute(_DROP)
    note_written(written, days=days, at=at)
