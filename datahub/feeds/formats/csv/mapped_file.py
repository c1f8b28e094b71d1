"""A CSV file that a mapping describes, a stretch at a time: its lines as cells, and which column is what."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt
import re2

from cdsc_portal.lib.runtime.prefetch import prefetch
from datahub.feeds.formats.csv.mapping import CsvMapping, Role, Source
from datahub.feeds.formats.csv.text import Stretch, head_of, run_of, stretches
from datahub.feeds.formats.csv.tokenizer import MARGIN, Cells, tokenize
from datahub.rows.base import FeedStructureError, Integers, Part, Rejection, decoded
from datahub.rows.usage import UsageRows

NOWHERE, UNTOLD = -1, -2  # in no section; in one more than the mapping tells of
_NOTHING = Source()
_TOO_MANY = 1000
_SEEN = 1 << 16  # bytes that are looked at for the first line
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The data lines of a stretch; section[i] is the place in the mapping of the one that row i stands in."""

    cells: Cells
    rejected: list[Rejection]
    section: Integers
    offset: int
    is_first: bool
    is_last: bool


class CsvFile:
    """An open file whose head has been read; `mapping` is the one asked for, else what `own` makes of its columns.

    Raises FeedStructureError: no such header, a column missing or ambiguous, a first line that is no CSV.
    """

    def __init__(
        self, source: BinaryIO, asked: CsvMapping | None, own: Callable[[Sequence[str]], CsvMapping]
    ) -> None:
        mapping = asked or CsvMapping()
        self._stretches = stretches(source, mapping.encoding)
        self._first = next(self._stretches)
        self.head, self._begin = head_of(self._first.text, mapping)
        self.mapping = asked or own([name.lower() for name in self.head.columns])
        self._where = _Sections(mapping)
        self.width = self._data_width()
        self._values = [self.column(value.column) for value in self.mapping.values]
        self._above = self._first.text[: self._begin].decode("utf-8", "replace")

    def column(self, wanted: str | int) -> int:
        """Index of a column by its name or by its position from 1."""
        line = max(self.head.line - 1, 1)
        if isinstance(wanted, int):
            if wanted > self.width:
                raise FeedStructureError(f"line {line}: there is no column {wanted}")
            return wanted - 1
        found = [
            index for index, name in enumerate(self.head.columns) if name.casefold() == wanted.casefold()
        ]
        if len(found) != 1:
            raise FeedStructureError(f"line {line}: {'ambiguous' if found else 'missing'} column {wanted}")
        return found[0]

    @property
    def value(self) -> int:
        """Index of the column of the reading; of several, they take turns in one behind the others."""
        return self.width if self._values else self.places("value")["value"]

    def fixed(self, role: Role) -> str:
        """What the mapping says of all lines: a text, or a word of the lines ahead of the data."""
        source = self.mapping.columns.get(role, _NOTHING)
        if source.head is None:
            return source.text
        found = source.head.search(self._above)
        return (found[1] or "").strip() if found else ""

    def places(self, *roles: Role) -> Mapping[Role, int]:
        """The columns of those roles that stand in one."""
        named = {role: self.mapping.columns[role].column for role in roles if role in self.mapping.columns}
        return {role: self.column(wanted) for role, wanted in named.items() if wanted is not None}

    def __iter__(self) -> Iterator[Lines]:
        """Stretch after stretch; the next is being cut into cells while one is read."""
        return prefetch(self._each())

    def _each(self) -> Generator[Lines, None, None]:
        before, is_first = self._first, True
        for stretch in self._stretches:
            whole, rest = self._whole_meters(before, self._begin if is_first else 0)
            yield self._lines(whole, is_first=is_first, is_last=False)
            before, is_first = stretch.after(rest), False
        yield self._lines(before, is_first=is_first, is_last=True)

    def _whole_meters(self, stretch: Stretch, begin: int) -> tuple[Stretch, bytes]:
        """The stretch without the last meter's lines, and these: a day should not meet the store in two pieces.

        Where the meter has more lines than are looked at, it is cut all the same.
        """
        meter = self.places("meter").get("meter")
        cut = None if meter is None else run_of(stretch, self.head.delimiter.encode(), meter, begin)
        return (stretch, b"") if cut is None else stretch.cut(cut)

    def _lines(self, stretch: Stretch, *, is_first: bool, is_last: bool) -> Lines:
        sections, left_out = self._where.of(stretch)
        begin, line = 0, stretch.line
        if is_first:
            begin, line = self._begin, self.head.line
            if left_out is not None:
                sections, left_out = sections[line - 1 :], left_out[line - 1 :]
        lines = stretch.between(MARGIN, begin)
        cells, rejected, wrong = tokenize(lines, self.head.delimiter, self.width, line, left_out)
        if (
            is_first
            and wrong
            and min(wrong) == min([*cells.lines[:1].tolist(), *(one.line for one in rejected)])
        ):
            decoded(stretch.text[: stretch.past])  # says where, if this is not UTF-8
            raise FeedStructureError(
                next(f"line {one.line}: {one.reason}" for one in rejected if one.line in wrong)
            )
        section = sections[cells.lines - line] if len(sections) else np.full(len(cells), NOWHERE)
        if self._values:
            cells, section = _by_value(cells, self._values)
        return Lines(cells, rejected, section, stretch.offset, is_first, is_last)

    def _data_width(self) -> int:
        """Cells of a data line: more than the header has if the first line ends in empty ones."""
        named = len(self.head.columns)
        for raw in self._first.text[self._begin : self._begin + _SEEN].split(b"\n"):
            if raw.strip():
                record = raw.decode("utf-8", "replace").rstrip("\r").split(self.head.delimiter)
                if not named:
                    return len(record)
                extra = record[named:]
                return len(record) if extra and not any(cell.strip() for cell in extra) else named
        return named or 1


