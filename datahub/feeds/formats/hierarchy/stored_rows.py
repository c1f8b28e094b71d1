"""Rows that wait for the end of their file: the last ones in memory, the others in a temporary file."""

import pickle
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Generic, TypeVar, overload

_Row = TypeVar("_Row")
_IN_MEMORY = 10_000


class StoredRows(Sequence[_Row], Generic[_Row]):
    """Rows in the order in which they came; reading goes through the file, a batch at a time."""

    def __init__(self) -> None:
        self._last: list[_Row] = []
        self._offsets: list[int] = []  # of batches of _IN_MEMORY rows
        self._file: IO[bytes] | None = None
        self._batch: tuple[int, list[_Row]] = -1, []  # number and rows of the one that was read last

    def append(self, row: _Row) -> None:
        self._last.append(row)
        if len(self._last) >= _IN_MEMORY:
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115 - lives as long as the rows
            self._offsets.append(self._file.seek(0, 2))
            pickle.dump(self._last, self._file, pickle.HIGHEST_PROTOCOL)
            self._last = []

    def __len__(self) -> int:
        return len(self._offsets) * _IN_MEMORY + len(self._last)

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
            return [self[one] for one in range(*place.indices(len(self)))]
        number, inside = divmod(range(len(self))[place], _IN_MEMORY)
        return self._last[inside] if number == len(self._offsets) else self._read(number)[inside]

    def _read(self, number: int) -> list[_Row]:
        if self._batch[0] != number and self._file is not None:
            self._file.seek(self._offsets[number])
            self._batch = number, pickle.load(self._file)  # noqa: S301 - what `append` wrote, in a file without a name
        return self._batch[1]
