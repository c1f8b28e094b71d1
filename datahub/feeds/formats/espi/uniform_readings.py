"""Readings of an ESPI file that differ in their numbers only, taken out before the XML is parsed.

A block of a day is 96 times the same markup. Of such a run the XML parser is given the first reading, and after it a
processing instruction that names the run and has its line breaks: what the parser proves of the first reading holds
for all, and lines keep their numbers. Only digits and minus signs may differ, only between tags, and only in markup
without attributes, comments and references. All other readings go to the parser as they are.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from secrets import token_hex
from typing import Any

import numpy as np
import numpy.typing as npt

from datahub.rows.base import Integers
from datahub.rows.usage import Flags

_NUMERIC = b"0123456789-"
_TAG = b"IntervalReading>"
_NOT_PLAIN = (b'"', b"'", b"&", b"<!", b"<?")
_FEWEST_READINGS = 4  # of a run
_MOST_DIGITS = 16
_MINUS = ord("-")
_IS_NUMERIC = bytes(code in _NUMERIC for code in range(256))
_Words = npt.NDArray[np.uint64]


@dataclass(slots=True, eq=False)
class Alike:
    """Runs of the same markup. `numbers` and `widths` (digits, as written) have a row a reading and a column a number
    between its tags; `breaks` are the lines a reading takes up.
    """

    numbers: Integers
    widths: Integers
    breaks: int
    cache: dict[tuple[str, ...], Any] = field(
        default_factory=dict
    )  # what is computed for all of them at once


@dataclass(frozen=True, slots=True)
class UniformReadings:
    """Readings one after the other: the rows [first, past) of `alike`; the first begins on `line`."""

    alike: Alike
    first: int
    past: int
    line: int

    @property
    def size(self) -> int:
        return self.past - self.first

    def written(self, row: int) -> list[str]:
        """The numbers of a reading as they stood in the file."""
        numbers = self.alike.numbers[self.first + row].tolist()
        widths = self.alike.widths[self.first + row].tolist()
        return [f"{number:0{width + (number < 0)}d}" for number, width in zip(numbers, widths, strict=True)]


@dataclass(slots=True)
class _Tokens:
    """The numbers of a text, in its order: digits with or without a minus ahead of them."""

    begins: Integers
    ends: Integers
    places: Integers  # in the text without numbers: before which of its bytes
    widths: Integers
    values: Integers
    sound: Flags  # numbers that `values` and `widths` give back exactly

    @classmethod
    def of(cls, text: bytes) -> "_Tokens":
        padded = b"\0" * 8 + text + b"\0"  # so that 8 bytes may be taken before any end
        codes = np.frombuffer(padded, np.uint8)
        numeric = np.frombuffer(padded.translate(_IS_NUMERIC), np.bool_)
        edges = np.flatnonzero(numeric[1:] != numeric[:-1]) + 1
        begins, ends = edges[::2], edges[1::2]
        lengths = ends - begins
        minus = codes[begins] == _MINUS
        widths = lengths - minus
        values = _last_digits(codes, ends, np.minimum(widths, 8))
        long = np.flatnonzero(widths > 8)
        values[long] += 10**8 * _last_digits(codes, ends[long] - 8, np.minimum(widths[long] - 8, 8))
        sound = (widths > 0) & (widths <= _MOST_DIGITS)
        sound &= ~minus | (values != 0)  # the minus of -0.5 would be lost with its 0
        signs = np.flatnonzero(codes == _MINUS)
        inner = signs[numeric[signs - 1]]
        sound[np.searchsorted(begins, inner, side="right") - 1] = False
        before = np.cumsum(lengths) - lengths
        return cls(begins - 8, ends - 8, begins - 8 - before, widths, np.where(minus, -values, values), sound)

    def offset(self, place: Integers) -> Integers:
        """The place in the text of the byte at `place` of the text without numbers."""
        lengths = np.append(0, np.cumsum(self.ends - self.begins))
        before: Integers = lengths[np.searchsorted(self.places, place, side="right")]
        return place + before


def _last_digits(codes: npt.NDArray[np.uint8], ends: Integers, widths: Integers) -> Integers:
    """The numbers of the last `widths` digits, up to 8, before `ends`."""
    words: _Words = np.ndarray((len(codes) - 7,), "<u8", codes, strides=(1,))[ends - 8]
    junk = ((8 - widths) * 8).astype(np.uint64)
    words &= np.uint64(0x0F0F0F0F0F0F0F0F)
    words = np.where(junk < 64, words >> np.minimum(junk, 63) << np.minimum(junk, 63), 0).astype(np.uint64)
    for factor, bits, mask in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10_000, 32, 0xFFFFFFFF),
    ):
        words = (words * np.uint64(factor) + (words >> np.uint64(bits))) & np.uint64(mask)
    return words.astype(np.int64)


class RunFinder:
    """Takes a file in pieces, and gives them back without its runs, which are in `runs` by the number of the
    processing instruction.
    """

    def __init__(self) -> None:
        self.target = f"run-{token_hex(8)}"  # no file can name it
        self.runs: dict[int, UniformReadings] = {}
        self._count = 0
        self._kept = b""
        self._line = 1  # on which what is kept begins

    def take(self, piece: bytes) -> bytes:
        """What the parser is given of the file up to the last tag in `piece`; b"" is the end of the file."""
        text = self._kept + piece
        cut = text.rfind(b">") + 1 if piece else len(text)
        if not cut:
            cut = len(text)
        text, self._kept = text[:cut], text[cut:]
        reduced = self._reduced(text) if _TAG in text else text
        self._line += text.count(b"\n")
        return reduced

    def _reduced(self, text: bytes) -> bytes:
        markup = text.translate(None, _NUMERIC)
        repeated: defaultdict[bytes, list[tuple[int, int]]] = defaultdict(list)  # (place, times)
        for unit, place, times in _repeated(markup):
            repeated[unit].append((place, times))
        if not repeated:
            return text
        tokens = _Tokens.of(text)
        line_ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 10)
        runs = [
            (begin, end, UniformReadings(alike, first, last, self._line + line))
            for unit, spots in repeated.items()
            for begin, end, alike, first, last, line in _runs(unit, np.array(spots), tokens, line_ends)
        ]
        pieces, past = [], 0
        for begin, end, run in sorted(runs, key=itemgetter(0)):
            pieces += [text[past:begin], b"<?%s %d" % (self.target.encode(), self._count)]
            pieces += [b"\n" * (run.alike.breaks * (run.size - 1)), b"?>"]
            self.runs[self._count] = run
            self._count += 1
            past = end
        return b"".join([*pieces, text[past:]])


def _repeated(markup: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(a reading with the space ahead of it, the place of the first, how many times), for each run of equal ones."""
    past = 0
    while (tag := markup.find(_TAG, past)) >= 0:
        begin = markup.rfind(b"<", past, tag)
        end = markup.find(_TAG, tag + len(_TAG)) + len(_TAG)
        if end < len(_TAG):
            return
        if begin < 0 or markup[begin + 1] == 0x2F:  # the end of one that began before
            past = tag + len(_TAG)
            continue
        space = max(markup.rfind(b">", past, begin) + 1, past)
        if markup[space:begin].strip():
            space = begin
        unit = markup[space:end]
        powers, stop = [unit], space + len(unit)  # the unit once, twice, four times
        while markup.startswith(powers[-1], stop):
            stop += len(powers[-1])
            powers.append(powers[-1] * 2)
        for power in reversed(powers):
            if markup.startswith(power, stop):
                stop += len(power)
        times = (stop - space) // len(unit)
        if times >= _FEWEST_READINGS and not any(sign in unit for sign in _NOT_PLAIN):
            yield unit, space, times
        past = stop


