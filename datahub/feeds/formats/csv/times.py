"""Columns of times to UTC, all cells at once."""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.csv.byte_cells import Cells
from datahub.feeds.formats.csv.numbers import AHEAD, Buffer, Words, words_from
from datahub.feeds.formats.csv.time_forms import TimeForm
from datahub.feeds.formats.local_time import first_moment, wall_clock_moment
from datahub.rows.base import Integers

Faults = MutableMapping[int, str]  # by row: why it cannot be taken; what was found first stays
Flags = npt.NDArray[np.bool_]
Table = npt.NDArray[np.uint8]  # a row a cell, a column a character
Ints = npt.NDArray[np.int32]
_Rows = Integers | slice
UNSAID = -(1 << 40)  # an offset that no cell says

_DAY = 86_400
_CHUNK = 1 << 16
_LONGEST = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_BEFORE = np.array([0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275])  # in a year from 1 March
_DAYS_TO_1970 = 719_469
_OF_DAY = ("year", "short", "month", "day")
_HIGHS, _ZEROS, _SIXES = (np.uint64(byte * 0x0101010101010101) for byte in (0xF0, 0x30, 0x06))
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
    starts, stops = cells.starts[:, column], cells.stops[:, column]
    wall, offset = np.zeros(len(starts), np.int64), np.full(len(starts), UNSAID)
    odd = np.ones(len(starts), np.bool_)
    if len(starts) and pattern is None:
        sample = cells.text(0, column)
        places = form.places(sample) if sample.isascii() else None
        if places is not None and len(sample) <= AHEAD:
            layout = _Layout(sample, places)
            for begin in range(0, len(starts), _CHUNK):
                here = slice(begin, begin + _CHUNK)
                wall[here], offset[here], odd[here] = _laid_out(
                    cells.buffer, starts[here], stops[here], layout
                )
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


