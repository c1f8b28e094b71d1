"""CSV with a header: named cells, the line each record begins at, and nothing skipped in silence."""

import csv
import io
from collections.abc import Iterator, Mapping

from datahub.rows.base import Cells, FeedStructureError, decoded, require_columns

_DELIMITERS = ",;\t|"


def header_of(content: bytes) -> tuple[list[str], str]:
    """(column names in lower case, delimiter) of the first line; nothing is checked."""
    first = content[: 1 << 14].split(b"\n", 1)[0].decode("utf-8-sig", "replace").strip()
    delimiter = max(_DELIMITERS, key=first.count)
    return [name.strip().strip('"').lower() for name in first.split(delimiter)], delimiter


class Table:
    """The records of a CSV file as `(line, cells)`, cells without outer blanks.

    A record with too few or too many cells is `Ragged`: reading it rejects it. Raises FeedStructureError: not
    UTF-8, a column missing, unknown or named twice, quotes that never end.
    """

    def __init__(self, content: bytes, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        self.columns, delimiter = header_of(content)
        require_columns(self.columns, *needed)
        unknown = [name for name in self.columns if name not in needed + optional]
        if unknown:
            raise FeedStructureError(f"line 1: unknown column {', '.join(map(repr, unknown))}")
        if len(set(self.columns)) < len(self.columns):
            raise FeedStructureError("line 1: a column is named twice")
        self._reader = csv.reader(io.StringIO(decoded(content), newline=""), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        width, line = len(self.columns), 1
        try:
            next(self._reader)
            line = self._reader.line_num + 1
            for record in self._reader:
                if len(record) == width:
                    yield line, dict(zip(self.columns, map(str.strip, record), strict=True))
                elif record:
                    yield line, Ragged(record, width)
                line = self._reader.line_num + 1
        except csv.Error as error:
            raise FeedStructureError(f"line {line}: {error}") from error


class Ragged(Mapping[str, str]):
    """A record whose cells cannot be named: to read one by the name of a column rejects the line."""

    def __init__(self, record: list[str], due: int) -> None:
        self._cells = {f"cell {number}": text for number, text in enumerate(record, 1)}
        self.reason = f"{len(record)} cells where the header has {due}"

    def __getitem__(self, name: str) -> str:
        if name not in self._cells:
            raise ValueError(self.reason)
        return self._cells[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)
