"""Millions of rows of one kind, of which none is told twice and no two of one thing cover the same time.

In memory are 32 bytes a row: hashes say which few rows may contradict each other, and only those are compared.
"""

from array import array
from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.hierarchy.stored_rows import StoredRows
from datahub.feeds.formats.periods import without_overlap
from datahub.feeds.formats.rejections import MOST_REJECTED, reject
from datahub.rows.base import FeedStructureError, Integers, Rejection

_Key = Callable[[Any], Hashable]
_Places = npt.NDArray[np.bool_]
_MOST_COMPARED = 2 * MOST_REJECTED
_OPEN = 2**63 - 1


class UniqueRows:
    """`key` tells two rows apart; of those with one `lane`, none may cover another's time."""

    def __init__(self, kind: str, key: _Key, lane: _Key | None = None) -> None:
        self._kind, self._key, self._lane = kind, key, lane
        self._rows = StoredRows[Any]()
        self._keys, self._lanes = array("q"), array("q")
        self._starts, self._ends = array("q"), array("q")

    def append(self, row: Any) -> None:
        self._rows.append(row)
        self._keys.append(hash(self._key(row)))
        if self._lane:
            self._lanes.append(hash(self._lane(row)))
            self._starts.append(_number(row.start))
            self._ends.append(_OPEN if row.end is None else _number(row.end))

    def finish(self, rejected: list[Rejection]) -> StoredRows[Any]:
        """The rows less those that contradict one of an earlier place, which are added to `rejected`.

        Raises FeedStructureError where so many do that they cannot be compared.
        """
        dropped = np.zeros(len(self._rows), dtype=np.bool_)
        self._drop_doubles(dropped, rejected)
        if self._lane:
            self._drop_overlaps(dropped, rejected)
        if not dropped.any():
            return self._rows
        kept = StoredRows[Any]()
        for _, row in self._at(~dropped):
            kept.append(row)
        return kept

    def _drop_doubles(self, dropped: _Places, rejected: list[Rejection]) -> None:
        keys = np.frombuffer(self._keys, dtype=np.int64)
        order = np.argsort(keys, kind="stable")
        alike = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
        compared = self._compared(order, alike)
        lines: dict[Hashable, int] = {}
        for place, row in self._at(compared):
            key = self._key(row)
            if key in lines:
                dropped[place] = True
                shown = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
                reject(rejected, row.line, f"{self._kind} {shown} is already in line {lines[key]}", shown)
            else:
                lines[key] = row.line

    def _drop_overlaps(self, dropped: _Places, rejected: list[Rejection]) -> None:
        assert self._lane
        lanes, starts, ends = (
            np.frombuffer(column, dtype=np.int64) for column in (self._lanes, self._starts, self._ends)
        )
        order = np.lexsort((starts, lanes))
        order = order[~dropped[order]]
        earlier, later = order[:-1], order[1:]
        meeting = (lanes[later] == lanes[earlier]) & (starts[later] < ends[earlier])
        if not meeting.any():
            return
        touched = order[np.isin(lanes[order], lanes[later[meeting]])]
        compared = self._compared(touched, _in_groups(lanes[touched], starts[touched], ends[touched]))
        places = {id(row): (place, row) for place, row in self._at(compared)}
        kept, clashes = without_overlap((row for _, row in places.values()), self._lane)
        for clash in clashes:
            reject(rejected, clash.line, clash.reason)
        for found in places.keys() - {id(row) for row in kept}:
            dropped[places[found][0]] = True

    def _compared(self, order: Integers, neighbours: Integers) -> _Places:
        """True at the places of `order` at `neighbours` and of those after them."""
        compared = np.zeros(len(self._rows), dtype=np.bool_)
        compared[order[neighbours]] = compared[order[neighbours + 1]] = True
        if (count := int(compared.sum())) > _MOST_COMPARED:
            raise FeedStructureError(f"{count:,} rows say the same {self._kind} or cover the same time")
        return compared

    def _at(self, places: _Places) -> Iterator[tuple[int, Any]]:
        if places.any():
            yield from ((place, row) for place, row in enumerate(self._rows) if places[place])


def _in_groups(lanes: Integers, starts: Integers, ends: Integers) -> Integers:
    """Sorted by lane and start: the places whose next one begins before all of its lane before it have ended."""
    found, latest = [], -_OPEN
    for place in range(len(lanes) - 1):
        same = place > 0 and lanes[place] == lanes[place - 1]
        latest = max(latest, ends[place]) if same else ends[place]
        if lanes[place + 1] == lanes[place] and starts[place + 1] < latest:
            found.append(place)
    return np.array(found, dtype=np.int64)


def _number(moment: date) -> int:
    """Microseconds of an instant or of a day's beginning, to be compared."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
