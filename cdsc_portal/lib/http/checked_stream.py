"""A stream that leaves only while its reader may have it: a check runs again and again between its pieces.

What a stop finds on its way cannot be called back, so little is ever on its way: a check runs before the piece that
would be later than CHECK_EVERY or would make more than CHECK_BYTES since the last one. The sockets of the server hold
little more (gunicorn_config.py).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from cdsc_portal.lib.time import clock

CHECK_EVERY = timedelta(seconds=0.5)
CHECK_BYTES = 640 * 1024  # and what a socket holds is less than a megabyte
PIECE_BYTES = 32 * 1024  # of one write: a slow reader takes it within CHECK_EVERY


class BrokenOffError(Exception):
    """The access a stream began with has ended or changed; what was sent is no whole file."""


def checked(data: Iterable[bytes], may_go_on: Callable[[], bool]) -> Iterator[bytes]:
    """`data` in pieces while `may_go_on`, which was true a moment ago. Raises BrokenOffError in the middle."""
    last_check, sent = clock.now(), 0
    for whole in data:
        for start in range(0, len(whole), PIECE_BYTES):
            piece = whole[start : start + PIECE_BYTES]
            if clock.now() - last_check >= CHECK_EVERY or sent + len(piece) > CHECK_BYTES:
                if not may_go_on():
                    raise BrokenOffError
                last_check, sent = clock.now(), 0
            sent += len(piece)
            yield piece


def in_pieces(lines: Iterable[str | bytes]) -> Iterator[bytes]:
    """Lines together, since a write takes longer than a line: a piece is full, or CHECK_EVERY has passed."""
    piece, since = bytearray(), clock.now()
    for line in lines:
        piece += line.encode() if isinstance(line, str) else line
        if len(piece) >= PIECE_BYTES or clock.now() - since >= CHECK_EVERY:
            yield bytes(piece)
            piece, since = bytearray(), clock.now()
    if piece:
        yield bytes(piece)