def _by_value(cells: Cells, columns: Sequence[int]) -> tuple[Cells, Integers]:
    """(a row for each of `columns` of a line, whose cell stands behind the others; which of them it is)."""
    rows = np.repeat(np.arange(len(cells)), len(columns))
    each = cells.chosen(rows)
    starts, stops = (edge[:, columns].reshape(-1, 1) for edge in (cells.starts, cells.stops))
    spread = Cells(
        cells.buffer, np.hstack([each.starts, starts]), np.hstack([each.stops, stops]), each.lines, each.ends
    )
    return spread, np.tile(np.arange(len(columns)), len(cells))


class _Sections:
    """Which section lines stand in, while the file goes by."""

    def __init__(self, mapping: CsvMapping) -> None:
        self._starts = [_in_bytes(section.start) for section in mapping.sections]
        self._ends = [_in_bytes(section.end) if section.end else None for section in mapping.sections]
        self._ignored = [_in_bytes(pattern) for pattern in mapping.ignore]
        self._now = NOWHERE
        self._begun: set[int] = set()

    def of(self, stretch: Stretch) -> tuple[Integers, _Flags | None]:
        """(section of each line, which lines are no data); nothing where the mapping has no such members."""
        if not self._starts and not self._ignored:
            return np.empty(0, np.int64), None
        lines = stretch.between(b"").split(b"\n")[:-1]
        left_out = np.array([any(one.search(line) for one in self._ignored) for line in lines], np.bool_)
        found = np.full(len(lines), NOWHERE)
        if self._starts:
            for index, line in enumerate(lines):
                begins = self._step(line)
                left_out[index] |= begins or self._now == NOWHERE
                found[index] = self._now
        return found, left_out

    def _step(self, line: bytes) -> bool:
        """Whether a section begins after `line`."""
        able = [place for place, start in enumerate(self._starts) if start.search(line)]
        if able:
            # of sections that begin alike, each such line begins the next
            fresh = [place for place in able if place not in self._begun]
            self._now = fresh[0] if fresh else able[0] if len(able) == 1 else UNTOLD
            self._begun.add(self._now)
            return True
        end = self._ends[self._now] if self._now >= 0 else None
        if end is not None and end.search(line):
            self._now = NOWHERE
        return False


def _in_bytes(pattern: re.Pattern[str]) -> re.Pattern[bytes]:
    return cast("re.Pattern[bytes]", re2.compile(pattern.pattern.encode()))


def rejections(cells: Cells, faults: Mapping[int, str]) -> list[Rejection]:
    """The lines of the rows at fault, with their text; what is wrong with all readings of a line is said once."""
    found = {(int(cells.lines[row]), reason): row for row, reason in faults.items()}
    return [Rejection(line, reason, cells.line_text(row)) for (line, reason), row in found.items()]


def part_of_lines(lines: Lines, rows: Sequence[UsageRows], rejected: list[Rejection]) -> Part[UsageRows]:
    """A part of what was taken and what not. Raises FeedStructureError if the first stretch gives nothing at all:
    then it is the mapping that does not fit, and not its lines.
    """
    if lines.is_first and not rows and len(rejected) >= _TOO_MANY:
        first = rejected[0]
        raise FeedStructureError(
            f"none of the first {len(rejected)} lines can be taken; line {first.line}: {first.reason}"
        )
    return Part(rows, rejected, lines.offset)
