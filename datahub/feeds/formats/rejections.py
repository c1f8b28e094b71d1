"""The rejected rows of a file that is kept whole: more than a person reads, fewer than memory could not hold."""

from datahub.rows.base import FeedStructureError, Rejection

MOST_REJECTED = 50_000
_SHOWN = 1_000  # characters of a row


def reject(rejected: list[Rejection], line: int, reason: str, text: str = "") -> None:
    """Raises FeedStructureError where more are rejected than anyone reads."""
    if len(rejected) >= MOST_REJECTED:
        first = f"line {rejected[0].line}: {rejected[0].reason}"
        raise FeedStructureError(f"more than {MOST_REJECTED:,} rows cannot be taken; the first: {first}")
    rejected.append(Rejection(line, reason, text[:_SHOWN]))
