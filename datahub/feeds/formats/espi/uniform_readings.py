"""Readings of an ESPI file that differ in nothing but their numbers, taken out before the XML is parsed.

A block of a day is 96 times the same markup. Of such a run the XML parser is given the first reading, and after it a
processing instruction that names the run and has its line breaks; so what it proves of the first holds for
all, and lines stay what they are in the file. Only digits and minus signs may differ, only between tags, and only
in markup without attributes, comments and references. All else is left to the parser as it stands.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from secrets import token_hex

import numpy as np
import numpy.typing as npt

from datahub.rows.base import Integers

_NUMERIC = b"0123456789-"
_TAG = b"IntervalReading>"
_NOT_PLAIN = (b'"', b"'", b"&", b"<!", b"<?")
_FEWEST = 4  # readings that make a run
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
    made: dict[object, object] = field(default_factory=dict)  # what was worked out for all of them at once


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
    """The numbers of a text, in its order: digits with or without a minus before them."""

    begins: Integers
    ends: Integers
    places: Integers  # in the text without numbers: before which of its bytes
    widths: Integers
    values: Integers
    sound: npt.NDArray[np.bool_]

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
        values = _number(codes, ends, widths)
        sound = (widths > 0) & (widths <= _MOST_DIGITS)
        sound &= ~minus | (values != 0)  # the sign of -0.5 stands with its 0
        signs = np.flatnonzero(codes == _MINUS)
        inner = signs[numeric[signs - 1]]
        sound[np.searchsorted(begins, inner, side="right") - 1] = False
        before = np.cumsum(lengths) - lengths
        return cls(begins - 8, ends - 8, begins - 8 - before, widths, np.where(minus, -values, values), sound)

    def offset(self, place: Integers) -> Integers:
        """Where in the text the byte is that stands at `place` of the text without numbers."""
        lengths = np.append(0, np.cumsum(self.ends - self.begins))
        before: Integers = lengths[np.searchsorted(self.places, place, side="right")]
        return place + before


def _number(codes: npt.NDArray[np.uint8], ends: Integers, widths: Integers) -> Integers:
    """The numbers whose last `widths` digits stand before `ends`, eight digits at a time."""
    values = _eight(codes, ends, np.minimum(widths, 8))
    long = np.flatnonzero(widths > 8)
    values[long] += 100_000_000 * _eight(codes, ends[long] - 8, np.minimum(widths[long] - 8, 8))
    return values


def _eight(codes: npt.NDArray[np.uint8], ends: Integers, widths: Integers) -> Integers:
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
    """Takes a file in pieces, and gives them back without what is in `runs` by the number of the instruction."""

    def __init__(self) -> None:
        self.target = f"run-{token_hex(8)}"  # no file can name it
        self.runs: dict[int, UniformReadings] = {}
        self._count = 0
        self._kept = b""
        self._line = 1  # on which what is kept begins

    def take(self, piece: bytes) -> bytes:
        """What the parser is to see of the file up to the last tag that `piece` ends. b"" for the end of the file."""
        text = self._kept + piece
        cut = text.rfind(b">") + 1 if piece else len(text)
        if not cut:
            cut = len(text)
        text, self._kept = text[:cut], text[cut:]
        shown = self._reduced(text) if _TAG in text else text
        self._line += text.count(b"\n")
        return shown

    def _reduced(self, text: bytes) -> bytes:
        markup = text.translate(None, _NUMERIC)
        repeated: defaultdict[bytes, list[tuple[int, int]]] = defaultdict(list)
        for unit, place, times in _repeated(markup):
            repeated[unit].append((place, times))
        if not repeated:
            return text
        tokens = _Tokens.of(text)
        breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == 10)
        found = [
            (begin, end, UniformReadings(alike, first, last, self._line + line))
            for unit, spots in repeated.items()
            for begin, end, alike, first, last, line in _runs(unit, np.array(spots), tokens, breaks)
        ]
        pieces, past = [], 0
        for begin, end, run in sorted(found, key=itemgetter(0)):
            pieces += [text[past:begin], b"<?%s %d" % (self.target.encode(), self._count)]
            pieces += [b"\n" * (run.alike.breaks * (run.size - 1)), b"?>"]
            self.runs[self._count] = run
            self._count += 1
            past = end
        return b"".join([*pieces, text[past:]])


def _repeated(markup: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(a reading with the space before it, where it stands first, how many times), for each run of equal ones."""
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
        times = _times(markup, unit, space)
        if times >= _FEWEST and not any(sign in unit for sign in _NOT_PLAIN):
            yield unit, space, times
        past = space + times * len(unit)


def _times(markup: bytes, unit: bytes, place: int) -> int:
    """How often `unit` stands there, one directly after the other."""
    powers = [unit]
    past = place + len(unit)
    while markup.startswith(powers[-1], past):
        past += len(powers[-1])
        powers.append(powers[-1] * 2)
    for power in reversed(powers):
        if markup.startswith(power, past):
            past += len(power)
    return (past - place) // len(unit)


def _runs(
    unit: bytes, spots: Integers, tokens: _Tokens, breaks: Integers
) -> Iterator[tuple[int, int, Alike, int, int, int]]:
    """(from and to where a run is left out, alike, first and past row, lines before it), for each of `spots` that has
    its numbers where the others have them. `breaks` are the ends of lines in the text.
    """
    places, times = spots[:, 0], spots[:, 1]
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
    between = np.array([unit.rfind(b">", 0, at) > unit.rfind(b"<", 0, at) for at in offsets[0].tolist()])
    if any(_is_after_end(unit, at) for at in offsets[0][between].tolist()):
        return
    numbers, widths = tokens.values[index], tokens.widths[index]
    same = tokens.sound[index] & (offsets == offsets[0])
    in_tags = ~between
    same[:, in_tags] &= (numbers == numbers[0])[:, in_tags] & (widths == widths[0])[:, in_tags]
    wrong = np.unique(spot[~same.all(axis=1)])
    lines = np.searchsorted(breaks, tokens.offset(places + unit.find(b"<")))
    begins, ends = tokens.offset(places + length), tokens.offset(places + times * length)
    edges = np.append(np.cumsum(times) - times, len(spot))
    alike = Alike(numbers[:, between], widths[:, between], unit.count(b"\n"))
    kept = np.setdiff1d(np.arange(len(places)), wrong)
    for begin, end, first, past, line in zip(
        *(
            column.tolist()
            for column in (begins[kept], ends[kept], edges[kept], edges[kept + 1], lines[kept])
        ),
        strict=True,
    ):
        yield begin, end, alike, first, past, line


def _is_after_end(unit: bytes, place: int) -> bool:
    """Whether what stands there follows an element, or comes before all, and is not the text of one."""
    begin, end = unit.rfind(b"<", 0, place), unit.rfind(b">", 0, place)
    return begin < 0 or unit[begin + 1] == 0x2F or unit[end - 1] == 0x2F
