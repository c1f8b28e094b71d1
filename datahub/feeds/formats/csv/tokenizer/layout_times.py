"""Times with one layout, all cells at once: a sample shows which places hold digits, and the others are compared."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.csv.tokenizer.decimals import Buffer, Words, words_from
from datahub.rows.base import Integers
from datahub.rows.usage import Flags

Table = npt.NDArray[np.uint8]  # a row a cell, a column a character
Ints = npt.NDArray[np.int32]
_Rows = Integers | slice
NO_OFFSET = -(1 << 40)  # of a cell that states none

_DAY = 86_400
_CHUNK = 1 << 16  # cells whose words fit in the processor's cache
_DAYS_OF_MONTH = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_BEFORE = np.array([0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275])  # in a year from 1 March
_DAYS_TO_1970 = 719_469
_DAY_PARTS = ("year", "short", "month", "day")
_HIGHS, _ZEROS, _SIXES = (np.uint64(byte * 0x0101010101010101) for byte in (0xF0, 0x30, 0x06))


def times(
    buffer: Buffer, starts: Integers, stops: Integers, sample: str, places: Mapping[str, tuple[int, int]]
) -> tuple[Integers, Integers, Flags]:
    """(local seconds since 1970, offset or NO_OFFSET, which cells are odd) of cells laid out as `sample`.

    `places` says where its parts stand, [first, past). An odd cell has another layout or is no time of any calendar.
    """
    wall, offset = np.zeros(len(starts), np.int64), np.full(len(starts), NO_OFFSET)
    odd, layout = np.ones(len(starts), np.bool_), _Layout(sample, places)
    for begin in range(0, len(starts), _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        table = words_from(buffer, starts[chunk], len(layout.own))
        words = [table[:, place] & own for place, own in enumerate(layout.own)]
        rows, like = _distinct_rows(words)
        wall_of, offset_of, odd_of = _read([word[rows] for word in words], layout)
        wall[chunk], offset[chunk] = wall_of[like], offset_of[like]
        odd[chunk] = odd_of[like] | (stops[chunk] - starts[chunk] != layout.size)
    return wall, offset, odd


class _Layout:
    """Where the digits and the other characters of a time stand, as masks over its 8-byte words."""

    def __init__(self, sample: str, places: Mapping[str, tuple[int, int]]) -> None:
        self.places, self.size = places, len(sample)
        zone_begin, zone_end = places.get("zone", (-1, -1))
        sign = zone_begin if zone_end - zone_begin > 1 else -1
        digits = {place for span in places.values() for place in range(*span) if sample[place].isdigit()}
        self.own = self._mask(lambda place: True)
        self.digits = self._mask(digits.__contains__)
        self.others = self._mask(lambda place: place not in digits and place != sign)
        text = sample.encode().ljust(8 * len(self.own), b"\0")
        self.expected = np.frombuffer(text, np.dtype("<u8")) & self.others
        day = [span for name, span in places.items() if name in _DAY_PARTS]
        rest = [span for name, span in places.items() if name not in _DAY_PARTS]
        day_end = max((past for _, past in day), default=0)
        is_day_first = all(day_end <= first for first, _ in rest)
        self.of_day = self._mask(lambda place: place < day_end) if is_day_first else None

    def _mask(self, holds: Callable[[int], bool]) -> Words:
        """Words whose bytes are 0xFF at the places of the time for which it holds, else 0."""
        mask = bytes(0xFF if holds(place) else 0 for place in range(self.size))
        return np.frombuffer(mask.ljust(-(-self.size // 8) * 8, b"\0"), np.dtype("<u8"))


def _distinct_rows(columns: Sequence[Words]) -> tuple[_Rows, _Rows]:
    """(rows to read, which of these each row is equal to): files repeat the times of a day for each meter.

    Each row is compared with the one a period before it: as many rows as the first and the next equal to it are apart.
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
    # a line of the table is a period: a row that is not read has the number of the last read row above it
    table = np.zeros(size + -size % period, np.int64)
    table[rows] = np.arange(len(rows))
    table = np.maximum.accumulate(table.reshape(-1, period), axis=0)
    return rows, table.reshape(-1)[:size]


def _read(words: Sequence[Words], layout: _Layout) -> tuple[Integers, Integers, Flags]:
    """The same of cells with these words."""
    odd, heads = np.zeros((2, len(words[0])), np.bool_)
    heads[:1] = True
    for place, word in enumerate(words):
        odd |= (word & layout.others[place]) != layout.expected[place]
        odd |= (((word & _HIGHS) ^ _ZEROS) | (((word + _SIXES) & _HIGHS) ^ _ZEROS)) & layout.digits[
            place
        ] != 0
        if layout.of_day is not None:
            of_day = word & layout.of_day[place]
            heads[1:] |= of_day[1:] != of_day[:-1]
    table = np.stack(words, axis=1).view(np.uint8)
    if layout.of_day is None:
        days = _days(table, layout.places, odd)
    else:  # the day is computed where it changes
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
    odd |= (day < 1) | (day > _DAYS_OF_MONTH[month] - ((month == 2) & ~leap))
    from_march = (year - (month <= 2)).astype(np.int64)
    days: Integers = from_march * 365 + from_march // 4 - from_march // 100 + from_march // 400
    days += _DAYS_BEFORE[month] + day - _DAYS_TO_1970
    return days


def _offsets(table: Table, places: Mapping[str, tuple[int, int]], odd: Flags) -> Integers:
    if "zone" not in places:
        return np.full(len(odd), NO_OFFSET)
    first, past = places["zone"]
    if past - first == 1:  # Z
        return np.zeros(len(odd), np.int64)
    sign = table[:, first]
    hours = _number(table, {"": (first + 1, first + 3)}, "")
    minutes = _number(table, {"": (past - 2, past)}, "")
    odd |= ((sign != ord("+")) & (sign != ord("-"))) | (hours > 23) | (minutes > 59)
    size = (hours * 3600 + minutes * 60).astype(np.int64)
    return np.where(sign == ord("-"), -size, size)
