"""CSV with a header: cells by name, the line at which each record begins, no record left out."""

import csv
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import BinaryIO, TypeVar

from datahub.feeds.formats.limits import reject
from datahub.feeds.formats.utf8 import BoundedLines, text_of
from datahub.rows.base import Cells, FeedStructureError, Parsed, Rejection, require_columns

_DELIMITERS = ",;\t|"
_HEAD = 1 << 14
_MOST_OF_A_RECORD = 1 << 20  # characters
_MOST_SHOWN = 200  # cells of a record that has too many
MOST_RECORDS = 250_000  # whose rows, some 800 bytes each, are all in memory before the first is loaded
_Row = TypeVar("_Row")


def header_of(content: bytes) -> tuple[list[str], str]:
    """(column names in lower case, delimiter) of the first line; nothing is checked."""
    first = content[:_HEAD].split(b"\n", 1)[0].decode("utf-8-sig", "replace").strip()
    delimiter = max(_DELIMITERS, key=first.count)
    return [name.strip().strip('"').lower() for name in first.split(delimiter)], delimiter


class Table:
    """The records of a CSV file as `(line, cells)`, cells without outer blanks, to be iterated once.

    A record with too few or too many cells is `Ragged`: reading it rejects it. Raises FeedStructureError: not
    UTF-8, a column missing, unknown or named twice, quotes that never end, more than `most` records.
    """

    def __init__(
        self,
        content: bytes | BinaryIO,
        needed: tuple[str, ...],
        optional: tuple[str, ...] = (),
        *,
        most: int = MOST_RECORDS,
    ) -> None:
        source = BytesIO(content) if isinstance(content, bytes) else content
        self.columns, delimiter = header_of(source.read(_HEAD))
        source.seek(0)
        require_columns(self.columns, *needed)
        unknown = [name for name in self.columns if name not in needed + optional]
        if unknown:
            raise FeedStructureError(f"line 1: unknown column {', '.join(map(repr, unknown))}")
        if len(set(self.columns)) < len(self.columns):
            raise FeedStructureError("line 1: a column is named twice")
        self._most = most
        self._lines = BoundedLines(text_of(source), _MOST_OF_A_RECORD)
        self._reader = csv.reader(iter(self._lines), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        width, line, count = len(self.columns), 1, 0
        try:
            next(self._reader)
            self._lines.restart()
            line = self._reader.line_num + 1
            for record in self._reader:
                self._lines.restart()
                count += bool(record)
                if count > self._most:
                    raise FeedStructureError(
                        f"line {line}: more than {self._most:,} records: send them in several files"
                    )
                if len(record) == width:
                    yield line, dict(zip(self.columns, map(str.strip, record), strict=True))
                elif record:
                    yield line, Ragged(record, width)
                line = self._reader.line_num + 1
        except csv.Error as error:
            raise FeedStructureError(f"line {line}: {error}") from error


def row_by_line(table: Table, make: Callable[[int, Cells], _Row]) -> Parsed[_Row]:
    """One row a line; a ValueError from `make` rejects the line with its message."""
    rows: list[_Row] = []
    rejected: list[Rejection] = []
    for line, cells in table:
        try:
            rows.append(make(line, cells))
        except ValueError as error:
            reject(rejected, line, str(error), ",".join(cells.values()))
    return Parsed(rows, rejected)


class Ragged(Mapping[str, str]):
    """A record of another length than the header: to read a cell by the name of a column rejects the line."""

    def __init__(self, record: list[str], due: int) -> None:
        self._cells = {f"cell {number}": text for number, text in enumerate(record[:_MOST_SHOWN], 1)}
        self.reason = f"{len(record)} cells where the header has {due}"

    def __getitem__(self, name: str) -> str:
        if name not in self._cells:
            raise ValueError(self.reason)
        return self._cells[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)
