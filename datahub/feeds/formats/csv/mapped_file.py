"""A CSV file that a mapping describes, a block at a time: its lines as cells, and the column of each role."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

import numpy as np
import re2

from cdsc_portal.lib.runtime.prefetch import prefetch
from datahub.feeds.formats.csv.line_blocks import LineBlock, last_group, line_blocks, read_head
from datahub.feeds.formats.csv.mapping import CsvMapping, Role, Source
from datahub.feeds.formats.csv.mapping_json import mapping_of
from datahub.feeds.formats.csv.tokenizer import MARGIN, Cells, tokenize
from datahub.rows.base import FeedStructureError, Integers, Part, Rejection, decoded
from datahub.rows.usage import Flags, UsageRows

NO_SECTION, UNKNOWN_SECTION = -1, -2  # outside of sections; in one that the mapping does not describe
_NO_SOURCE = Source()
_TOO_MANY_REJECTED = 1000
_FIRST_LINE_BYTES = 1 << 16  # within which the first data line is searched


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The data lines of a block; section[i] is the number in the mapping of the section of row i."""

    cells: Cells
    rejected: list[Rejection]
    section: Integers
    offset: int
    is_first: bool
    is_last: bool

    def part(self, rows: Sequence[UsageRows], rejected: list[Rejection]) -> Part[UsageRows]:
        """The part of the file that these lines are. Raises FeedStructureError if all of the first block's many lines
        are rejected: then the mapping does not fit the file.
        """
        if self.is_first and not rows and len(rejected) >= _TOO_MANY_REJECTED:
            first = rejected[0]
            raise FeedStructureError(
                f"none of the first {len(rejected)} lines can be taken; line {first.line}: {first.reason}"
            )
        return Part(rows, rejected, self.offset)


class CsvFile:
    """An open file whose head has been read; its mapping is the given JSON, else what `own` makes of its columns.

    Raises FeedStructureError: a mapping that cannot be used or is of another shape, no such header, a column missing
    or ambiguous, a first line that is no CSV.
    """

    def __init__(
        self,
        source: BinaryIO,
        given: Mapping[str, object],
        shape: Literal["long", "wide"],
        own: Callable[[Sequence[str]], CsvMapping],
    ) -> None:
        mapping = mapping_of(given) if given else CsvMapping(shape=shape)
        if mapping.shape != shape:
            raise FeedStructureError(f"mapping: shape {mapping.shape} is not read by usage_csv_{shape}")
        self._blocks = line_blocks(source, mapping.encoding)
        self._first = next(self._blocks)
        self.head, self._begin = read_head(self._first.text, mapping)
        self.mapping = mapping if given else own([name.lower() for name in self.head.columns])
        self._sections = _SectionTracker(mapping)
        self.width = self._data_width()
        self._values = [self.column(value.column) for value in self.mapping.values]
        self._lines_above = self._first.text[: self._begin].decode("utf-8", "replace")

    def column(self, column: str | int) -> int:
        """Index of a column by its name or by its position from 1."""
        line = max(self.head.line - 1, 1)
        if isinstance(column, int):
            if column > self.width:
                raise FeedStructureError(f"line {line}: there is no column {column}")
            return column - 1
        places = [
            place for place, name in enumerate(self.head.columns) if name.casefold() == column.casefold()
        ]
        if len(places) != 1:
            raise FeedStructureError(f"line {line}: {'ambiguous' if places else 'missing'} column {column}")
        return places[0]

    @property
    def value(self) -> int:
        """Index of the column of the reading; several such columns are spread to rows, behind the others."""
        return self.width if self._values else self.places("value")["value"]

    def constant(self, role: Role) -> str:
        """What the mapping says of all lines: a text, or a word of the lines ahead of the data."""
        source = self.mapping.columns.get(role, _NO_SOURCE)
        if source.head is None:
            return source.text
        match = source.head.search(self._lines_above)
        return (match[1] or "").strip() if match else ""

    def places(self, *roles: Role) -> Mapping[Role, int]:
        """Index of the column of each role that the mapping finds in a column."""
        columns = {role: self.mapping.columns[role].column for role in roles if role in self.mapping.columns}
        return {role: self.column(column) for role, column in columns.items() if column is not None}

    def __iter__(self) -> Iterator[Lines]:
        """Block by block; the next one is cut into cells in a thread while one is used."""
        return prefetch(self._read())

    def _read(self) -> Generator[Lines, None, None]:
        """The last meter of a block goes to the next one, so that a day of it is stored at once; unless it has more
        lines than `last_group` looks through.
        """
        meter, delimiter = self.places("meter").get("meter"), self.head.delimiter.encode()
        block, is_first = self._first, True
        for following in self._blocks:
            begin, carried = self._begin if is_first else 0, b""
            place = None if meter is None else last_group(block, delimiter, meter, begin)
            if place is not None:
                block, carried = block.split(place)
            yield self._lines(block, is_first=is_first, is_last=False)
            block, is_first = following.with_carried(carried), False
        yield self._lines(block, is_first=is_first, is_last=True)

    def _lines(self, block: LineBlock, *, is_first: bool, is_last: bool) -> Lines:
        sections, ignored = self._sections.of(block)
        begin, line = 0, block.line
        if is_first:
            begin, line = self._begin, self.head.line
            if ignored is not None:
                sections, ignored = sections[line - 1 :], ignored[line - 1 :]
        text = block.joined(MARGIN, begin)
        cells, rejected, not_csv = tokenize(text, self.head.delimiter, self.width, line, ignored)
        numbers = [*cells.lines[:1].tolist(), *(rejection.line for rejection in rejected)]
        if is_first and not_csv and min(not_csv) == min(numbers):
            decoded(block.text[: block.past])  # raises with the place, if this is not UTF-8
            first = next(rejection for rejection in rejected if rejection.line in not_csv)
            raise FeedStructureError(f"line {first.line}: {first.reason}")
        section = sections[cells.lines - line] if len(sections) else np.full(len(cells), NO_SECTION)
        if self._values:
            cells, section = _row_by_value(cells, self._values)
        return Lines(cells, rejected, section, block.offset, is_first, is_last)

    def _data_width(self) -> int:
        """Cells of a data line: more than the header has if the first line ends in empty ones."""
        named = len(self.head.columns)
        for raw in self._first.text[self._begin : self._begin + _FIRST_LINE_BYTES].split(b"\n"):
            if raw.strip():
                record = raw.decode("utf-8", "replace").rstrip("\r").split(self.head.delimiter)
                is_wider = len(record) > named and not any(map(str.strip, record[named:]))
                return len(record) if is_wider or not named else named
        return named or 1


