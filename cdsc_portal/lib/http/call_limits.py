"""How often somebody may call in a minute, counted in a table that all processes share."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from cdsc_portal.lib.db.prepared import prepared_cursor

_MINUTE = 60


def counted_once(rows: str) -> str:
    """The statement that counts one call of each of `rows`: SQL of ours for (caller, minute, 1), each caller once.

    One row a caller, whatever the minute, so that parallel calls are all counted. The table is unlogged: a count is
    not worth a flush to disk, and a crash that forgets it lets nobody in. A server whose clock is behind adds to the
    newer minute.
    """
    return f"""
        INSERT INTO call_count AS counted (caller, minute, calls) {rows}
        ON CONFLICT (caller) DO UPDATE SET
            minute = GREATEST(counted.minute, excluded.minute),
            calls = CASE WHEN counted.minute < excluded.minute THEN 1 ELSE counted.calls + 1 END
        RETURNING calls
    """  # noqa: S608 - no part of it is input


_COUNT_AND_READ = (
    f"WITH counted AS ({counted_once('VALUES (%s, %s, 1)')}) SELECT counted.calls, ({{read}}) FROM counted"  # noqa: S608 - no part of it is input
)


@dataclass(frozen=True, slots=True)
class CallCount:
    """The calls of a caller in this minute, the last one among them, and the seconds until the next minute.

    `read` is what a statement answered in the same round trip.
    """

    calls: int
    limit: int
    seconds_left: int
    read: str = ""

    @property
    def wait(self) -> int:
        """0 while the call is within the limit, else the seconds until the next minute."""
        return 0 if self.calls <= self.limit else self.seconds_left


def count_call(caller: str, *, limit: int, at: datetime, read: str = "NULL::text") -> CallCount:
    """Count a call of `caller`. One statement, outside a transaction, else other calls of it wait for its end.

    `read`: SQL of ours, without parameters, that answers one text.
    """
    minute, seconds_left = minute_of(at)
    with prepared_cursor() as cursor:
        caller_digest = hashlib.sha256(caller.encode()).digest()
        cursor.execute(_COUNT_AND_READ.format(read=read), [caller_digest, minute])
        calls, answer = cursor.fetchone()
    return CallCount(calls, limit, seconds_left, answer or "")


def minute_of(at: datetime) -> tuple[int, int]:
    """The minute that counts at `at`, and the seconds until the next."""
    minute, second = divmod(int(at.timestamp()), _MINUTE)
    return minute, _MINUTE - second


def seconds_until_allowed(caller: str, *, limit: int, at: datetime) -> int:
    """Counts a call of `caller`; 0 while it is within `limit` in this minute, else the seconds until the next."""
    return count_call(caller, limit=limit, at=at).wait


def rate_limit_headers(**counts: CallCount) -> dict[str, str]:
    """What a caller may still do, as draft-ietf-httpapi-ratelimit-headers-10 writes it: r calls in t seconds.

    Each count under the name of its policy.
    """
    policies, limits = [], []
    for name, count in counts.items():
        policies.append(f'"{name}";q={count.limit};w={_MINUTE}')
        limits.append(f'"{name}";r={max(count.limit - count.calls, 0)};t={count.seconds_left}')
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(limits)} if counts else {}


def forget_calls(*, before: datetime) -> int:
    """Delete counts of minutes that are over; how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM call_count WHERE minute < %s", [int(before.timestamp()) // _MINUTE])
        return int(cursor.rowcount)
