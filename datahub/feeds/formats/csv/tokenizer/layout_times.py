"""Times that are laid out alike, all cells at once: which places hold figures is seen in a sample, then in all."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.csv.tokenizer.decimals import Buffer, Words, words_from
from datahub.rows.base import Integers

Flags = npt.NDArray[np.bool_]
Table = npt.NDArray[np.uint8]  # a row a cell, a column a character
Ints = npt.NDArray[np.int32]
_Rows = Integers | slice
UNSAID = -(1 << 40)  # an offset that no cell says

_DAY = 86_400
_CHUNK = 1 << 16  # cells whose words stay in the processor's cache
_LONGEST = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_BEFORE = np.array([0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275])  # in a year from 1 March
_DAYS_TO_1970 = 719_469
_OF_DAY = ("year", "short", "month", "day")
_HIGHS, _ZEROS, _SIXES = (np.uint64(byte * 0x0101010101010101) for byte in (0xF0, 0x30, 0x06))


def times(
    buffer: Buffer, starts: Integers, stops: Integers, sample: str, places: Mapping[str, tuple[int, int]]
) -> tuple[Integers, Integers, Flags]:
    """(seconds since 1970 on the wall, offset or UNSAID, which cells are odd) of cells laid out as `sample`.

    `places` says where its parts stand, [first, past). An odd cell has another layout or is no time of any calendar.
    """
    wall, offset = np.zeros(len(starts), np.int64), np.full(len(starts), UNSAID)
    odd, layout = np.ones(len(starts), np.bool_), _Layout(sample, places)
    for begin in range(0, len(starts), _CHUNK):
        here = slice(begin, begin + _CHUNK)
        wall[here], offset[here], odd[here] = _laid_out(buffer, starts[here], stops[here], layout)
    return wall, offset, odd


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
