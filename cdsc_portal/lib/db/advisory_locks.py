"""Who works on something holds a lock of its database session, so that the hold ends with its worker, or of its
transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from cdsc_portal.lib.db.routes import session_connection


@contextmanager
def session_lock(space: int, key: int) -> Iterator[bool]:
    """Whether `key` of `space` is ours until the block ends; never waits. It is of `session_connection`."""
    keys = [space, key % 2**31]
    connection = session_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s::int, %s::int)", keys)
        (acquired,) = cursor.fetchone()
    try:
        yield acquired
    finally:
        if acquired and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", keys)


def hold_until_commit(space: int, key: int) -> None:
    """Wait for `key` of `space`, which is ours until the transaction ends; it locks no row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", [space, key % 2**31])
