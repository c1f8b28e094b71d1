"""Columns of times to UTC, all cells at once."""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.csv.time_forms import TimeForm
from datahub.feeds.formats.csv.tokenizer import MARGIN, UNSAID, Cells
from datahub.feeds.formats.local_time import first_moment, wall_clock_moment
from datahub.rows.base import Integers

Faults = MutableMapping[int, str]  # by row: why it cannot be taken; what was found first stays
Flags = npt.NDArray[np.bool_]

_DAY = 86_400
_NEAR = 40_000  # days, or whatever is counted


class Walls(NamedTuple):
    """Times as the clock on the wall says them, in seconds since 1970, and their offsets or UNSAID."""

    wall: Integers
    offset: Integers


@dataclass(frozen=True, slots=True)
class Clock:
    """What a time without offset means; with `as_utc`, also one with an offset is the wall's."""

    zone: ZoneInfo
    offset: int | None
    as_utc: bool

    def utc(self, walls: Walls, faults: Faults) -> tuple[Integers, Integers]:
        """(epoch seconds, shift): shift is how much later the second pass of a repeated hour is, else 0."""
        said = np.zeros(len(walls.wall), np.bool_) if self.as_utc else walls.offset != UNSAID
        if said.all():
            return walls.wall - walls.offset, np.zeros_like(walls.wall)
        if self.offset is not None:
            return walls.wall - np.where(said, walls.offset, self.offset), np.zeros_like(walls.wall)
        first, shift = self._local(walls.wall, faults, ~said)
        if said.any():
            first[said], shift[said] = (walls.wall - walls.offset)[said], 0
        return first, shift

    def first_moment(self, wall: int, offset: int) -> int:
        """When `wall`, with the offset that its cell says or UNSAID, is first there; clocks may jump over it."""
        if offset != UNSAID and not self.as_utc:
            return wall - offset
        return first_moment(wall, self.zone) if self.offset is None else wall - self.offset

    def _local(self, wall: Integers, faults: Faults, wanted: Flags) -> tuple[Integers, Integers]:
        present, places = _distinct(wall // _DAY)
        offsets = [_day_offset(day, self.zone) for day in present.tolist()]
        found = np.array([UNSAID if offset is None else offset for offset in offsets], np.int64)[places]
        first, shift = wall - found, np.zeros_like(wall)
        odd = np.flatnonzero((found == UNSAID) & wanted)
        if len(odd):
            self._changing(wall, odd, first, shift, faults)
        return first, shift

    def _changing(
        self, wall: Integers, odd: Integers, first: Integers, shift: Integers, faults: Faults
    ) -> None:
        """Days on which clocks change, each distinct time on its own."""
        distinct, places = np.unique(wall[odd], return_inverse=True)
        epochs, shifts = np.zeros(len(distinct), np.int64), np.zeros(len(distinct), np.int64)
        skipped: dict[int, str] = {}
        for place, seconds in enumerate(distinct.tolist()):
            try:
                epochs[place], shifts[place] = wall_clock_moment(seconds, self.zone)
            except (ValueError, OverflowError) as error:
                skipped[place] = str(error)
        first[odd], shift[odd] = epochs[places], shifts[places]
        for place, reason in skipped.items():
            for row in odd[places == place].tolist():
                faults.setdefault(row, reason)


@lru_cache(maxsize=1 << 12)
def _day_offset(day: int, zone: ZoneInfo) -> int | None:
    """Seconds that clocks are ahead of UTC all through a local day; None if they change, or it is out of range."""
    try:
        midnight = datetime(1970, 1, 1) + timedelta(days=day)
        edges = {
            edge.replace(tzinfo=zone, fold=fold).utcoffset()
            for edge in (midnight, midnight + timedelta(days=1))
            for fold in (0, 1)
        }
    except OverflowError:
        return None
    (offset, *others) = edges
    return None if others or offset is None else int(offset.total_seconds())


def _distinct(values: Integers) -> tuple[Integers, Integers]:
    """(distinct values, place of each value in them); without sorting where they are close together."""
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    if high - low > _NEAR:
        found, places = np.unique(values, return_inverse=True)
        return found, places
    there = np.bincount(values - low, minlength=high - low + 1) > 0
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[values - low]


def walls_of(
    cells: Cells, column: int, form: TimeForm, faults: Faults, pattern: re.Pattern[str] | None = None
) -> Walls:
    """The times of a column, or what `pattern` finds in it.

    A cell laid out as the first one is read by its places, any other on its own.
    """
    wall, offset = np.zeros(len(cells), np.int64), np.full(len(cells), UNSAID)
    odd = np.ones(len(cells), np.bool_)
    if len(cells) and pattern is None:
        sample = cells.text(0, column)
        places = form.places(sample) if sample.isascii() else None
        if places is not None and len(sample) <= len(MARGIN):
            wall, offset, odd = cells.times(column, sample, places)
    alone = np.flatnonzero(odd)
    for row, text in zip(alone.tolist(), cells.texts(alone, column), strict=True):
        try:
            written = form.read(part_of(text, pattern))
        except ValueError as error:
            faults.setdefault(row, str(error))
            wall[row], offset[row] = 0, UNSAID  # what was read by places may be no time of any calendar
            continue
        wall[row] = written.wall
        offset[row] = UNSAID if written.offset is None else written.offset
    return Walls(wall, offset)


def part_of(text: str, pattern: re.Pattern[str] | None) -> str:
    """What the first group of `pattern` finds in a cell. Raises ValueError where it finds nothing."""
    if pattern is None:
        return text
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"{text!r} is not like {pattern.pattern}")
    return (found[1] or "").strip()
