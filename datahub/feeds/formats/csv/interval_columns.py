"""When readings begin and how long they last, out of the columns that a mapping names."""

from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.cells import whole_number
from datahub.feeds.formats.csv.mapped_file import CsvFile
from datahub.feeds.formats.csv.mapping import CsvMapping, Role
from datahub.feeds.formats.csv.time_forms import seconds_of_clock
from datahub.feeds.formats.csv.times import Clock, Faults, Flags, Walls, part_of, walls_of
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.rows.base import FeedStructureError, Integers, Settings

_DAY = 86_400
_UNSAID = "how long the reading lasts is not said: end and interval_seconds are empty"


def clock_of(mapping: CsvMapping, zone: ZoneInfo) -> Clock:
    """What a time without offset means in this file."""
    return Clock(mapping.zone or zone, mapping.offset, mapping.wall_clock_as_utc)


class IntervalReader:
    """Reads starts, and lengths or ends.

    Raises FeedStructureError: a column missing, or nothing says how long a reading lasts.
    """

    def __init__(self, file: CsvFile, settings: Settings, zone: ZoneInfo) -> None:
        self._mapping = mapping = file.mapping
        self._places = file.places("start", "start_time", "slot", "end", "end_time", "interval_seconds")
        self._clock = clock_of(mapping, zone)
        self._length = _length(settings.get("interval_seconds") or file.fixed("interval_seconds"), mapping)
        lengths = "end" in self._places or "interval_seconds" in self._places or self._length is not None
        if "slot" in self._places and (self._length is None or "interval_seconds" in self._places):
            raise FeedStructureError("a column slot needs one interval_seconds for all lines")
        kinds = settings.get("kind") or "kind" in mapping.columns
        if not (lengths or kinds or mapping.registers or mapping.sections or mapping.values):
            raise FeedStructureError(
                "how long a reading lasts is not said: no column end, no interval_seconds"
            )

    def starts(self, cells: Cells, faults: Faults) -> tuple[Integers, Integers]:
        """(epoch seconds, shift) of the times that the file is about: starts, or ends where it writes those."""
        if "slot" in self._places:
            return self._counted(cells, faults), np.zeros(len(cells), np.int64)
        return self._clock.utc(self._walls(cells, "start", faults), faults)

    def lengths(self, cells: Cells, faults: Faults, *, unless: Flags) -> tuple[Integers, Integers, Integers]:
        """(seconds, end, shift of that end): seconds are -1 where there is an end. Some need neither: `unless`."""
        seconds = np.full(len(cells), -1 if self._length is None else self._length, np.int64)
        if "interval_seconds" in self._places:
            place = self._places["interval_seconds"]
            groups, firsts = cells.groups([place])
            for group, row in enumerate(firsts.tolist()):
                text = cells.text(row, place)
                if text:
                    self._put(seconds, groups == group, text, faults)
        ends, shifts = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
        if "end" in self._places:
            place = self._places["end"]
            said = np.flatnonzero(cells.stops[:, place] > cells.starts[:, place])
            own: dict[int, str] = {}
            walls = self._walls(cells.chosen(said), "end", own)
            ends[said], shifts[said] = self._clock.utc(walls, own)
            seconds[said] = -1
            for index, reason in own.items():
                faults.setdefault(int(said[index]), reason)
            nothing = (seconds < 0) & (cells.stops[:, place] == cells.starts[:, place])
        else:
            nothing = seconds < 0
        for row in np.flatnonzero(nothing & ~unless).tolist():
            faults.setdefault(row, _UNSAID)
        return seconds, ends, shifts

    def _counted(self, cells: Cells, faults: Faults) -> Integers:
        """Starts of readings that are numbered from 1 on through their local day, however long clocks make it."""
        walls = self._walls(cells, "start", faults)
        groups, firsts = cells.groups([self._places["start"], self._places["slot"]])
        starts = np.zeros(len(firsts), np.int64)
        for group, row in enumerate(firsts.tolist()):
            try:
                number = part_of(cells.text(row, self._places["slot"]), self._mapping.columns["slot"].pattern)
                starts[group] = self._slot(int(walls.wall[row]), int(walls.offset[row]), number)
            except (ValueError, OverflowError) as error:
                for one in np.flatnonzero(groups == group).tolist():
                    faults.setdefault(one, str(error))
        return starts[groups]

    def _slot(self, wall: int, offset: int, text: str) -> int:
        """When slot number `text` of the day that begins at `wall` begins. Raises ValueError: it has none such."""
        number, length = whole_number(text, "slot"), self._length or 0
        first, last = (self._clock.first_moment(moment, offset) for moment in (wall, wall + _DAY))
        if not 1 <= number <= (last - first) // length:
            raise ValueError(f"slot {number} is none: that day has {(last - first) // length} of them")
        return first + (number - 1) * length

    def _put(self, seconds: Integers, rows: Flags, text: str, faults: Faults) -> None:
        try:
            seconds[rows] = whole_number(text, "interval_seconds")
        except ValueError as error:
            for row in np.flatnonzero(rows).tolist():
                faults.setdefault(row, str(error))

    def _walls(self, cells: Cells, role: Role, faults: Faults) -> Walls:
        place, pattern = self._places[role], self._mapping.columns[role].pattern
        clock: Role = "start_time" if role == "start" else "end_time"
        if clock not in self._places:
            return walls_of(cells, place, self._mapping.time_form, faults, pattern)
        day_form, clock_form = self._mapping.time_form.halves()
        days = walls_of(cells, place, day_form, faults, pattern)
        groups, firsts = cells.groups([self._places[clock]])
        seconds = np.zeros(len(firsts), np.int64)
        for group, row in enumerate(firsts.tolist()):
            try:
                seconds[group] = seconds_of_clock(clock_form, cells.text(row, self._places[clock]))
            except ValueError as error:
                for one in np.flatnonzero(groups == group).tolist():
                    faults.setdefault(one, str(error))
        return Walls(days.wall + seconds[groups], days.offset)


def _length(said: str, mapping: CsvMapping) -> int | None:
    if not said:
        return mapping.interval_seconds
    try:
        return whole_number(said, "interval_seconds")
    except ValueError as error:
        raise FeedStructureError(f"setting {error}") from error
