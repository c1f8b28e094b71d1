"""The cells of many lines as places in one buffer: no object a cell, quotes and blanks left out.

A line is a record: a quote that is open at its end is an error of that line and of no other.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.csv.tokenizer.decimals import (
    AHEAD,
    Buffer,
    Numbers,
    last_bytes,
    numbers,
    unused_bits,
    words_from,
    words_of,
)
from datahub.feeds.formats.csv.tokenizer.layout_times import times
from datahub.rows.base import Integers, Rejection
from datahub.rows.usage import Flags

_FEED, _RETURN, _QUOTE, _EQUALS = 10, 13, 34, 61
_BLANKS = (b" ", b"\t")
_CHUNK = 1 << 18  # bytes that fit in the processor's cache
_CELLS_AT_ONCE = 1 << 12  # that are decoded as one text
MARGIN = bytes(AHEAD)
_HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: its products spread over all bits
_HASH_SHIFT = np.uint64(29)


class _NotCsvError(ValueError):
    """A line that is no text, or no CSV: as the first line of a file it refuses the file."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cell (i, j) is buffer[starts[i, j] : stops[i, j]] in UTF-8; row i is line lines[i] of the file."""

    buffer: Buffer
    starts: Integers
    stops: Integers
    lines: Integers
    ends: Integers  # of the lines, in two columns: [begin, past) in the buffer

    def __len__(self) -> int:
        return len(self.lines)

    def text(self, row: int, column: int) -> str:
        return bytes(self.buffer[self.starts[row, column] : self.stops[row, column]]).decode().strip()

    def texts(self, rows: Integers, column: int | Integers) -> list[str]:
        """Of many cells at once: they are decoded as one text, in which a line feed, that no cell has, ends each."""
        starts, stops = self.starts[rows, column], self.stops[rows, column]
        texts: list[str] = []
        for first in range(0, len(starts), _CELLS_AT_ONCE):
            part = slice(first, first + _CELLS_AT_ONCE)
            sizes = stops[part] - starts[part] + 1
            past = np.cumsum(sizes)
            joined = self.buffer[np.arange(past[-1]) + np.repeat(starts[part] - past + sizes, sizes)]
            joined[past - 1] = _FEED
            texts += map(str.strip, joined.tobytes().decode().split("\n")[:-1])
        return texts

    def line_text(self, row: int) -> str:
        begin, past = self.ends[row].tolist()
        return bytes(self.buffer[begin:past]).decode("utf-8", "replace").rstrip("\r\n")

    def chosen(self, rows: "Integers | Flags | slice") -> "Cells":
        return Cells(self.buffer, self.starts[rows], self.stops[rows], self.lines[rows], self.ends[rows])

    def numbers(self, columns: Integers | slice, mark: str) -> Numbers:
        """What is written in `columns`, with `mark` before decimals; (rows, columns)."""
        return numbers(self.buffer, self.starts[:, columns], self.stops[:, columns], mark)

    def times(
        self, column: int, sample: str, places: Mapping[str, tuple[int, int]]
    ) -> tuple[Integers, Integers, Flags]:
        """(local seconds since 1970, offset or NO_OFFSET, which are odd), read at the places of `sample`."""
        return times(self.buffer, self.starts[:, column], self.stops[:, column], sample, places)

    def groups(self, columns: Sequence[int], extra: Integers | None = None) -> tuple[Integers, Integers]:
        """(group of each row, first row of each group): rows alike in `columns` and `extra`, in order of appearance."""
        keys = [extra.astype(np.uint64)] if extra is not None else []
        words = words_of(self.buffer)
        for column in columns:
            stops = self.stops[:, column]
            lengths = stops - self.starts[:, column]
            shortest, longest = (int(lengths.min()), int(lengths.max())) if len(lengths) else (0, 0)
            if not longest:
                continue
            if shortest == longest <= AHEAD:
                count = -(-longest // 8)
                table = words_from(self.buffer, stops - lengths, count)
                table[:, -1] &= np.uint64((1 << (8 * (longest - 8 * count + 8))) - 1)  # the bytes of the cell
                keys += list(table.T)
                continue
            if shortest < longest:
                keys.append(lengths.astype(np.uint64))
            for back in range(0, longest, 8):
                unused = unused_bits(np.clip(lengths - back, 0, 8))
                keys.append(last_bytes(words, np.maximum(stops - back, 8), unused))
        return _grouped(keys, len(self))


def _grouped(keys: list[npt.NDArray[np.uint64]], size: int) -> tuple[Integers, Integers]:
    if not size or not keys:
        return np.zeros(size, np.int64), np.arange(min(size, 1))
    changes = np.zeros(size, np.bool_)
    changes[0] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    heads = np.flatnonzero(
        changes
    )  # first rows of runs of equal rows: most files keep a channel's lines together
    hashes = np.zeros(len(heads), np.uint64)
    for key in keys:
        hashes = (hashes ^ key[heads]) * _HASH_FACTOR
        hashes ^= hashes >> _HASH_SHIFT
    ordered = np.sort(hashes)
    if (ordered[1:] != ordered[:-1]).all():  # no two runs are equal
        return np.cumsum(changes) - 1, heads
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    if any((key[heads] != key[heads[first]][group]).any() for key in keys):  # two texts with one hash
        table = np.stack([key[heads] for key in keys], axis=1)
        _, first, group = np.unique(table, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    runs = np.cumsum(changes) - 1
    return rank[group.reshape(-1)][runs], heads[first[order]]


class Tokens(NamedTuple):
    """The lines that became cells, those that are rejected, and which of these are no text or no CSV at all."""

    cells: Cells
    rejected: list[Rejection]
    not_csv: frozenset[int]


def tokenize(text: bytes, delimiter: str, width: int, line: int, ignored: Flags | None = None) -> Tokens:
    """The cells of whole lines, the first of which is `line`; each must have `width`, more only if they are empty.

    `text` has a MARGIN on both sides of them. Blank lines and those `ignored` are neither taken nor rejected.
    """
    buffer = np.frombuffer(text, np.uint8)
    places, feeds, quotes = _separators(buffer, ord(delimiter), width, quoted=b'"' in text)
    begins = np.concatenate([np.array([AHEAD]), feeds[:-1] + 1])[: len(feeds)]
    ends = np.stack([begins, feeds], axis=1)
    lines = line + np.arange(len(feeds))
    if len(places) == len(feeds) * width and bool((places[width - 1 :: width] == feeds).all()):
        counts = np.full(len(feeds), width)  # cells of each line
    else:
        counts = np.diff(np.searchsorted(places, feeds), prepend=-1)
    odd = (counts != width) | _not_utf8(text, buffer, begins, feeds)
    if quotes is not None:
        odd |= _strangely_quoted(buffer, ends, places, counts, quotes)
    if ignored is not None:
        odd |= ignored
    if not odd.any():
        starts = np.empty_like(places)  # each cell begins behind the separator of the one before
        starts[:1] = AHEAD
        np.add(places[:-1], 1, out=starts[1:])
        cells = Cells(buffer, starts.reshape(-1, width), places.reshape(-1, width), lines, ends)
        return Tokens(_trimmed(cells, text), [], frozenset())
    stops = places[np.repeat(~odd, counts)].reshape(-1, width)
    starts = np.empty_like(stops)
    starts[:, 0] = begins[~odd]
    starts[:, 1:] = stops[:, :-1] + 1
    plain = _trimmed(Cells(buffer, starts, stops, lines[~odd], ends[~odd]), text)
    alone = np.flatnonzero(odd if ignored is None else odd & ~ignored)
    return _with_odd_lines(plain, alone, ends, lines, delimiter, width)


def _separators(
    buffer: Buffer, delimiter: int, width: int, *, quoted: bool
) -> tuple[Integers, Integers, Integers | None]:
    """(where cells end, where lines end, quotes of each line if any are); a delimiter in quotes ends no cell.

    Lines of `width` cells, as nearly all are, end where each `width`-th cell does.
    """
    pieces, line_count = [], 0
    for begin in range(0, len(buffer), _CHUNK):
        piece = buffer[begin : begin + _CHUNK]
        marks, is_feed = piece == delimiter, piece == _FEED
        line_count += int(np.count_nonzero(is_feed))
        marks |= is_feed
        if quoted:
            marks |= piece == _QUOTE
        places = np.flatnonzero(marks)
        places += begin
        pieces.append(places)
    places = np.concatenate(pieces)
    if not quoted:
        ends = places[width - 1 :: width]
        if len(ends) == line_count and bool((buffer[ends] == _FEED).all()):
            return places, ends, None
        return places, places[buffer[places] == _FEED], None
    is_quote = buffer[places] == _QUOTE
    places, quotes_before = places[~is_quote], np.cumsum(is_quote)[~is_quote]
    is_feed = buffer[places] == _FEED
    quotes = np.diff(quotes_before[is_feed], prepend=0)
    line = np.cumsum(is_feed) - is_feed
    is_inside = (quotes_before - (np.cumsum(quotes) - quotes)[line]) & 1 == 1
    return places[~is_inside | is_feed], places[is_feed], quotes


def _not_utf8(text: bytes, buffer: Buffer, begins: Integers, feeds: Integers) -> Flags:
    wrong = np.zeros(len(feeds), np.bool_)
    if text.isascii() or _is_utf8(text):
        return wrong
    high = np.unique(np.searchsorted(feeds, np.flatnonzero(buffer > 127)))
    for index in high[high < len(feeds)].tolist():
        wrong[index] = not _is_utf8(bytes(buffer[begins[index] : feeds[index]]))
    return wrong


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _strangely_quoted(
    buffer: Buffer, ends: Integers, places: Integers, counts: Integers, quotes: Integers
) -> Flags:
    """Lines with other quotes than one at each end of a cell: they are read by the rules of CSV one by one."""
    starts = np.empty_like(places)
    starts[1:] = places[:-1] + 1
    starts[:1] = ends[:1, 0]
    stops = places - ((buffer[places] == _FEED) & (buffer[places - 1] == _RETURN))
    both, _ = _in_quotes(buffer, starts, stops)
    so_far = np.cumsum(both)[np.cumsum(counts) - 1] if len(places) else np.empty(0, np.int64)
    expected = 2 * np.diff(so_far, prepend=0)
    strange: Flags = quotes != expected
    return strange


def _in_quotes(buffer: Buffer, starts: Integers, stops: Integers) -> tuple[Flags, Flags]:
    """(cells that are quoted as a whole, those with a guard as in ="123")."""
    lead, last = buffer[starts], buffer[stops - 1]
    guarded = lead == _EQUALS
    if guarded.any():
        guarded &= buffer[np.minimum(starts + 1, stops)] == _QUOTE
    both = ((lead == _QUOTE) | guarded) & (last == _QUOTE) & (stops - starts >= 2 + guarded)
    return both, guarded


def _trimmed(cells: Cells, text: bytes) -> Cells:
    """Without line ends, quotes, the guard of ="123" and outer blanks."""
    buffer, starts, stops = cells.buffer, cells.starts, cells.stops
    if not len(cells):
        return cells
    if b"\r" in text:
        last = stops[:, -1]
        stops = stops.copy()
        stops[:, -1] = last - ((buffer[last - 1] == _RETURN) & (last > starts[:, -1]))
    if b'"' in text:
        both, guarded = _in_quotes(buffer, starts, stops)
        starts, stops = starts + both * (1 + guarded), stops - both
    for blank in _BLANKS:
        if blank not in text:
            continue
        while (ahead := (stops > starts) & (buffer[starts] == blank[0])).any():
            starts = starts + ahead
        while (behind := (stops > starts) & (buffer[stops - 1] == blank[0])).any():
            stops = stops - behind
    return Cells(buffer, starts, stops, cells.lines, cells.ends)


def _with_odd_lines(
    plain: Cells, odd: Integers, ends: Integers, lines: Integers, delimiter: str, width: int
) -> Tokens:
    """`plain` and those of the `odd` lines that the csv module gives `width` cells; the others are rejected.

    The cells of odd lines are copied behind the buffer, without their quotes.
    """
    rejected: list[Rejection] = []
    not_csv: set[int] = set()
    accepted: list[int] = []
    spans: list[list[int]] = []
    copies, begin_of_copies = bytearray(), len(plain.buffer)
    for index in odd.tolist():
        begin, past = ends[index].tolist()
        raw = bytes(plain.buffer[begin:past])
        try:
            record = _record(raw, delimiter, width)
        except ValueError as error:
            text = raw.decode("utf-8", "replace").rstrip("\r")
            rejected.append(Rejection(int(lines[index]), str(error), text))
            if isinstance(error, _NotCsvError):
                not_csv.add(int(lines[index]))
            continue
        if record:
            spans.append([])
            for cell in record:
                start = begin_of_copies + len(copies)
                spans[-1] += [start, start + len(cell)]
                copies += cell + b"\n"
            accepted.append(index)
    if not accepted:
        return Tokens(plain, rejected, frozenset(not_csv))
    table = np.array(spans, np.int64).reshape(len(accepted), width, 2)
    order = np.argsort(np.concatenate([plain.lines, lines[accepted]]), kind="stable")
    cells = Cells(
        np.concatenate([plain.buffer, np.frombuffer(bytes(copies) + MARGIN, np.uint8)]),
        np.concatenate([plain.starts, table[:, :, 0]])[order],
        np.concatenate([plain.stops, table[:, :, 1]])[order],
        np.concatenate([plain.lines, lines[accepted]])[order],
        np.concatenate([plain.ends, ends[accepted]])[order],
    )
    return Tokens(cells, rejected, frozenset(not_csv))


def _record(raw: bytes, delimiter: str, width: int) -> list[bytes]:
    """The cells of one line; none of a blank one. Raises ValueError."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _NotCsvError(f"not UTF-8: byte 0x{raw[error.start]:02x} at position {error.start}") from error
    if not text.strip():
        return []
    try:
        (record,) = csv.reader([text.rstrip("\r")], delimiter=delimiter, strict=True, skipinitialspace=True)
    except csv.Error as error:
        raise _NotCsvError(str(error)) from error
    record = [cell.strip() for cell in record]
    if len(record) > width and not any(record[width:]):
        record = record[:width]
    if len(record) != width:
        raise ValueError(f"{len(record)} cells where the header has {width}")
    return [
        (cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell).encode() for cell in record
    ]
