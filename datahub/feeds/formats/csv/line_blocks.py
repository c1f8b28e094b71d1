"""The text of a CSV file, a block of whole lines at a time, as UTF-8 whatever the encoding of the file."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
import re2

from datahub.feeds.formats.csv.mapping import CsvMapping
from datahub.rows.base import FeedStructureError

BLOCK_BYTES = 12 << 20
_FIRST_BLOCK_BYTES = (
    3 << 19
)  # loading waits for the first block; each block is twice as large as the one before
_HEAD_BYTES = 1 << 18
_MOST_CARRIED = 1 << 12  # lines of one meter that are moved to the next block
_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines, each ended by a line feed, from line `line` of the file on; `offset` bytes of the file are read.

    They are those of `carried`, moved here from the block before, then those of text[:past]. Only `joined` puts them
    together: a copy of many megabytes.
    """

    text: bytes
    line: int
    offset: int
    past: int
    carried: bytes = b""

    def split(self, place: int) -> "tuple[LineBlock, bytes]":
        """The block up to `place` of the text, where a line begins; and the text from there on.

        `offset` goes back by as many bytes as that text has in UTF-8, whatever the encoding of the file.
        """
        rest = self.text[place : self.past]
        return replace(self, past=place, offset=self.offset - len(rest)), rest

    def with_carried(self, carried: bytes) -> "LineBlock":
        return replace(self, carried=carried, line=self.line - carried.count(b"\n"))

    def joined(self, margin: bytes, begin: int = 0) -> bytes:
        """All lines, those of the text from `begin` on, with `margin` on both sides."""
        return b"".join((margin, self.carried, memoryview(self.text)[begin : self.past], margin))


@dataclass(frozen=True, slots=True)
class Head:
    """The columns of a file (none: they have no names) and what separates cells."""

    columns: tuple[str, ...]
    delimiter: str
    line: int  # the first line after the head


def line_blocks(source: BinaryIO, encoding: str | None) -> Iterator[LineBlock]:
    """The file from its beginning; a byte order mark overrides `encoding` and is left out."""
    beginning = source.read(4)
    mark, encoding = next(
        ((mark, name) for mark, name in _BYTE_ORDER_MARKS if beginning.startswith(mark)),
        (b"", {None: "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding or "utf-8")),
    )
    kept, offset, line = beginning[len(mark) :], len(mark), 1
    line_feed = "\n".encode(encoding)
    size = min(_FIRST_BLOCK_BYTES, BLOCK_BYTES)
    while True:
        piece = _read_fully(source, size - len(kept))
        is_last = len(kept) + len(piece) < size
        size = min(2 * size, BLOCK_BYTES)
        cut = len(piece)
        if not is_last:
            cut = _end_of_last_line(piece, line_feed) or len(piece) - len(piece) % len(line_feed)
        raw = b"".join((kept, memoryview(piece)[:cut]))  # the only copy of many megabytes
        kept = piece[cut:]
        offset += len(raw)
        text = raw if encoding == "utf-8" else raw.decode(encoding, "replace").encode()
        if text or line == 1:
            lines = text if text.endswith(b"\n") or not text else text + b"\n"
            yield LineBlock(lines, line, offset, len(lines))
        line += int(np.count_nonzero(np.frombuffer(text, np.uint8) == 10))
        if is_last:
            return


def read_head(text: bytes, mapping: CsvMapping) -> tuple[Head, int]:
    """(the head, where the data begin in `text`).

    Raises FeedStructureError: an empty file, or its header is not where the mapping says.
    """
    top = text[:_HEAD_BYTES]
    if not top.strip():
        raise FeedStructureError("the file is empty")
    begin = 0
    for _ in range(mapping.skip_lines):
        begin = top.find(b"\n", begin) + 1
        if not begin:
            raise FeedStructureError(f"the file has no line after the first {mapping.skip_lines}")
    if mapping.header_pattern is not None:
        match = re2.compile(b"(?m)" + mapping.header_pattern.pattern.encode()).search(top, begin)
        if match is None:
            raise FeedStructureError(f"no line at the head matches {mapping.header_pattern.pattern!r}")
        begin = top.rfind(b"\n", 0, match.start()) + 1
    past = top.find(b"\n", begin) + 1 or len(top)
    try:
        header = top[begin:past].decode().strip("\r\n")
    except UnicodeDecodeError as error:
        raise FeedStructureError(
            f"the header is not UTF-8: byte 0x{error.object[error.start]:02x}"
        ) from error
    delimiter = mapping.delimiter or max(_DELIMITERS, key=header.count)
    line = top.count(b"\n", 0, begin) + 1
    if not mapping.header:
        return Head((), delimiter, line), begin
    names = (name.strip().removeprefix("=").strip('"').strip() for name in header.split(delimiter))
    return Head(tuple(names), delimiter, line + 1), past


def last_group(block: LineBlock, delimiter: bytes, column: int, begin: int) -> int | None:
    """Where in the text, from `begin` on, the last lines begin that have the same word in `column`.

    None if these are more than _MOST_CARRIED, or all that the block has.
    """
    text, past, word = block.text, block.past, None
    for _ in range(_MOST_CARRIED):
        first = text.rfind(b"\n", begin, past - 1) + 1 if past > begin else begin
        before = _cell(text[first:past], delimiter, column)
        if word is None:
            word = before
        elif before != word:
            return past
        if first <= begin:
            last_carried = block.carried[block.carried.rfind(b"\n", 0, -1) + 1 :]
            return begin if last_carried and _cell(last_carried, delimiter, column) != word else None
        past = first
    return None


def _cell(line: bytes, delimiter: bytes, column: int) -> bytes:
    cells = line.split(delimiter, column + 1)
    return cells[column] if column < len(cells) else b""


def _read_fully(source: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end, also from a source that gives less at a time."""
    pieces = []
    while size > 0 and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _end_of_last_line(raw: bytes, line_feed: bytes) -> int:
    """Where the text after the last line feed begins; 0 if there is none."""
    place = raw.rfind(line_feed)
    while place > 0 and place % len(line_feed):  # half of one character and half of the next
        place = raw.rfind(line_feed, 0, place + len(line_feed) - 1)
    return place + len(line_feed) if place >= 0 else 0
