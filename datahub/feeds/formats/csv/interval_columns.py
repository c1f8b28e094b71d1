"""When readings begin and how long they last, out of the columns that a mapping names."""

from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.cells import whole_number
from datahub.feeds.formats.csv.faults import Faults, read_distinct
from datahub.feeds.formats.csv.mapped_file import CsvFile
from datahub.feeds.formats.csv.mapping import Role
from datahub.feeds.formats.csv.times import Walls, matched_part, seconds_of_clock, walls_of
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.rows.base import FeedStructureError, Integers, Settings
from datahub.rows.usage import Flags

_DAY = 86_400
_NO_LENGTH = "how long the reading lasts is not said: end and interval_seconds are empty"


class IntervalReader:
    """Reads starts, and lengths or ends.

    Raises FeedStructureError: a column missing, or nothing says how long a reading lasts.
    """

    def __init__(self, file: CsvFile, settings: Settings, zone: ZoneInfo) -> None:
        self._mapping = mapping = file.mapping
        self._places = file.places("start", "start_time", "slot", "end", "end_time", "interval_seconds")
        self._clock = mapping.clock(zone)
        length = settings.get("interval_seconds") or file.constant("interval_seconds")
        try:
            self._length = whole_number(length, "interval_seconds") if length else mapping.interval_seconds
        except ValueError as error:
            raise FeedStructureError(f"setting {error}") from error
        lengths = "end" in self._places or "interval_seconds" in self._places or self._length is not None
        if "slot" in self._places and (self._length is None or "interval_seconds" in self._places):
            raise FeedStructureError("a column slot needs one interval_seconds for all lines")
        kinds = settings.get("kind") or "kind" in mapping.columns
        if not (lengths or kinds or mapping.registers or mapping.sections or mapping.values):
            raise FeedStructureError(
                "how long a reading lasts is not said: no column end, no interval_seconds"
            )

    def starts(self, cells: Cells, faults: Faults) -> tuple[Integers, Integers]:
        """(epoch seconds, shift) of the times that the file states: starts, or ends where it states those.

        Where lines number their readings through the local day, from 1 on, each is placed by its number.
        """
        walls = self._walls(cells, "start", faults)
        if "slot" not in self._places:
            return self._clock.utc(walls, faults)
        start, slot = self._places["start"], self._places["slot"]
        pattern, length = self._mapping.columns["slot"].pattern, self._length or 0

        def slot_start(row: int) -> int:
            number = whole_number(matched_part(cells.text(row, slot), pattern), "slot")
            midnight, offset = int(walls.wall[row]), int(walls.offset[row])
            begin, end = (self._clock.first_moment(wall, offset) for wall in (midnight, midnight + _DAY))
            if not 1 <= number <= (end - begin) // length:
                raise ValueError(f"slot {number} is none: that day has {(end - begin) // length} of them")
            return begin + (number - 1) * length

        return read_distinct(cells, [start, slot], slot_start, faults), np.zeros(len(cells), np.int64)

    def lengths(self, cells: Cells, faults: Faults, *, unless: Flags) -> tuple[Integers, Integers, Integers]:
        """(seconds, end, shift of that end): seconds are -1 where there is an end. Rows `unless` need neither."""
        default = -1 if self._length is None else self._length
        seconds = np.full(len(cells), default, np.int64)
        if "interval_seconds" in self._places:
            place = self._places["interval_seconds"]

            def read(row: int) -> int:
                text = cells.text(row, place)
                return whole_number(text, "interval_seconds") if text else default

            seconds = read_distinct(cells, [place], read, faults)
        ends, shifts = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
        no_length = seconds < 0
        if "end" in self._places:
            has_end = cells.stops[:, self._places["end"]] > cells.starts[:, self._places["end"]]
            rows = np.flatnonzero(has_end)
            end_faults = Faults()
            walls = self._walls(cells.chosen(rows), "end", end_faults)
            ends[rows], shifts[rows] = self._clock.utc(walls, end_faults)
            seconds[rows] = -1
            for place, reason in end_faults.items():
                faults.setdefault(int(rows[place]), reason)
            no_length &= ~has_end
        faults.add(np.flatnonzero(no_length & ~unless), _NO_LENGTH)
        return seconds, ends, shifts

    def _walls(self, cells: Cells, role: Role, faults: Faults) -> Walls:
        """Local times of a column, with the clock out of its own column where the mapping has one."""
        place, pattern = self._places[role], self._mapping.columns[role].pattern
        clock = self._places.get("start_time" if role == "start" else "end_time")
        if clock is None:
            return walls_of(cells, place, self._mapping.time_form, faults, pattern)
        day_form, clock_form = self._mapping.time_form.halves()
        days = walls_of(cells, place, day_form, faults, pattern)
        seconds = read_distinct(
            cells, [clock], lambda row: seconds_of_clock(clock_form, cells.text(row, clock)), faults
        )
        return Walls(days.wall + seconds, days.offset)
