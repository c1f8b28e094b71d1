"""Cursors: where the next page begins, signed so that a client can only hand them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from cdsc_portal.lib.time.ranges import Span

Position = Sequence[str | int]


class CursorError(ValueError):
    """Not a cursor of ours, or one for something else."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """After `position`, in the window the first page resolved (relative dates must not move between pages)."""

    window: Span
    position: Position


def write_cursor(cursor: Cursor, *, purpose: str) -> str:
    """Text for a URL; only `read_cursor` with the same `purpose` accepts it."""
    window = [_text(cursor.window.start), _text(cursor.window.end)]
    signer = signing.Signer(salt=_salt(purpose))  # without a time: the same page has the same address
    return signer.sign_object([window, list(cursor.position)], compress=True)


def read_cursor(text: str, *, purpose: str) -> Cursor:
    """Raises CursorError unless `write_cursor` made it for `purpose`."""
    try:
        (start, end), position = signing.Signer(salt=_salt(purpose)).unsign_object(text)
    except signing.BadSignature as error:
        raise CursorError("not a cursor of this address") from error
    return Cursor(Span(_moment(start), _moment(end)), position)


def _salt(purpose: str) -> str:
    return f"cdsc_portal.paging:{purpose}"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
