"""The members of a large JSON object, each with its line, in bounded memory."""

import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, JSONDecoder
from typing import Any, BinaryIO, NamedTuple

from cdsc_portal.lib.json.reader import MemberRefused, refuse_constant
from datahub.feeds.formats.utf8 import text_of
from datahub.rows.base import FeedStructureError

_BLANK = re.compile(r"[ \t\r\n]*")
_NUL = "\\u0000"
_PIECE = 1 << 20  # characters that are read at a time
_MOST_OF_A_VALUE = 3 << 20  # characters: its objects in memory are some fifty times as large
_CUT_OFF = (
    16  # characters before the end in memory: an error within them may be that of a value that is cut off
)


_DECODER = JSONDecoder(parse_constant=refuse_constant)


class Member(NamedTuple):
    """A member, or an element of a member that is a list; `text` is its JSON."""

    name: str
    line: int
    value: Any
    text: str


def members_of(
    source: BinaryIO, decoder: JSONDecoder | None = None, *, list_name: str = ""
) -> Iterator[Member]:
    """Each member of the outer object; of a list, each of its elements. With `list_name` the file is such a list.

    The values are decoded singly, since a decoder keeps no lines, and so that only one is in memory.
    Raises FeedStructureError: not JSON, a value of more than 3 MB.
    """
    try:
        cursor = _Cursor(source, decoder or _DECODER)
        if list_name:
            yield from _elements(cursor, list_name)
        else:
            cursor.expect("{")
            while not cursor.at("}"):
                name = str(cursor.value("").value)
                cursor.expect(":")
                if cursor.at("["):
                    yield from _elements(cursor, name)
                else:
                    yield cursor.value(name)
                cursor.separator("}")
            cursor.expect("}")
        cursor.expect("")
    except FeedStructureError:
        raise
    except JSONDecodeError as error:
        raise FeedStructureError(cursor.locate(error)) from error
    except MemberRefused as error:
        raise FeedStructureError(f"member {error.member!r}: {error}") from error
    except ValueError as error:
        # for a number of thousands of digits Python names a setting of its own
        is_long = "digits" in str(error)
        raise FeedStructureError(
            "a number has more digits than can be read" if is_long else str(error)
        ) from error
    except RecursionError as error:
        raise FeedStructureError("members stand in members too deep to be read") from error


def _elements(cursor: "_Cursor", name: str) -> Iterator[Member]:
    cursor.expect("[")
    while not cursor.at("]"):
        yield cursor.value(name)
        cursor.separator("]")
    cursor.expect("]")


class _Cursor:
    """A place in a JSON file that moves forward; in memory are the characters from there that one value may have."""

    def __init__(self, source: BinaryIO, decoder: JSONDecoder) -> None:
        self._source, self._decode = text_of(source), decoder.raw_decode
        self._text, self._at, self._ended = "", 0, False
        self._line, self._column = 1, 1  # of the first character in memory
        self._value_line, self._counted = 1, 0
        self._fill()
        self._skip()

    def at(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def expect(self, mark: str) -> None:
        if not self.at(mark) or (not mark and self._at < len(self._text)):
            raise JSONDecodeError(
                f"expected {mark!r}" if mark else "text after the end", self._text, self._at
            )
        self._at += len(mark)
        self._skip()

    def separator(self, closing: str) -> None:
        """A comma, unless the list or object ends here."""
        if not self.at(closing):
            self.expect(",")
            if self.at(closing):
                raise JSONDecodeError("a comma with nothing after it", self._text, self._at)

    def value(self, name: str) -> Member:
        """The value that begins here."""
        begin = self._at
        self._value_line += self._text.count("\n", self._counted, begin)
        self._counted = begin
        try:
            value, self._at = self._decode(self._text, begin)
        except JSONDecodeError as error:
            cut = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _CUT_OFF
            if cut and not self._ended:
                raise self._too_long() from error
            raise
        if self._at == len(self._text) and not self._ended:
            raise self._too_long()
        text = self._text[begin : self._at]
        self._skip()
        return Member(name, self._value_line, value, text)

    def locate(self, error: JSONDecodeError) -> str:
        """Where in the file, and what; `error` counts from the first character in memory."""
        column = error.colno + (self._column - 1 if error.lineno == 1 else 0)
        return f"line {self._line + error.lineno - 1}, column {column}: {error.msg}"

    def _too_long(self) -> FeedStructureError:
        return FeedStructureError(
            f"line {self._value_line}: a value of more than {_MOST_OF_A_VALUE >> 20} MB"
        )

    def _skip(self) -> None:
        """Move past blanks, and read until the longest value that is allowed would be in memory."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._ended or len(self._text) - self._at >= _MOST_OF_A_VALUE:
                return
            self._fill()

    def _fill(self) -> None:
        passed = self._text[: self._at]
        breaks = passed.count("\n")
        self._value_line += passed.count("\n", self._counted)
        self._line += breaks
        self._column = len(passed) - passed.rfind("\n") if breaks else self._column + len(passed)
        more = self._source.read(_PIECE)
        self._ended = len(more) < _PIECE
        begin = max(len(self._text) - self._at - len(_NUL), 0)
        self._text = self._text[self._at :] + more
        self._at = self._counted = 0
        if (place := self._text.find(_NUL, begin)) >= 0:
            line = self._line + self._text.count("\n", 0, place)
            raise FeedStructureError(f"line {line}: a character 0")
