"""The sums that stand in each block, so that a local day, month or year is added up without its readings.

Layout of `interval_block.sums`, little-endian:

    cut         u1  local midnight of the utility's zone in this UTC day, in quarters of an hour from its beginning
    head_known  u2  slots with a value that start before the cut
    head        i4 or i8  their exact sum, as an integer at the block's scale
    tail        as wide as head: the sum of the known slots that start at or after the cut

A local day is the tail of one block and the head of the next. Null where that cannot be said: the UTC day has no or two
local midnights or one between quarters, or a sum needs more than 64 bits. A reader then decodes the block.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from datahub.store.codec import DAY_SECONDS, AnyIntegers, Flags, Integers, Rows

_QUARTER = 900
_EPOCH = date(1970, 1, 1).toordinal()
_LOW = np.int64(0xFFFF_FFFF)
_WIDTHS = (4, 8)
_NARROW, _WIDE = (
    np.dtype([("cut", "u1"), ("head_known", "<u2"), ("head", f"<i{width}"), ("tail", f"<i{width}")])
    for width in _WIDTHS
)
LAYOUTS = {layout.itemsize: layout for layout in (_NARROW, _WIDE)}  # by length in bytes
NO_CUT = -1


@dataclass(frozen=True, slots=True, eq=False)
class PackedSums:
    """The column `sums` of blocks: `size` bytes of each (0 = null), taken from the table of that size."""

    size: Integers
    narrow: npt.NDArray[np.void]
    wide: npt.NDArray[np.void]

    def of_size(self, size: int) -> npt.NDArray[np.void]:
        """All blocks' sums laid out in `size` bytes; they mean something where the block's own are that long."""
        return self.narrow if size == _NARROW.itemsize else self.wide


def packed_sums(
    *, day: Integers, phase: Integers, step: int, values: AnyIntegers, known: Flags, zone: str
) -> PackedSums:
    """The sums of blocks; `values` and `known` have a row a block and a column a slot, an unknown value is 0."""
    cut = cuts(day, zone)
    split = np.where(cut == NO_CUT, 0, -((phase - cut * _QUARTER) // step))  # slots that start before the cut
    split = np.clip(split, 0, values.shape[1])
    head, tail = np.zeros(len(day), dtype=np.int64), np.zeros(len(day), dtype=np.int64)
    head_known = np.zeros(len(day), dtype=np.int64)
    fits: Flags = cut != NO_CUT
    for column in np.unique(split).tolist():
        here = np.flatnonzero(split == column)
        rows: slice | Rows = here if len(here) < len(day) else slice(None)  # mostly all: no copy
        head[rows], head_fits = exact_sums(values[rows, :column])
        tail[rows], tail_fits = exact_sums(values[rows, column:])
        head_known[rows] = np.count_nonzero(known[rows, :column], axis=1)
        fits[rows] &= head_fits & tail_fits
    narrow = np.maximum(_magnitude(head), _magnitude(tail)) < 2**31
    size = np.where(narrow, _NARROW.itemsize, _WIDE.itemsize)
    tables = []
    for layout in (_NARROW, _WIDE):
        table = np.zeros(len(day), dtype=layout)
        table["cut"], table["head_known"] = np.where(fits, cut, 0), head_known
        table["head"], table["tail"] = head.astype(layout["head"]), tail.astype(layout["tail"])
        tables.append(table)
    return PackedSums(np.where(fits, size, 0), *tables)


def exact_sums(values: AnyIntegers) -> tuple[Integers, Flags]:
    """The sum of each row, and whether it fits 64 bits; where it does not it is 0."""
    count, slots = values.shape
    if not values.size:
        return np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
    bound = max(-int(values.min()), int(values.max()))
    if bound * slots < 2**63:
        return values.sum(axis=1, dtype=np.int64), np.ones(count, dtype=np.bool_)
    wide = values.astype(np.int64)
    high = (wide >> 32).sum(axis=1)  # the halves are added apart: neither can overflow
    low = (wide & _LOW).sum(axis=1)
    high += low >> 32
    fits: Flags = (high >= -(2**31)) & (high < 2**31)
    return np.where(fits, (high << 32) | (low & _LOW), 0), fits


def cuts(day: Integers, zone: str) -> Integers:
    """For each day since 1970 (UTC): its local midnight in quarters of an hour, NO_CUT without a single one."""
    days, place = np.unique(day, return_inverse=True)
    return np.array([_cut(number, zone) for number in days.tolist()], dtype=np.int64)[place]


@lru_cache(maxsize=4096)
def _cut(day: int, zone: str) -> int:
    local = ZoneInfo(zone)
    begin = datetime.combine(date.fromordinal(_EPOCH + day), time.min, UTC)
    marks = [begin + timedelta(seconds=mark * _QUARTER) for mark in range(-1, DAY_SECONDS // _QUARTER)]
    dates = [mark.astimezone(local).date() for mark in marks]
    changes = [place for place in range(1, len(dates)) if dates[place] != dates[place - 1]]
    if len(changes) != 1:
        return NO_CUT
    (change,) = changes
    before = marks[change] - timedelta(seconds=1)
    return change - 1 if before.astimezone(local).date() == dates[change - 1] else NO_CUT


def _magnitude(values: Integers) -> Integers:
    return np.where(values < 0, ~values, values)
