"""How often somebody may call in a minute, counted in a table that all processes share."""

import hashlib
from datetime import datetime

from django.db import connection

from cdsc_portal.lib.db.prepared import prepared_cursor

_MINUTE = 60
# One row a caller, whatever the minute, so that parallel calls are all counted. The table is unlogged: a count is
# not worth a flush to disk, and a crash that forgets it lets nobody in. A server whose clock is behind adds to the
# newer minute.
_COUNT = """
    INSERT INTO call_count AS counted (caller, minute, calls) VALUES (%s, %s, 1)
    ON CONFLICT (caller) DO UPDATE SET
        minute = GREATEST(counted.minute, excluded.minute),
        calls = CASE WHEN counted.minute < excluded.minute THEN 1 ELSE counted.calls + 1 END
    RETURNING calls
"""


def seconds_until_allowed(caller: str, *, limit: int, at: datetime) -> int:
    """Counts a call of `caller`; 0 while it is within `limit` in this minute, else the seconds until the next.

    One statement. Outside a transaction, else other calls of the same caller wait for its end.
    """
    minute, second = divmod(int(at.timestamp()), _MINUTE)
    with prepared_cursor() as cursor:
        cursor.execute(_COUNT, [hashlib.sha256(caller.encode()).digest(), minute])
        (calls,) = cursor.fetchone()
    return 0 if calls <= limit else _MINUTE - second


def forget_calls(*, before: datetime) -> int:
    """Delete counts of minutes that are over; how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM call_count WHERE minute < %s", [int(before.timestamp()) // _MINUTE])
        return int(cursor.rowcount)
