"""Limits of files that are read as a whole: their size, and the rows of them that are rejected."""

from typing import BinaryIO

from datahub.rows.base import FeedStructureError, Rejection

MOST_REJECTED = 50_000  # more than a person reads, few enough for memory
_SHOWN = 1_000  # characters of a row


def size_within(source: BinaryIO, most: int) -> int:
    """Bytes of `source`, which stands at its beginning afterwards. Raises FeedStructureError before any is read."""
    size = source.seek(0, 2)
    source.seek(0)
    if size > most:
        raise FeedStructureError(f"files of this format are read up to {most >> 20} MB")
    return size


def reject(rejected: list[Rejection], line: int, reason: str, text: str = "") -> None:
    """Raises FeedStructureError where more than MOST_REJECTED are rejected."""
    if len(rejected) >= MOST_REJECTED:
        first = f"line {rejected[0].line}: {rejected[0].reason}"
        raise FeedStructureError(f"more than {MOST_REJECTED:,} rows cannot be taken; the first: {first}")
    rejected.append(Rejection(line, reason, text[:_SHOWN]))
