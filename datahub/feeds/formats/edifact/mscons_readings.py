"""Readings of an MSCONS series as columns: told one by one, or many quantities at once that are written alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datahub.feeds.formats.digits import Numbers, numbers
from datahub.feeds.formats.edifact.interchange import Syntax
from datahub.rows.base import FeedStructureError, Integers

Moment = tuple[int, int]  # (epoch seconds, shift of the second pass)
_MOST_MOMENTS = 1 << 17  # that are remembered


_STEPS = {"805": 3600, "806": 60, "807": 1}  # seconds of each, by the format of a DTM 672
_LONGEST_STEP = 12 * 3600  # days and longer are not all of one length


@dataclass(slots=True)
class SeriesGrid:
    """Where quantities lie that have no times of their own: one a step from the begin of their series."""

    begin: Moment | None = None  # DTM 163 of the series
    end: Moment | None = None  # DTM 164
    step: int = 0  # seconds, DTM 672
    counted: int = 0  # quantities of this line that were placed

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

    def place(self) -> tuple[Moment, Moment]:
        """Begin and end of the next quantity. Raises ValueError where the series says no begin or no step."""
        if self.begin is None or not self.step:
            raise ValueError(
                "neither begin and end nor one moment are said, nor begin and step of the series"
            )
        start = self.begin[0] + self.counted * self.step
        self.counted += 1
        return (start, self.begin[1]), (start + self.step, self.begin[1])

    def close(self, segment: int) -> None:
        """End the line at `segment`. Raises FeedStructureError where its times have room for more or fewer."""
        counted, self.counted = self.counted, 0
        if not counted or self.begin is None or self.end is None:
            return
        due = (self.end[0] - self.begin[0]) // self.step
        if due != counted:
            raise FeedStructureError(
                f"segment {segment}: the series before it has {counted} quantities where its begin, end and step have "
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


class Moments:
    """What `read` makes of the texts of a file's DTM, each text once. `read` raises ValueError."""

    def __init__(self, read: Callable[[str, Syntax], Moment]) -> None:
        self._read = read
        self._forget()

    def _forget(self) -> None:
        self._places: dict[str, int] = {}
        self._table: Integers = np.zeros((0, 2), np.int64)

    def of(self, texts: Sequence[str], syntax: Syntax) -> Integers:
        """A row a text. Raises ValueError where one is no moment."""
        if len(self._places) > _MOST_MOMENTS:
            self._forget()
        places = self._places
        new = {text: self._read(text, syntax) for text in set(texts) - places.keys()}
        if new:
            places.update(zip(new, range(len(places), len(places) + len(new)), strict=True))
            self._table = np.concatenate([self._table, np.array(list(new.values()), np.int64)])
        rows: Integers = self._table[[places[text] for text in texts]]
        return rows


def amounts(texts: Sequence[str], head: str, syntax: Syntax) -> Numbers | None:
    """The numbers of quantities that all begin with `head`; None where one says more, or is none."""
    said = "\n".join([text[len(head) :] for text in texts])
    marks = {syntax.component, syntax.element, syntax.release} - {""}
    if any(mark in said for mark in marks):
        return None
    if syntax.decimal != ".":
        said = said.replace(syntax.decimal or ",", ".")
    if "," in said:
        return None
    found = numbers(said.replace("\n", ",").encode("latin-1"))
    return found if len(found.good) == len(texts) and found.good.all() else None
