"""Readings of an MSCONS series as columns: read singly, or many quantities at once that are written alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datahub.feeds.formats.digits import Numbers, numbers
from datahub.feeds.formats.edifact.interchange import Syntax
from datahub.rows.base import FeedStructureError, Integers

Moment = tuple[int, int]  # (epoch seconds, shift of the second pass)
_MOST_MOMENTS = 1 << 17  # in the cache
_STEPS = {"805": 3600, "806": 60, "807": 1}  # seconds of each, by the format of a DTM 672
_LONGEST_STEP = 12 * 3600  # days and longer are not all of one length


@dataclass(slots=True)
class SeriesGrid:
    """The intervals of quantities without times of their own: one a step from the begin of their series."""

    begin: Moment | None = None  # DTM 163 of the series
    end: Moment | None = None  # DTM 164
    step: int = 0  # seconds, DTM 672
    count: int = 0  # quantities of this line that were placed
    fault: str = ""  # of a time of the series

    def take_step(self, text: str, form: str) -> None:
        """Raises ValueError: no number of hours, minutes or seconds up to half a day."""
        unit = _STEPS.get(form)
        if (
            unit is None
            or not (text.isascii() and text.isdigit())
            or not 0 < int(text[:9]) * unit <= _LONGEST_STEP
        ):
            raise ValueError(f"DTM 672 {text!r} in format {form!r} is no step of up to 12 hours")
        self.step = int(text) * unit

    def next_interval(self) -> tuple[Moment, Moment]:
        """Begin and end of the next quantity. Raises ValueError where the series has no begin or no step."""
        if self.fault:
            raise ValueError(self.fault)
        if self.begin is None or not self.step:
            raise ValueError(
                "neither begin and end nor one moment are said, nor begin and step of the series"
            )
        start = self.begin[0] + self.count * self.step
        self.count += 1
        return (start, self.begin[1]), (start + self.step, self.begin[1])

    def close(self, segment: int) -> None:
        """End the line at `segment`. Raises FeedStructureError where its times have room for more or fewer."""
        count, self.count = self.count, 0
        if not count or self.begin is None or self.end is None:
            return
        due = (self.end[0] - self.begin[0]) // self.step
        if due != count:
            raise FeedStructureError(
                f"segment {segment}: the series before it has {count} quantities where its begin, end and step have "
                f"room for {due}"
            )


class Reading(NamedTuple):
    """A QTY and its times."""

    text: str
    line: int
    start: Moment
    stop: Moment
    digits: int
    exponent: int
    quality: int


class Readings(NamedTuple):
    """The same, a column each, in the order of the file; `starts` and `stops` have a row a moment."""

    texts: Sequence[str]
    lines: Integers
    starts: Integers
    stops: Integers
    digits: Integers
    exponents: Integers
    quality: Integers

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "Readings":
        texts, *columns = zip(*readings, strict=True)
        return cls(texts, *(np.array(column, np.int64) for column in columns))

    @classmethod
    def joined(cls, pieces: Sequence["Readings"]) -> "Readings":
        if len(pieces) == 1:
            return pieces[0]
        texts, *columns = zip(*pieces, strict=True)
        return cls([text for some in texts for text in some], *map(np.concatenate, columns))


class MomentCache:
    """What `read` makes of the texts of a file's DTM, called once a text. `read` raises ValueError."""

    def __init__(self, read: Callable[[str, Syntax], Moment]) -> None:
        self._read = read
        self._places: dict[str, int] = {}
        self._table: Integers = np.zeros((0, 2), np.int64)

    def read(self, texts: Sequence[str], syntax: Syntax) -> Integers:
        """A row a text. Raises ValueError where one is no moment."""
        if len(self._places) > _MOST_MOMENTS:
            self._places, self._table = {}, self._table[:0]
        places = self._places
        new = {text: self._read(text, syntax) for text in set(texts) - places.keys()}
        if new:
            places.update(zip(new, range(len(places), len(places) + len(new)), strict=True))
            self._table = np.concatenate([self._table, np.array(list(new.values()), np.int64)])
        rows: Integers = self._table[[places[text] for text in texts]]
        return rows


def amounts(texts: Sequence[str], head: str, syntax: Syntax) -> Numbers | None:
    """The numbers of quantities that all begin with `head`; None where one has more behind its number, or has none."""
    joined = "\n".join([text[len(head) :] for text in texts])
    marks = {syntax.component, syntax.element, syntax.release} - {""}
    if any(mark in joined for mark in marks):
        return None
    if syntax.decimal != ".":
        joined = joined.replace(syntax.decimal or ",", ".")
    if "," in joined:
        return None
    read = numbers(joined.replace("\n", ",").encode("latin-1"))
    return read if len(read.good) == len(texts) and read.good.all() else None