class _Layout:
    """Where the figures and the other characters of a time stand, as masks over its 8-byte words."""

    def __init__(self, sample: str, places: Mapping[str, tuple[int, int]]) -> None:
        self.places = places
        self.size = len(sample)
        figures, others, text = bytearray(8 * (-(-self.size // 8))), bytearray(), sample.encode()
        zone = places.get("zone", (-1, -1))
        sign = zone[0] if zone[1] - zone[0] > 1 else -1
        for first, past in places.values():
            for place in range(first, past):
                figures[place] = 0xFF if sample[place].isdigit() else 0
        others = bytearray(0 if figures[place] or place == sign else 0xFF for place in range(self.size))
        day_end = max((past for name, (_, past) in places.items() if name in _OF_DAY), default=0)
        days = bytearray(0xFF if place < day_end else 0 for place in range(self.size))
        pad = bytes(len(figures) - self.size)
        self.own = _words(b"\xff" * self.size + pad)
        self.figures = _words(bytes(figures))
        self.others = _words(bytes(others) + pad)
        self.expected = _words(text + pad) & self.others
        self.of_day = _words(bytes(days) + pad) if self._day_is_first() else None

    def _day_is_first(self) -> bool:
        of_day = [span for name, span in self.places.items() if name in _OF_DAY]
        others = [span for name, span in self.places.items() if name not in _OF_DAY]
        return all(day[1] <= other[0] for day in of_day for other in others)


def _words(text: bytes) -> Words:
    return np.frombuffer(text, np.dtype("<u8"))


def _laid_out(
    buffer: Buffer, starts: Integers, stops: Integers, layout: _Layout
) -> tuple[Integers, Integers, Flags]:
    """(wall, offset, which cells are not laid out so, or are no time)."""
    words = words_from(buffer, starts, len(layout.own))
    found = [words[:, place] & own for place, own in enumerate(layout.own)]
    rows, of = _once(found)
    wall, offset, odd = _read([word[rows] for word in found], layout)
    return wall[of], offset[of], odd[of] | (stops - starts != layout.size)


def _once(columns: Sequence[Words]) -> tuple[_Rows, _Rows]:
    """(rows to read, which of these each row is like): files say the times of a day again for each meter.

    Alike are rows as far apart as the first row and the next that says the same.
    """
    size = len(columns[0])
    like_first, fresh = np.ones(size, np.bool_), np.zeros(size, np.bool_)
    for column in columns:
        like_first &= column == column[0]
    period = 1 + int(like_first[1:].argmax()) if like_first[1:].any() else size
    fresh[:period] = True
    for column in columns:
        fresh[period:] |= column[period:] != column[: size - period]
    rows = np.flatnonzero(fresh)
    if 2 * len(rows) > size:
        return slice(None), slice(None)
    table = np.zeros(
        size + -size % period, np.int64
    )  # a line a period: what is read last holds for those below it
    table[rows] = np.arange(len(rows))
    table = np.maximum.accumulate(table.reshape(-1, period), axis=0)
    return rows, table.reshape(-1)[:size]


def _read(found: Sequence[Words], layout: _Layout) -> tuple[Integers, Integers, Flags]:
    """The same of cells whose words these are."""
    odd, heads = np.zeros((2, len(found[0])), np.bool_)
    heads[:1] = True
    for place, word in enumerate(found):
        figures = layout.figures[place]
        odd |= (word & layout.others[place]) != layout.expected[place]
        odd |= (((word & _HIGHS) ^ _ZEROS) | (((word + _SIXES) & _HIGHS) ^ _ZEROS)) & figures != 0
        if layout.of_day is not None:
            of_day = word & layout.of_day[place]
            heads[1:] |= of_day[1:] != of_day[:-1]
    table = np.stack(found, axis=1).view(np.uint8)
    if layout.of_day is None:
        days = _days(table, layout.places, odd)
    else:  # the day is worked out where it changes
        rows = np.flatnonzero(heads)
        wrong = np.zeros(len(rows), np.bool_)
        each = np.cumsum(heads) - 1
        days = _days(table[rows], layout.places, wrong)[each]
        odd |= wrong[each]
    hour, minute, second = (_number(table, layout.places, name) for name in ("hour", "minute", "second"))
    clock = (hour * 60 + minute) * 60 + second
    odd |= (minute > 59) | (second > 59) | (clock > _DAY)
    return days * _DAY + clock, _offsets(table, layout.places, odd), odd


def _number(table: Table, places: Mapping[str, tuple[int, int]], name: str, default: int = 0) -> Ints:
    first, past = places.get(name, (0, 0))
    total: Ints = np.full(len(table), default if first == past else 0, np.int32)
    for place in range(first, past):
        total = total * 10 + (table[:, place] - np.uint8(48))
    return total


def _days(table: Table, places: Mapping[str, tuple[int, int]], odd: Flags) -> Integers:
    """Days since 1970, and in `odd` which are none."""
    year = _number(table, places, "year") if "year" in places else _number(table, places, "short") + 2000
    month, day = _number(table, places, "month"), _number(table, places, "day", 1)
    odd |= (month < 1) | (month > 12) | (year < 1)
    month = np.where(odd, 1, month)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    odd |= (day < 1) | (day > _LONGEST[month] - ((month == 2) & ~leap))
    from_march = (year - (month <= 2)).astype(np.int64)
    days: Integers = from_march * 365 + from_march // 4 - from_march // 100 + from_march // 400
    days += _DAYS_BEFORE[month] + day - _DAYS_TO_1970
    return days


def _offsets(table: Table, places: Mapping[str, tuple[int, int]], odd: Flags) -> Integers:
    if "zone" not in places:
        return np.full(len(odd), UNSAID)
    first, past = places["zone"]
    if past - first == 1:  # Z
        return np.zeros(len(odd), np.int64)
    sign = table[:, first]
    hours = _number(table, {"": (first + 1, first + 3)}, "")
    minutes = _number(table, {"": (past - 2, past)}, "")
    odd |= ((sign != ord("+")) & (sign != ord("-"))) | (hours > 23) | (minutes > 59)
    size = (hours * 3600 + minutes * 60).astype(np.int64)
    return np.where(sign == ord("-"), -size, size)
