"""Reading the store: from a replica, where there is one and it is as new as the primary, else from the primary.

Whoever writes readings or their sums writes the row of their channel in the same transaction. So a replica on which the
rows of the channels are those of the primary has replayed all that was loaded of them: no answer is older than the
`loaded_until` that it says, however far behind the replica is with everything else. Gate, links and disclosures are
never read there.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.db.routes import REPLICA, has_replica
from cdsc_portal.lib.db.row_versions import Rows, rows_version
from cdsc_portal.lib.runtime.counters import STORE_READS

log = structlog.get_logger(__name__)
_AWAY_SECONDS = 5  # how long a replica that failed is not asked again
_CHANNELS = (Rows("datahub_channel", "id = ANY(%(channels)s::bigint[])"),)


class _Replica:
    """What this process knows of it."""

    away_until = 0.0


def rows_of_store(
    statement: str, parameters: Sequence[Any] | Mapping[str, Any], *, channels: str
) -> list[tuple[Any, ...]]:
    """All rows of a statement that reads what is stored of `channels`, an array in the database's own notation.

    One statement; with a replica three, of which the primary answers the cheapest.
    """
    if has_replica():
        rows, by = _of_replica(statement, parameters, channels)
        STORE_READS.labels(by).inc()
        if rows is not None:
            return rows
    return _rows(statement, parameters, DEFAULT_DB_ALIAS)


def _of_replica(
    statement: str, parameters: Sequence[Any] | Mapping[str, Any], channels: str
) -> tuple[list[tuple[Any, ...]] | None, str]:
    """None where it is behind or away; and which of these it was."""
    if time.monotonic() < _Replica.away_until:
        return None, "away"
    wanted = rows_version(_CHANNELS, {"channels": channels})
    try:
        if rows_version(_CHANNELS, {"channels": channels}, using=REPLICA) != wanted:
            return None, "behind"
        return _rows(statement, parameters, REPLICA), "replica"
    except DatabaseError as error:  # it is down, starts, or had to break the statement off for its replay
        log.warning("replica.failed", error=type(error).__name__)
        _Replica.away_until = time.monotonic() + _AWAY_SECONDS
        connections[REPLICA].close()
        return None, "away"


def _rows(statement: str, parameters: Sequence[Any] | Mapping[str, Any], using: str) -> list[tuple[Any, ...]]:
    with prepared_cursor(binary=True, using=using) as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