def _runs(
    unit: bytes, spots: Integers, tokens: _Tokens, line_ends: Integers
) -> Iterator[tuple[int, int, Alike, int, int, int]]:
    """(from and to where a run is left out, alike, first and past row, lines before it), for each of `spots` that has
    its numbers at the same offsets as the first. A spot is the place of a `unit` and how many there are in a row.
    """
    places, times = spots.T
    length = len(unit)
    firsts = np.searchsorted(tokens.places, places, side="right")
    pasts = np.searchsorted(tokens.places, places + times * length, side="left")
    columns = int((pasts - firsts)[0] // times[0])
    able = pasts - firsts == columns * times
    if not columns or not able.any():
        return
    places, times, firsts = places[able], times[able], firsts[able]
    spot = np.repeat(np.arange(len(places)), times)
    inside = np.arange(len(spot)) - np.repeat(np.cumsum(times) - times, times)
    index = (firsts[spot] + inside * columns)[:, None] + np.arange(columns)
    offsets = tokens.places[index] - (places[spot] + inside * length)[:, None]
    tags = [(unit.rfind(b"<", 0, at), unit.rfind(b">", 0, at)) for at in offsets[0].tolist()]
    between = np.array([end > begin for begin, end in tags])
    # a number after the end of an element, or ahead of all, is not the text of an element
    if any(
        end > begin and (begin < 0 or b"/" in (unit[begin + 1 : begin + 2], unit[end - 1 : end]))
        for begin, end in tags
    ):
        return
    numbers, widths = tokens.values[index], tokens.widths[index]
    same = tokens.sound[index] & (offsets == offsets[0])
    in_tags = ~between
    same[:, in_tags] &= (numbers == numbers[0])[:, in_tags] & (widths == widths[0])[:, in_tags]
    differing = np.unique(spot[~same.all(axis=1)])
    alike = Alike(numbers[:, between], widths[:, between], unit.count(b"\n"))
    kept = np.setdiff1d(np.arange(len(places)), differing)
    begins, ends = tokens.offset(places + length)[kept], tokens.offset(places + times * length)[kept]
    rows = np.append(np.cumsum(times) - times, len(spot))
    lines = np.searchsorted(line_ends, tokens.offset(places + unit.find(b"<")))[kept]
    for begin, end, first, past, line in zip(begins, ends, rows[kept], rows[kept + 1], lines, strict=True):
        yield int(begin), int(end), alike, int(first), int(past), int(line)
