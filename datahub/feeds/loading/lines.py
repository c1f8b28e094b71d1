"""The lines of a stored file, by their number."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import BinaryIO

import numpy as np

_PIECE = 1 << 20
MOST_BYTES = 64 << 10  # of one line
_MOST_LINES = 100  # of one record
_NOT_LINES = (b"PK\x03\x04", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")  # packed, or UTF-16


class FileLines:
    """Lines as they stand in the file, numbered from 1; the file is opened and its lines counted at the first use.

    In memory: a number for each MB of the file and one MB of it. Cheapest in order of lines.
    """

    def __init__(self, open_file: Callable[[], BinaryIO]) -> None:
        self._open = open_file
        self._piece_at = -1
        self._breaks = np.empty(0, dtype=np.int64)

    def raw(self, line: int) -> bytes:
        """The bytes of a line with its line break, at most 64 KiB; none where the file has no such line."""
        if line < 1 or not self._breaks_before or self._breaks_before[-1] < line - 1:
            return b""
        start, breaks_before = 0, self._breaks_before
        if line > 1:  # behind the break of the line before
            place = bisect_right(breaks_before, line - 2) - 1
            if place != self._piece_at:
                self._file.seek(place * _PIECE)
                codes = np.frombuffer(self._file.read(_PIECE), dtype=np.uint8)
                self._breaks, self._piece_at = np.flatnonzero(codes == ord("\n")), place
            start = place * _PIECE + int(self._breaks[line - 2 - breaks_before[place]]) + 1
        self._file.seek(start)
        return self._file.readline(MOST_BYTES)

    def text(self, line: int) -> str:
        """A line without its break, as UTF-8; what is not UTF-8 shows as replaced."""
        encoding = "utf-8-sig" if line == 1 else "utf-8"
        return self.raw(line).rstrip(b"\r\n").decode(encoding, errors="replace")

    def close(self) -> None:
        if "_file" in self.__dict__:
            self._file.close()

    @cached_property
    def _file(self) -> BinaryIO:
        return self._open()

    @cached_property
    def _breaks_before(self) -> list[int]:
        """Line breaks before each piece, and in the whole file; empty where the file has no lines of text."""
        self._file.seek(0)
        if self._file.read(4).startswith(_NOT_LINES):
            return []
        self._file.seek(0)
        counts = [0]
        for piece in iter(lambda: self._file.read(_PIECE), b""):
            counts.append(counts[-1] + piece.count(b"\n"))
        return counts


def records(lines: FileLines, numbers: Iterable[int]) -> Iterator[bytes]:
    """The records that begin in these lines, each once and ended by a line break, in order.

    A record goes on over a line break inside quotes; a quote that never ends is a record of one line.
    """
    past = 0
    for number in sorted(set(numbers)):
        if number >= past and (first := lines.raw(number)):
            record, past = first, number + 1
            while record.count(b'"') % 2 and past < number + _MOST_LINES:
                record += lines.raw(past)
                past += 1
            if record.count(b'"') % 2:
                record, past = first, number + 1
            yield record if record.endswith(b"\n") else record + b"\n"
