"""The columns of a wide file as times of a day, also of a day with a clock change."""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.csv.mapped_file import CsvFile
from datahub.feeds.formats.csv.times import Walls
from datahub.feeds.formats.csv.tokenizer import NO_OFFSET
from datahub.feeds.formats.local_time import first_moment, wall_clock_moment
from datahub.rows.base import FeedStructureError, Integers

_DAY = 86_400
_OFFSET_CODES = 1 << 20  # twice as many as seconds that an offset can have
_LABEL = re.compile(r"([01]?\d|2[0-4]):?([0-5]\d)(?::00)?", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """Which slots of a day are readings, and the start of each in epoch seconds; the others must be empty or 0."""

    readings: Integers
    starts: Integers
    even: bool  # each reading begins where the one before it ends

    def length(self, step: int) -> int:
        """Seconds from the first reading to the end of the last."""
        return int(self.starts[-1] - self.starts[0]) + step

    @property
    def pattern(self) -> bytes:
        """Equal for days that can stand in one grid."""
        return self.readings.tobytes() + (b"" if self.even else (self.starts - self.starts[:1]).tobytes())


class DayReader:
    """Raises FeedStructureError if no columns are like the mapping's slots."""

    def __init__(self, file: CsvFile, zone: ZoneInfo) -> None:
        if file.mapping.slots is None:
            raise FeedStructureError("mapping: slots is needed in shape wide")
        self._slots, self._clock = file.mapping.slots, file.mapping.clock(zone)
        self.step, start = self._slots.step, self._slots.start
        columns, labels = self._columns(file)
        self.columns = np.array(columns)
        self.names = [
            file.head.columns[place] if place < len(file.head.columns) else f"column {place + 1}"
            for place in columns
        ]
        # seconds after the midnight of a line's day at which each slot begins, by the local clock
        self._walls = start + np.arange(len(columns)) * self.step
        if labels is not None:
            begins = np.array(labels) - (self.step if file.mapping.time_of == "end" else 0)
            self._walls = (begins - start) % _DAY + start
        # which labels come for the first time
        self._is_first = np.zeros(len(columns), np.bool_)
        self._is_first[np.unique(self._walls, return_index=True)[1]] = True
        self._is_first &= self._walls < start + _DAY
        self._days: dict[tuple[int, int], Day] = {}

    def read(self, walls: Walls) -> tuple[Integers, list[Day]]:
        """(number of the day of each line, days)."""
        stated = walls.offset != NO_OFFSET
        codes = walls.wall * _OFFSET_CODES + np.where(stated, walls.offset + _OFFSET_CODES // 2, 0)
        _, firsts, number = np.unique(codes, return_index=True, return_inverse=True)
        keys = zip(walls.wall[firsts].tolist(), walls.offset[firsts].tolist(), strict=True)
        return number, [self._days.get(key) or self._days.setdefault(key, self._day(*key)) for key in keys]

    def _columns(self, file: CsvFile) -> tuple[list[int], list[int] | None]:
        """(columns of the slots, their labels in seconds after midnight if the pattern has a group for them)."""
        slots, line = self._slots, max(file.head.line - 1, 1)
        if slots.pattern is None:
            first = file.column(slots.first or 1)
            last = first + (slots.count or 0)
            if last > file.width:
                raise FeedStructureError(
                    f"line {line}: {slots.count} slots are due, {file.width - first} are there"
                )
            return list(range(first, last)), None
        matches = [slots.pattern.search(name) for name in file.head.columns]
        columns = [place for place, match in enumerate(matches) if match]
        if not columns:
            raise FeedStructureError(f"line {line}: no column is like {slots.pattern.pattern}")
        if not slots.pattern.groups:
            return columns, None
        labels = []
        for label in (match[1] or "" for match in matches if match):
            clock = _LABEL.fullmatch(label)
            if clock is None:
                raise FeedStructureError(f"column {label!r} is no time like 13:30")
            labels.append(int(clock[1]) * 3600 + int(clock[2]) * 60)
        return columns, labels

    def _day(self, wall: int, offset: int) -> Day:
        """The day of a line whose cell says `wall`, in seconds, and `offset`."""
        begin, end = wall + self._slots.start, wall + self._slots.start + _DAY - wall % _DAY
        has_offset = offset != NO_OFFSET and not self._clock.as_utc
        if has_offset or self._clock.offset is not None:
            east = offset if has_offset else self._clock.offset or 0
            if self._slots.clock_change == "by_count":
                return self._counted(begin - east, end - east)
            readings = np.flatnonzero(self._is_first)
            return self._placed(readings, begin - east + (self._walls - self._slots.start)[readings])
        if self._slots.clock_change == "by_count":
            return self._counted(first_moment(begin, self._clock.zone), first_moment(end, self._clock.zone))
        return self._labelled(wall - wall % _DAY)

    def _counted(self, begin: int, end: int) -> Day:
        """Slots from the day's first moment to its last, however many there are."""
        readings = np.arange(min(len(self.columns), (end - begin) // self.step))
        return Day(readings, begin + readings * self.step, even=True)

    def _labelled(self, midnight: int) -> Day:
        """Each slot when the local clock shows its label; a label that comes again is the second pass of its hour."""
        readings, starts = [], []
        labels = zip(self._walls.tolist(), self._is_first.tolist(), strict=True)
        for number, (label, is_first) in enumerate(labels):
            try:
                first, shift = wall_clock_moment(midnight + label, self._clock.zone)
            except ValueError:
                continue  # clocks skip it
            if is_first or shift:
                readings.append(number)
                starts.append(first if is_first else first + shift)
        return self._placed(np.array(readings, np.int64), np.array(starts, np.int64))

    def _placed(self, readings: Integers, starts: Integers) -> Day:
        order = np.argsort(starts, kind="stable")
        return Day(readings[order], starts[order], bool((np.diff(starts[order]) == self.step).all()))