def _row_by_value(cells: Cells, columns: Sequence[int]) -> tuple[Cells, Integers]:
    """(a row for each of `columns` of a line, whose cell stands behind the others; which of them it is)."""
    each = cells.chosen(np.repeat(np.arange(len(cells)), len(columns)))
    starts, stops = (edge[:, columns].reshape(-1, 1) for edge in (cells.starts, cells.stops))
    rows = Cells(
        cells.buffer, np.hstack([each.starts, starts]), np.hstack([each.stops, stops]), each.lines, each.ends
    )
    return rows, np.tile(np.arange(len(columns)), len(cells))


class _SectionTracker:
    """Which section each line is in; called with the blocks of a file in their order."""

    def __init__(self, mapping: CsvMapping) -> None:
        self._starts = [_in_bytes(section.start) for section in mapping.sections]
        self._ends = [_in_bytes(section.end) if section.end else None for section in mapping.sections]
        self._ignored = [_in_bytes(pattern) for pattern in mapping.ignore]
        self._current = NO_SECTION
        self._begun: set[int] = set()

    def of(self, block: LineBlock) -> tuple[Integers, Flags | None]:
        """(section of each line, which lines are no data); nothing where the mapping has neither."""
        if not self._starts and not self._ignored:
            return np.empty(0, np.int64), None
        lines = block.joined(b"").split(b"\n")[:-1]
        ignored = np.array(
            [any(pattern.search(line) for pattern in self._ignored) for line in lines], np.bool_
        )
        sections = np.full(len(lines), NO_SECTION)
        for index, line in enumerate(lines if self._starts else ()):
            begins = self._begins(line)
            ignored[index] |= begins or self._current == NO_SECTION
            sections[index] = self._current
        return sections, ignored

    def _begins(self, line: bytes) -> bool:
        """Whether a section begins after `line`; of sections with the same start, each such line begins the next."""
        matching = [number for number, start in enumerate(self._starts) if start.search(line)]
        if matching:
            fresh = [number for number in matching if number not in self._begun]
            repeated = matching[0] if len(matching) == 1 else UNKNOWN_SECTION
            self._current = fresh[0] if fresh else repeated
            self._begun.add(self._current)
            return True
        end = self._ends[self._current] if self._current >= 0 else None
        if end is not None and end.search(line):
            self._current = NO_SECTION
        return False


def _in_bytes(pattern: re.Pattern[str]) -> re.Pattern[bytes]:
    return cast("re.Pattern[bytes]", re2.compile(pattern.pattern.encode()))
