"""Millions of rows of one kind, without repeats and without rows that cover the same time of one thing.

Rows wait in a temporary file. In memory are 32 bytes a row: hashes show which few rows may contradict each other, and
only those are compared.
"""

import pickle
from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from tempfile import TemporaryFile
from typing import IO, Any, Generic, TypeVar, overload

import numpy as np

from datahub.feeds.formats.limits import MOST_REJECTED, reject
from datahub.feeds.formats.periods import without_overlap
from datahub.rows.base import MOST_INT64, FeedStructureError, Integers, Rejection
from datahub.rows.usage import Flags

_Row = TypeVar("_Row")
_Key = Callable[[Any], Hashable]
_ROWS_IN_MEMORY = 10_000
_MOST_COMPARED = 2 * MOST_REJECTED


class StoredRows(Sequence[_Row], Generic[_Row]):
    """Rows in the order in which they came, the last ones in memory, the others in batches in a temporary file."""

    def __init__(self) -> None:
        self._last: list[_Row] = []
        self._offsets: list[int] = []  # of batches of _ROWS_IN_MEMORY rows
        self._file: IO[bytes] | None = None
        self._batch: tuple[int, list[_Row]] = -1, []  # number and rows of the batch that was read last

    def append(self, row: _Row) -> None:
        self._last.append(row)
        if len(self._last) >= _ROWS_IN_MEMORY:
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115 - lives as long as the rows
            self._offsets.append(self._file.seek(0, 2))
            pickle.dump(self._last, self._file, pickle.HIGHEST_PROTOCOL)
            self._last = []

    def __len__(self) -> int:
        return len(self._offsets) * _ROWS_IN_MEMORY + len(self._last)

    def __iter__(self) -> Iterator[_Row]:
        for number in range(len(self._offsets)):
            yield from self._read(number)
        yield from self._last

    @overload
    def __getitem__(self, place: int) -> _Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[_Row]: ...
    def __getitem__(self, place: int | slice) -> _Row | list[_Row]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        number, inside = divmod(range(len(self))[place], _ROWS_IN_MEMORY)
        return self._last[inside] if number == len(self._offsets) else self._read(number)[inside]

    def _read(self, number: int) -> list[_Row]:
        if self._batch[0] != number and self._file is not None:
            self._file.seek(self._offsets[number])
            self._batch = number, pickle.load(self._file)  # noqa: S301 - written by `append`, in a file without name
        return self._batch[1]


class UniqueRows:
    """Rows of which no two have one `key`, and no two with one `exclusion_key` cover the same time."""

    def __init__(self, kind: str, key: _Key, exclusion_key: _Key | None = None) -> None:
        self._kind, self._key, self._exclusion_key = kind, key, exclusion_key
        self._rows = StoredRows[Any]()
        self._keys, self._exclusion_keys = array("q"), array("q")
        self._starts, self._ends = array("q"), array("q")

    def append(self, row: Any) -> None:
        self._rows.append(row)
        self._keys.append(hash(self._key(row)))
        if self._exclusion_key:
            self._exclusion_keys.append(hash(self._exclusion_key(row)))
            self._starts.append(_microseconds(row.start))
            self._ends.append(MOST_INT64 if row.end is None else _microseconds(row.end))

    def finish(self, rejected: list[Rejection]) -> StoredRows[Any]:
        """The rows without those that contradict an earlier one, which are added to `rejected`.

        Raises FeedStructureError where so many do that they cannot be compared.
        """
        dropped = np.zeros(len(self._rows), dtype=np.bool_)
        self._drop_repeats(dropped, rejected)
        if self._exclusion_key:
            self._drop_overlaps(self._exclusion_key, dropped, rejected)
        if not dropped.any():
            return self._rows
        kept = StoredRows[Any]()
        for _, row in self._at(~dropped):
            kept.append(row)
        return kept

    def _drop_repeats(self, dropped: Flags, rejected: list[Rejection]) -> None:
        keys = np.frombuffer(self._keys, dtype=np.int64)
        order = np.argsort(keys, kind="stable")
        alike = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
        lines: dict[Hashable, int] = {}
        for place, row in self._at(self._compared(order, alike)):
            key = self._key(row)
            if key in lines:
                dropped[place] = True
                name = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
                reject(rejected, row.line, f"{self._kind} {name} is already in line {lines[key]}", name)
            else:
                lines[key] = row.line

    def _drop_overlaps(self, exclusion_key: _Key, dropped: Flags, rejected: list[Rejection]) -> None:
        keys, starts, ends = (
            np.frombuffer(column, dtype=np.int64)
            for column in (self._exclusion_keys, self._starts, self._ends)
        )
        order = np.lexsort((starts, keys))
        order = order[~dropped[order]]
        earlier, later = order[:-1], order[1:]
        overlapping = (keys[later] == keys[earlier]) & (starts[later] < ends[earlier])
        if not overlapping.any():
            return
        order = order[np.isin(keys[order], keys[later[overlapping]])]
        overlaps = _before_overlaps(keys[order], starts[order], ends[order])
        compared = self._compared(order, overlaps)
        places = {id(row): (place, row) for place, row in self._at(compared)}
        kept, clashes = without_overlap((row for _, row in places.values()), exclusion_key)
        for clash in clashes:
            reject(rejected, clash.line, clash.reason)
        for identity in places.keys() - {id(row) for row in kept}:
            dropped[places[identity][0]] = True

    def _compared(self, order: Integers, neighbours: Integers) -> Flags:
        """True at the places of `order` at `neighbours` and of those after them."""
        compared = np.zeros(len(self._rows), dtype=np.bool_)
        compared[order[neighbours]] = compared[order[neighbours + 1]] = True
        if (count := int(compared.sum())) > _MOST_COMPARED:
            raise FeedStructureError(f"{count:,} rows say the same {self._kind} or cover the same time")
        return compared

    def _at(self, places: Flags) -> Iterator[tuple[int, Any]]:
        if places.any():
            yield from ((place, row) for place, row in enumerate(self._rows) if places[place])


def _before_overlaps(keys: Integers, starts: Integers, ends: Integers) -> Integers:
    """Places whose next row begins before all rows of its key ahead of it have ended, in rows by key and start."""
    places, latest = [], -MOST_INT64
    for place in range(len(keys) - 1):
        same = place > 0 and keys[place] == keys[place - 1]
        latest = max(latest, ends[place]) if same else ends[place]
        if keys[place + 1] == keys[place] and starts[place + 1] < latest:
            places.append(place)
    return np.array(places, dtype=np.int64)


def _microseconds(moment: date) -> int:
    """Of an instant, or of the beginning of a day in UTC, since 1970."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
