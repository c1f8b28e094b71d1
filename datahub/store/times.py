"""When readings begin and how long they last; on a grid, an element a reading is made only when it is needed."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from datahub.store.codec import Integers

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Times:
    """Readings [first, past) of all that `rows` hold, in order of time; epoch seconds.

    Row i holds `slots` readings of `step` seconds, one after the other from rows[i] on. Without a grid `step` is None,
    each row is one reading and `lengths` has its seconds; 0 is an instant.
    """

    rows: Integers
    slots: int
    step: int | None
    first: int
    past: int
    lengths: Integers | None = None

    @classmethod
    def of_blocks(cls, rows: Integers, slots: int, step: int) -> "Times":
        return cls(rows, slots, step, 0, len(rows) * slots)

    @classmethod
    def one_by_one(
        cls, starts: Integers, *, step: int | None = None, lengths: Integers | None = None
    ) -> "Times":
        """Of `lengths`, or each of `step` seconds."""
        return cls(starts, 1, step, 0, len(starts), lengths)

    def __len__(self) -> int:
        return self.past - self.first

    @cached_property
    def starts(self) -> Integers:
        if self.slots == 1:
            return self.rows[self.first : self.past]
        top, end = self.first // self.slots, -(-self.past // self.slots)
        every = self.rows[top:end, None] + np.arange(self.slots) * (self.step or 0)
        whole: Integers = every.reshape(-1)
        return whole[self.first - top * self.slots : self.past - top * self.slots]

    @cached_property
    def durations(self) -> Integers:
        if self.lengths is not None:
            return self.lengths[self.first : self.past]
        return np.broadcast_to(np.int64(self.step or 0), len(self))

    def start(self, place: int) -> int:
        """When the reading at `place`, counted from 0, begins."""
        row, slot = divmod(self.first + place, self.slots)
        return int(self.rows[row]) + slot * (self.step or 0)

    def duration(self, place: int) -> int:
        return int(self.lengths[self.first + place]) if self.lengths is not None else self.step or 0

    def before(self, instant: int) -> int:
        """How many of the readings begin before `instant`."""
        row = int(np.searchsorted(self.rows, instant)) - 1
        if row < 0:
            return 0
        into = 1 if self.step is None or self.slots == 1 else -(-(instant - int(self.rows[row])) // self.step)
        return min(max(row * self.slots + min(into, self.slots) - self.first, 0), len(self))

    def cut(self, kept: slice | Places) -> "Times":
        """Those at these places."""
        if isinstance(kept, slice):
            return replace(self, first=self.first + kept.start, past=self.first + kept.stop)
        lengths = self.durations[kept] if self.lengths is not None else None
        return Times.one_by_one(self.starts[kept], step=self.step, lengths=lengths)

    def follow_on(self) -> list[tuple[int, int]]:
        """[first, past) of the places whose readings follow on each other and last equally long; instants alone."""
        if self.lengths is None:
            gaps = np.flatnonzero(np.diff(self.rows) != self.slots * (self.step or 0)) + 1
            edges = gaps * self.slots - self.first
            edges = edges[(edges > 0) & (edges < len(self))]
        else:
            lengths = self.durations
            parted = np.diff(self.starts) != lengths[:-1]
            parted |= (np.diff(lengths) != 0) | (lengths[1:] == 0)
            edges = np.flatnonzero(parted) + 1
        return list(pairwise([0, *edges.tolist(), len(self)]))
