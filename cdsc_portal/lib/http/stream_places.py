"""How many streams somebody has at once, counted across processes, and how many a process sends.

A place is an advisory lock of the database's session in which the stream runs: no row is written, nothing has to beat,
and a process that dies gives its places back with its sessions. A session is one thread's, and a thread sends one
stream, so locks that a session may take twice count right. This needs sessions that last as long as the stream: behind
a pool that parts them by transaction, those of `DATABASE_SESSION_URL`.
"""

import hashlib
import threading
import weakref
from collections.abc import Iterable, Iterator

from django.conf import settings

from cdsc_portal.lib.db.routes import session_connection

RETRY_SECONDS = 30
# a proxy that takes a stream faster than the reader does would send on what a stop meant to keep; ranges of a stream
# would be bytes of another moment
STREAM_HEADERS = {"X-Accel-Buffering": "no", "Accept-Ranges": "none"}

_open_streams: "weakref.WeakSet[CountedStream]" = weakref.WeakSet()  # what this process sends
_counting = threading.Lock()


class TooManyStreamsError(Exception):
    """All places are taken, those of the reader or those of this process."""


class CountedStream:
    """`pieces`, and a place of `reader` until the server closes it: at the end, when it breaks, when the reader goes.

    At most `limit` at once for each reader, and for each process three threads of four: the last quarter always
    answers other calls. Raises TooManyStreamsError.
    """

    def __init__(self, pieces: Iterable[bytes], *, reader: str, limit: int) -> None:
        self._pieces = iter(pieces)
        with _counting:
            if len(_open_streams) >= max(1, settings.WEB_THREADS * 3 // 4):
                raise TooManyStreamsError
            _open_streams.add(self)
        self._place = _lock_free_place(reader, limit)
        self._session = session_connection().connection
        if self._place is None:
            _open_streams.discard(self)
            raise TooManyStreamsError

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        _open_streams.discard(self)
        place, self._place = self._place, None
        connection = session_connection()
        # a session that broke gave the place back itself
        if place is not None and connection.connection is self._session and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [place])


def _lock_free_place(reader: str, limit: int) -> int | None:
    """The lock of the first free place; None if there is none. A statement for each place that is looked at."""
    with session_connection().cursor() as cursor:
        for number in range(limit):
            name = hashlib.blake2b(f"stream {number} of {reader}".encode(), digest_size=8).digest()
            place = int.from_bytes(name, signed=True)
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [place])
            if cursor.fetchone()[0]:
                return place
    return None
