"""A JSON object member by member, each with its line, as the file goes by."""

import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, JSONDecoder
from typing import Any, BinaryIO, NamedTuple

from cdsc_portal.lib.json.reader import refuse_constant
from datahub.feeds.formats.utf8 import text_of
from datahub.rows.base import FeedStructureError

_BLANK = re.compile(r"[ \t\r\n]*")
_NUL = "\\u0000"
_PIECE = 1 << 20  # characters that are read at a time
_MOST_OF_A_VALUE = 3 << 20  # characters: what is made of them is some fifty times as large
_NEAR_THE_END = 16  # characters: what is cut off is refused before its beginning, but not by more


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

    The values come one by one because only so their lines are known, and so that no more than one is in memory.
    Raises FeedStructureError: not JSON, a value of more than 3 MB.
    """
    try:
        place = _Place(source, decoder or _DECODER)
        if list_name:
            yield from _elements(place, list_name)
        else:
            yield from _members(place)
        place.expect("")
    except FeedStructureError:
        raise
    except JSONDecodeError as error:
        raise FeedStructureError(place.words_for(error)) from error
    except ValueError as error:
        raise FeedStructureError(_words_for(error)) from error
    except RecursionError as error:
        raise FeedStructureError("members stand in members too deep to be read") from error


def _words_for(error: ValueError) -> str:
    """Python's own words for a number of thousands of digits name its settings."""
    return "a number has more digits than can be read" if "digits" in str(error) else str(error)


def _members(place: "_Place") -> Iterator[Member]:
    place.expect("{")
    while not place.at("}"):
        name = str(place.value("").value)
        place.expect(":")
        if place.at("["):
            yield from _elements(place, name)
        else:
            yield place.value(name)
        place.separator("}")
    place.expect("}")


def _elements(place: "_Place", name: str) -> Iterator[Member]:
    place.expect("[")
    while not place.at("]"):
        yield place.value(name)
        place.separator("]")
    place.expect("]")


class _Place:
    """A place in a JSON file, moving forward; in memory are the characters from there that one value may have."""

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
            found, self._at = self._decode(self._text, begin)
        except JSONDecodeError as error:
            cut = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _NEAR_THE_END
            if cut and not self._ended:
                raise self._too_long() from error
            raise
        if self._at == len(self._text) and not self._ended:
            raise self._too_long()
        text = self._text[begin : self._at]
        self._skip()
        return Member(name, self._value_line, found, text)

    def words_for(self, error: JSONDecodeError) -> str:
        """Where in the file, and what; `error` counts from the first character in memory."""
        column = error.colno + (self._column - 1 if error.lineno == 1 else 0)
        return f"line {self._line + error.lineno - 1}, column {column}: {error.msg}"

    def _too_long(self) -> FeedStructureError:
        return FeedStructureError(
            f"line {self._value_line}: a value of more than {_MOST_OF_A_VALUE >> 20} MB"
        )

    def _skip(self) -> None:
        """Past blanks, to where the longest value that is read would be in memory."""
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
        if (found := self._text.find(_NUL, begin)) >= 0:
            raise FeedStructureError(
                f"line {self._line + self._text.count(chr(10), 0, found)}: a character 0"
            )
