"""The text of a file as a stream: checked to be UTF-8, in lines of bounded length."""

import codecs
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from datahub.rows.base import FeedStructureError

_PIECE = 1 << 20


class _Checked(io.RawIOBase):
    """The bytes of `source`; reading one that is no text raises FeedStructureError with its place."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._bytes, self._breaks = 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(len(buffer))
        if (place := content.find(b"\0")) >= 0:
            line = self._breaks + content.count(b"\n", 0, place) + 1
            raise FeedStructureError(f"line {line}: a character 0")
        begins = self._bytes - len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(content, final=not content)
        except UnicodeDecodeError as error:
            line = self._breaks + error.object.count(b"\n", 0, error.start) + 1
            raise FeedStructureError(
                f"not UTF-8: byte 0x{error.object[error.start]:02x} at position {begins + error.start}, line {line}"
            ) from error
        self._bytes += len(content)
        self._breaks += content.count(b"\n")
        buffer[: len(content)] = content
        return len(content)


def text_of(source: BinaryIO) -> io.TextIOWrapper:
    """From where `source` is, without a byte order mark, with its own line breaks; `source` stays open.

    Reading it raises FeedStructureError naming the first byte that is wrong. A byte 0 is, since no text of a database
    can have it.
    """
    buffered = io.BufferedReader(_Checked(source), _PIECE)
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", newline="")


class BoundedLines:
    """The lines of a text; between two calls of `restart`, at a record each, they may have `most` characters.

    So a record, which may have many lines, takes no more memory than that.
    """

    def __init__(self, text: io.TextIOBase, most: int) -> None:
        self._text, self._most = text, most
        self._room = most

    def restart(self) -> None:
        self._room = self._most

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(self._room + 1):
            self._room -= len(line)
            if self._room < 0:
                raise FeedStructureError(f"a record of more than {self._most >> 20} MB")
            yield line
