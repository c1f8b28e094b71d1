"""Readings of an MSCONS series as columns: told one by one, or many quantities at once that are written alike."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from datahub.feeds.formats.base import Integers
from datahub.feeds.formats.digits import Numbers, numbers
from datahub.feeds.formats.edifact import Syntax

Moment = tuple[int, int]  # (epoch seconds, shift of the second pass)
_MOST_MOMENTS = 1 << 17  # that are remembered


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
