"""The text of a CSV file, a stretch of whole lines at a time, as UTF-8 whatever the file was written in."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
import re2

from datahub.feeds.formats.csv.mapping import CsvMapping
from datahub.rows.base import FeedStructureError

STRETCH_BYTES = 12 << 20
_FIRST_BYTES = 3 << 19  # of the first, which all else waits for; each has twice as many as the one before it
_HEAD_BYTES = 1 << 18
_LOOKED_AT = 1 << 12  # lines of one meter that are kept together
_DELIMITERS = ",;\t|"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole lines, each ended by a line feed, from line `line` of the file on; `offset` bytes of it are through.

    They are those of `left`, which the stretch before left over, then those of text[:past]: put together only once,
    where they are read, for there are many megabytes of them.
    """

    text: bytes
    line: int
    offset: int
    past: int
    left: bytes = b""

    def cut(self, place: int) -> "tuple[Stretch, bytes]":
        """What is before `place` of the text, where a line begins; and the text from there on, not through yet.

        `offset` goes back by as many bytes as the text has in UTF-8, whatever the file was written in.
        """
        rest = self.text[place : self.past]
        return replace(self, past=place, offset=self.offset - len(rest)), rest

    def after(self, left: bytes) -> "Stretch":
        """The same with the lines of `left` ahead of it."""
        return replace(self, left=left, line=self.line - left.count(b"\n"))

    def between(self, margin: bytes, begin: int = 0) -> bytes:
        """Its lines, the text's from `begin` on, with `margin` on both sides."""
        return b"".join((margin, self.left, memoryview(self.text)[begin : self.past], margin))


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says before its data: its columns (none: they have no names) and what sets cells apart."""

    columns: tuple[str, ...]
    delimiter: str
    line: int  # of the first line after the head


def stretches(source: BinaryIO, encoding: str | None) -> Iterator[Stretch]:
    """The file from its beginning; a byte order mark decides over `encoding` and is left out."""
    mark = source.read(4)
    mark_size, encoding = _encoding_of(mark, encoding)
    kept, offset, line = mark[mark_size:], mark_size, 1
    feed = "\n".encode(encoding)
    size = min(_FIRST_BYTES, STRETCH_BYTES)
    while True:
        piece = _filled(source, size - len(kept))
        last = len(kept) + len(piece) < size
        size = min(2 * size, STRETCH_BYTES)
        cut = len(piece) if last else _after_last(piece, feed) or len(piece) - len(piece) % len(feed)
        raw = b"".join((kept, memoryview(piece)[:cut]))  # copied once: there are many megabytes of it
        kept = piece[cut:]
        offset += len(raw)
        text = _as_utf8(raw, encoding)
        if text or line == 1:
            lines = text if text.endswith(b"\n") or not text else text + b"\n"
            yield Stretch(lines, line, offset, len(lines))
        line += int(np.count_nonzero(np.frombuffer(text, np.uint8) == 10))
        if last:
            return


def head_of(text: bytes, mapping: CsvMapping) -> tuple[Head, int]:
    """(the head, where the data begin in `text`).

    Raises FeedStructureError: nothing in the file, or its header is not where the mapping says.
    """
    top = text[:_HEAD_BYTES]
    if not top.strip():
        raise FeedStructureError("the file is empty")
    begin = _nth_line(top, mapping.skip_lines)
    if mapping.header_pattern is not None:
        found = re2.compile(b"(?m)" + mapping.header_pattern.pattern.encode()).search(top, begin)
        if found is None:
            raise FeedStructureError(f"no line at the head matches {mapping.header_pattern.pattern!r}")
        begin = top.rfind(b"\n", 0, found.start()) + 1
    past = top.find(b"\n", begin) + 1 or len(top)
    words = _read(top[begin:past])
    delimiter = mapping.delimiter or max(_DELIMITERS, key=words.count)
    line = top.count(b"\n", 0, begin) + 1
    if not mapping.header:
        return Head((), delimiter, line), begin
    return Head(tuple(_bare(name) for name in words.split(delimiter)), delimiter, line + 1), past


def run_of(stretch: Stretch, delimiter: bytes, column: int, begin: int) -> int | None:
    """Where in the text, from `begin` on, the last lines begin that say the same in `column`.

    None if they are many, or are all that the stretch has.
    """
    text, past, said = stretch.text, stretch.past, None
    for _ in range(_LOOKED_AT):
        first = text.rfind(b"\n", begin, past - 1) + 1 if past > begin else begin
        word = _cell(text[first:past], delimiter, column)
        if said is None:
            said = word
        elif word != said:
            return past
        if first <= begin:
            last = stretch.left[stretch.left.rfind(b"\n", 0, -1) + 1 :]
            return begin if last and _cell(last, delimiter, column) != said else None
        past = first
    return None


def _cell(line: bytes, delimiter: bytes, column: int) -> bytes:
    cells = line.split(delimiter, column + 1)
    return cells[column] if column < len(cells) else b""


def _bare(name: str) -> str:
    return name.strip().removeprefix("=").strip('"').strip()


def _read(line: bytes) -> str:
    try:
        return line.decode().strip("\r\n")
    except UnicodeDecodeError as error:
        raise FeedStructureError(f"the header is not UTF-8: byte 0x{line[error.start]:02x}") from error


def _nth_line(text: bytes, skipped: int) -> int:
    begin = 0
    for _ in range(skipped):
        past = text.find(b"\n", begin) + 1
        if not past:
            raise FeedStructureError(f"the file has no line after the first {skipped}")
        begin = past
    return begin


def _encoding_of(beginning: bytes, said: str | None) -> tuple[int, str]:
    for mark, encoding in _MARKS:
        if beginning.startswith(mark):
            return len(mark), encoding
    return 0, {None: "utf-8", "utf-16": "utf-16-le"}.get(said, said or "utf-8")


def _filled(source: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end, also from a source that gives less at a time."""
    pieces = []
    while size > 0 and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _after_last(raw: bytes, feed: bytes) -> int:
    """Where the text after the last line feed begins; 0 if there is none."""
    found = raw.rfind(feed)
    while found > 0 and found % len(feed):  # half of one character and half of the next
        found = raw.rfind(feed, 0, found + len(feed) - 1)
    return found + len(feed) if found >= 0 else 0


def _as_utf8(raw: bytes, encoding: str) -> bytes:
    if encoding == "utf-8":
        return raw
    return raw.decode(encoding, "replace").encode()
