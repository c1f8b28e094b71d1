"""Times of a file to UTC: with an offset as they say, without one in the feed's zone.

In the hour that comes twice in autumn, a time without offset means the first pass until the file's order
steps back; a time that the spring change skips does not exist and is refused.
"""

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from datahub.rows.base import Integers

_DAY = 86_400
_EPOCH = datetime(1970, 1, 1)


def iso_time(text: str) -> datetime:
    """Raises ValueError: not an ISO time, not a whole second."""
    try:
        written = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time like 2026-03-01T13:30 or 2026-03-01T13:30-05:00") from error
    if written.microsecond:
        raise ValueError(f"{text} is not a whole second")
    return written


@lru_cache(maxsize=1 << 16)
def moment(text: str, zone: ZoneInfo) -> tuple[int, int]:
    """(epoch seconds, shift): shift is how much later the second pass of a repeated hour is, else 0.

    Raises ValueError: not an ISO time, not a whole second, skipped by a clock change.
    """
    written = iso_time(text)
    return _local_moment(written, zone) if written.tzinfo is None else (int(written.timestamp()), 0)


@lru_cache(maxsize=1 << 16)
def wall_clock_moment(seconds: int, zone: ZoneInfo) -> tuple[int, int]:
    """The same for local time that was written as if it were UTC epoch seconds."""
    return _local_moment(_EPOCH + timedelta(seconds=seconds), zone)


def _local_moment(written: datetime, zone: ZoneInfo) -> tuple[int, int]:
    first = int(written.replace(tzinfo=zone, fold=0).timestamp())
    second = int(written.replace(tzinfo=zone, fold=1).timestamp())
    if second < first:
        raise ValueError(f"{written:%Y-%m-%d %H:%M} does not exist in {zone.key}: clocks went forward")
    return first, second - first


def first_moment(wall: int, zone: ZoneInfo) -> int:
    """When the clock on the wall first shows `wall`, in seconds since 1970, or jumps over it."""
    return int((_EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone).timestamp())


def resolve_fold(first: Integers, shift: Integers) -> Integers:
    """Epoch seconds with each repeated hour told apart by the order of the file, rising or falling."""
    epochs = first.copy()
    ambiguous = np.flatnonzero(shift)
    if not len(ambiguous):
        return epochs
    if first[0] > first[-1]:
        ambiguous = ambiguous[::-1]
    before, second_pass = None, False
    for index, wall in zip(ambiguous.tolist(), first[ambiguous].tolist(), strict=True):
        if before is None or abs(wall - before) > _DAY:
            second_pass = False
        elif wall <= before:
            second_pass = True
        before = wall
        if second_pass:
            epochs[index] += shift[index]
    return epochs


def instant(text: str, zone: ZoneInfo) -> datetime:
    """One time on its own, in UTC; of a repeated hour the first pass."""
    return datetime.fromtimestamp(moment(text, zone)[0], UTC)


def instant_or_none(text: str, zone: ZoneInfo) -> datetime | None:
    return instant(text, zone) if text else None


def unused_pass(
    lines: dict[tuple[Hashable, int], int], key: Hashable, moment: tuple[int, int], line: int, what: str
) -> int:
    """Epoch seconds of a row of `key`: the second row in a repeated hour is of its second pass.

    `lines` has the rows so far, `moment` is as above. Raises ValueError where both passes are taken.
    """
    first, shift = moment
    earlier = lines.setdefault((key, first), line)
    if earlier == line:
        return first
    if not shift or lines.setdefault((key, first + shift), line) != line:
        raise ValueError(f"{what} is already in line {earlier}")
    return first + shift
