"""The columns of a wide file as times of a day, also of a day with a clock change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datahub.feeds.formats.csv.mapped_file import CsvFile
from datahub.feeds.formats.csv.mapping import Slots
from datahub.feeds.formats.csv.times import Clock, Flags, Walls
from datahub.feeds.formats.csv.tokenizer import UNSAID
from datahub.feeds.formats.local_time import first_moment, wall_clock_moment
from datahub.rows.base import FeedStructureError, Integers

_DAY = 86_400
_CODES = 1 << 20  # more than offsets, on both sides
_LABEL = re.compile(r"([01]?\d|2[0-4]):?([0-5]\d)(?::00)?", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """Which slots of a day are readings, and the start of each in epoch seconds; the others must say nothing."""

    readings: Integers
    starts: Integers
    even: bool  # one after the other, without a gap

    def length(self, step: int) -> int:
        """Seconds from the first reading to the end of the last."""
        return int(self.starts[-1] - self.starts[0]) + step

    @property
    def pattern(self) -> bytes:
        """Alike for days that can stand in one grid."""
        return self.readings.tobytes() + (b"" if self.even else (self.starts - self.starts[:1]).tobytes())


class Days:
    """Works out the days of a file. Raises FeedStructureError if no columns are like the mapping's slots."""

    def __init__(self, file: CsvFile, slots: Slots, clock: Clock, *, labels_are_ends: bool) -> None:
        self._slots, self._clock = slots, clock
        self.columns, self.names, labels = _columns(file, slots)
        self._walls = _walls(slots, len(self.columns), labels, labels_are_ends)
        self._by_count = slots.clock_change == "by_count"
        self._known: dict[tuple[int, int], Day] = {}

    def of(self, walls: Walls) -> tuple[Integers, list[Day]]:
        """(place of the day of each line, days)."""
        said = walls.offset != UNSAID
        codes = walls.wall * _CODES + np.where(said, walls.offset + _CODES // 2, 0)
        _, firsts, places = np.unique(codes, return_index=True, return_inverse=True)
        keys = zip(walls.wall[firsts].tolist(), walls.offset[firsts].tolist(), strict=True)
        return places, [self._known.get(key) or self._known.setdefault(key, self._of(*key)) for key in keys]

    def _of(self, wall: int, offset: int) -> Day:
        """The day of a line whose cell says `wall`, in seconds, and `offset`."""
        begin = wall + self._slots.start
        if self._clock.offset is not None or (offset != UNSAID and not self._clock.as_utc):
            east = offset if offset != UNSAID and not self._clock.as_utc else self._clock.offset or 0
            return self._fixed(begin - east, wall)
        return self._counted(begin, wall) if self._by_count else self._labelled(wall - wall % _DAY)

    def _fixed(self, begin: int, wall: int) -> Day:
        if self._by_count:
            return self._run(begin, begin + _DAY - wall % _DAY)
        here = np.flatnonzero(self._firsts())
        return _at(here, begin + (self._walls - self._slots.start)[here], self._slots.step)

    def _counted(self, begin: int, wall: int) -> Day:
        """Slots from the day's first moment to its last, however many there are."""
        first = first_moment(begin, self._clock.zone)
        last = first_moment(begin + _DAY - wall % _DAY, self._clock.zone)
        return self._run(first, last)

    def _run(self, first: int, last: int) -> Day:
        step = self._slots.step
        readings = np.arange(min(len(self.columns), (last - first) // step))
        return Day(readings, first + readings * step, even=True)

    def _labelled(self, wall: int) -> Day:
        """Each slot where the clock on the wall says its label; said again, it is the second pass of its hour."""
        readings, starts = [], []
        firsts = self._firsts().tolist()
        for place, (label, is_first) in enumerate(zip(self._walls.tolist(), firsts, strict=True)):
            try:
                first, shift = wall_clock_moment(wall + label, self._clock.zone)
            except ValueError:
                continue  # skipped
            if is_first or shift:
                readings.append(place)
                starts.append(first if is_first else first + shift)
        return _at(np.array(readings, np.int64), np.array(starts, np.int64), self._slots.step)

    def _firsts(self) -> Flags:
        """Which labels are not said for the second time."""
        first = np.zeros(len(self._walls), np.bool_)
        first[np.unique(self._walls, return_index=True)[1]] = True
        return first & (self._walls < self._slots.start + _DAY)


def _at(readings: Integers, starts: Integers, step: int) -> Day:
    order = np.argsort(starts, kind="stable")
    return Day(readings[order], starts[order], bool((np.diff(starts[order]) == step).all()))


def _columns(file: CsvFile, slots: Slots) -> tuple[Integers, list[str], list[int] | None]:
    """(columns, their names, their labels in seconds after midnight if the pattern finds those)."""
    names = file.head.columns
    if slots.pattern is None:
        first = file.column(slots.first or 1)
        last = first + (slots.count or 0)
        if last > file.width:
            there = f"{slots.count} slots are due, {file.width - first} are there"
            raise FeedStructureError(f"line {max(file.head.line - 1, 1)}: {there}")
        return np.arange(first, last), [_named(names, place) for place in range(first, last)], None
    found = [(place, match) for place, name in enumerate(names) if (match := slots.pattern.search(name))]
    if not found:
        raise FeedStructureError(f"line {file.head.line - 1}: no column is like {slots.pattern.pattern}")
    chosen = [names[place] for place, _ in found]
    if not slots.pattern.groups:
        return np.array([place for place, _ in found]), chosen, None
    return np.array([place for place, _ in found]), chosen, [_label(match[1] or "") for _, match in found]


def _named(names: Sequence[str], place: int) -> str:
    return names[place] if place < len(names) else f"column {place + 1}"


def _label(text: str) -> int:
    found = _LABEL.fullmatch(text)
    if found is None:
        raise FeedStructureError(f"column {text!r} is no time like 13:30")
    return int(found[1]) * 3600 + int(found[2]) * 60


def _walls(slots: Slots, count: int, labels: list[int] | None, labels_are_ends: bool) -> Integers:
    """Seconds after the midnight of a line's day at which each slot begins, on the wall."""
    if labels is None:
        return slots.start + np.arange(count) * slots.step
    begins = np.array(labels) - (slots.step if labels_are_ends else 0)
    return (begins - slots.start) % _DAY + slots.start
