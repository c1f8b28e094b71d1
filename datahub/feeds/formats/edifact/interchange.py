"""UN/EDIFACT: a file as segments, in bounded memory, and the frame around its messages (ISO 9735)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO, NamedTuple

import numpy as np

from datahub.rows.base import FeedStructureError

_CHUNK = 1 << 20
_LONGEST = 1 << 16  # of a segment
_FRAME = frozenset(("UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"))
_DTM_OF_QTY = "DTM of QTY"
_FEWEST_QUANTITIES = 8  # that are read together
_STAND_INS = "\x1a\x1b\x1c\x1d"  # for released marks, while a segment is split


class Syntax(NamedTuple):
    """The service characters; an interchange states its own in UNA."""

    component: str = ":"
    element: str = "+"
    decimal: str = ""  # "" = not stated: dot or comma
    release: str = "?"
    terminator: str = "'"

    @classmethod
    def of(cls, una: str) -> "Syntax":
        """From the six characters behind UNA. Raises FeedStructureError: a mark that means two things."""
        component, element, decimal, release, _, terminator = list(una)
        if len({component, element, release, terminator}) < 4 or any(mark.isalnum() for mark in una):
            raise FeedStructureError(f"UNA {una!r} does not say six marks")
        return cls(component, element, decimal, release.strip(), terminator)


class Segment(NamedTuple):
    """`number` counts from 1, UNA included, as lines would where each has its own."""

    number: int
    tag: str
    text: str
    syntax: Syntax

    def components(self, element: int, count: int) -> Sequence[str]:
        """The first components of an element behind the tag, "" for what is not there."""
        return _components(self.text, self.syntax, element, count)


@lru_cache(maxsize=1 << 16)  # times come again with every point
def _components(text: str, syntax: Syntax, element: int, count: int) -> tuple[str, ...]:
    release, marks = syntax.release, (syntax.release, syntax.element, syntax.component, syntax.terminator)
    is_released = bool(release) and release in text
    if is_released:
        for mark, stand_in in zip(marks, _STAND_INS, strict=True):
            text = text.replace(release + mark, stand_in)
        text = text.replace(release, "")
    elements = text.split(syntax.element, element + 2)
    parts = elements[element + 1].split(syntax.component) if len(elements) > element + 1 else []
    parts = [part.strip() for part in parts[:count]] + [""] * (count - len(parts))
    if is_released:
        plain = str.maketrans(dict(zip(_STAND_INS, marks, strict=True)))
        parts = [part.translate(plain) for part in parts]
    return tuple(parts)


class Quantities(NamedTuple):
    """Segments QTY, DTM+163, DTM+164, QTY and so on: whole quantities. `number` is that of the first segment."""

    number: int
    texts: Sequence[str]
    syntax: Syntax

    def segments(self, first: int, past: int) -> Iterator[Segment]:
        """Singly, those of the quantities [first, past)."""
        for place in range(3 * first, 3 * past):
            text = self.texts[place]
            yield Segment(self.number + place, text[:3], text, self.syntax)


@dataclass(slots=True)
class Segments:
    """The segments of an open file in their order; `size` is how many bytes were read so far."""

    source: BinaryIO
    size: int = 0
    _syntax: Syntax = field(default_factory=Syntax)
    _marks: str = ""  # as in UNA
    _number: int = 0
    _begun: str = ""  # the beginning of a segment, up to a released terminator

    def __iter__(self) -> Iterator[Segment | Quantities]:
        """Many quantities in a row that have both their times come together, other segments singly.

        Raises FeedStructureError: no UNA or UNB at the beginning, text that no terminator ends."""
        head = self._more().removeprefix("\xef\xbb\xbf").lstrip()
        syntax, rest = (Syntax.of(head[3:9]), head[9:]) if head.startswith("UNA") else (Syntax(), head)
        self._syntax, self._marks, self._number = syntax, head[3:9], int(rest is not head)
        if not rest.lstrip().startswith("UNB"):
            raise FeedStructureError("the file does not begin with UNB, alone or behind UNA")
        blanks = "\r\n".replace(syntax.terminator, "")  # line breaks mean nothing
        more = rest
        while more:
            for blank in blanks:
                rest = rest.replace(blank, "")
            *pieces, rest = rest.split(syntax.terminator)
            at = 0
            for begin, end in [] if self._begun else _together(pieces, syntax):
                yield from self._singly(pieces[at:begin])
                yield Quantities(self._number + 1, pieces[begin:end], syntax)
                self._number += end - begin
                at = end
            yield from self._singly(pieces[at:])
            if len(self._begun) + len(rest) > _LONGEST:
                raise FeedStructureError(f"segment {self._number + 1} is longer than {_LONGEST} characters")
            more = self._more()
            rest += more
        if (self._begun + rest).strip("\r\n \t\x1a\x00"):
            raise FeedStructureError(f"segment {self._number + 1} has no end: the file is cut off")

    def _singly(self, pieces: Sequence[str]) -> Iterator[Segment]:
        syntax = self._syntax
        for piece in pieces:
            text = self._begun + piece
            if len(text) > _LONGEST:
                raise FeedStructureError(f"segment {self._number + 1} is longer than {_LONGEST} characters")
            release = syntax.release
            if release and text.endswith(release) and (len(text) - len(text.rstrip(release))) % 2 == 1:
                self._begun = text + syntax.terminator
                continue
            self._begun, self._number = "", self._number + 1
            if not text.startswith("UNA"):
                yield Segment(self._number, text[:3], text, syntax)
            elif text[3:9] + syntax.terminator != self._marks:
                raise FeedStructureError(f"segment {self._number}: a second UNA with other marks")

    def _more(self) -> str:
        chunk = self.source.read(_CHUNK)
        self.size += len(chunk)
        return chunk.decode("latin-1")


def _together(pieces: Sequence[str], syntax: Syntax) -> Iterator[tuple[int, int]]:
    """From and to where quantities follow each other; without the last of them, of which more may follow."""
    heads = np.array(pieces, "U8")
    quantities = heads.astype("U4") == f"QTY{syntax.element}"
    begins, ends = (heads == f"DTM{syntax.element}{which}{syntax.component}" for which in ("163", "164"))
    places = np.flatnonzero(quantities[:-2] & begins[1:-1] & ends[2:])
    has_released = bool(syntax.release) and f"{syntax.release}\0" in "\0".join([*pieces, ""])  # a terminator
    if not len(places) or max(map(len, pieces)) > _LONGEST or has_released:
        return
    edges = np.flatnonzero(np.diff(places, prepend=places[0] - 4, append=places[-1] + 4) != 3)
    for first, past in zip(edges.tolist(), edges.tolist()[1:], strict=False):
        if past - first > _FEWEST_QUANTITIES:
            yield int(places[first]), int(places[past - 1])


@dataclass(slots=True)
class Frame:
    """Checks that interchanges and messages open and close as their trailers say; else the file is refused.

    `counts` false: what UNT and UNZ count is not compared. A message may also count a quantity with its times as one
    segment, and leave its own UNT out of that, as some senders do.
    """

    counts: bool = True
    _interchange: str | None = None
    _messages: int = 0
    _message: str | None = None
    _segments: int = 0
    _times: int = 0
    _last: str = ""

    def take(self, segment: Segment) -> None:
        """Raises FeedStructureError where the frame breaks at this segment."""
        if segment.tag not in _FRAME:
            if self._message is None:
                raise FeedStructureError(f"segment {segment.number}: {segment.tag} outside of a message")
            self._segments += 1
            in_quantity = segment.tag == "DTM" and self._last in ("QTY", _DTM_OF_QTY)
            self._times += in_quantity
            self._last = _DTM_OF_QTY if in_quantity else segment.tag
            return
        match segment.tag:
            case "UNB":
                self._expect(self._interchange is None, segment, "within an interchange")
                self._interchange, self._messages = segment.components(4, 1)[0], 0
            case "UNH":
                self._expect(self._interchange is not None, segment, "outside of an interchange")
                self._expect(self._message is None, segment, "within a message")
                self._message, self._segments, self._times = segment.components(0, 1)[0], 1, 0
                self._messages += 1
            case "UNT":
                self._expect(self._message is not None, segment, "without its UNH")
                count = self._segments + 1
                grouped = count - self._times
                self._agree(segment, self._message, {count, grouped, grouped - 1}, "segments")
                self._message, self._last = None, ""
            case "UNZ":
                self._expect(self._interchange is not None, segment, "without its UNB")
                self._expect(self._message is None, segment, "within a message")
                self._agree(segment, self._interchange, {self._messages}, "messages")
                self._interchange = None
            case "UNG" | "UNE":
                self._expect(self._message is None, segment, "within a message")

    def take_quantities(self, quantities: Quantities) -> None:
        """The same of each of their segments."""
        if self._message is None:
            raise FeedStructureError(f"segment {quantities.number}: QTY outside of a message")
        self._segments += len(quantities.texts)
        self._times += len(quantities.texts) // 3 * 2
        self._last = _DTM_OF_QTY

    def close(self) -> None:
        """Raises FeedStructureError if the file ends within an interchange."""
        if self._interchange is not None:
            raise FeedStructureError("UNZ is missing: the file is cut off")

    def _agree(self, segment: Segment, reference: str | None, counts: set[int], what: str) -> None:
        """Raises FeedStructureError where the trailer states none of `counts` or another reference."""
        (stated,), (ended,) = segment.components(0, 1), segment.components(1, 1)
        if self.counts and stated.lstrip("0") not in map(str, counts):
            raise FeedStructureError(
                f"segment {segment.number}: {segment.tag} counts {stated} {what}, there are {max(counts)}"
            )
        if ended != reference:
            raise FeedStructureError(
                f"segment {segment.number}: {segment.tag} ends {ended!r}, what began is {reference!r}"
            )

    @staticmethod
    def _expect(holds: bool, segment: Segment, where: str) -> None:
        if not holds:
            raise FeedStructureError(f"segment {segment.number}: {segment.tag} {where}")
