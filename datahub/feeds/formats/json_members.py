"""A JSON object member by member, each with its line."""

import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple

from datahub.rows.base import FeedStructureError

_BLANK = re.compile(r"[ \t\r\n]*")


class Member(NamedTuple):
    """A member, or an element of a member that is a list; `text` is its JSON."""

    name: str
    line: int
    value: Any
    text: str


def members_of(text: str, decoder: JSONDecoder | None = None) -> Iterator[Member]:
    """Each member of the outer object; of a list, each of its elements.

    The values come one by one because only so their lines are known. Raises FeedStructureError: not JSON.
    """
    if (found := text.find("\\u0000")) >= 0:
        raise FeedStructureError(f"line {text.count(chr(10), 0, found) + 1}: a character 0")
    try:
        place = _Place(text, decoder or JSONDecoder())
        place.expect("{")
        while not place.at("}"):
            name = str(place.value("").value)
            place.expect(":")
            if place.at("["):
                place.expect("[")
                while not place.at("]"):
                    yield place.value(name)
                    place.separator("]")
                place.expect("]")
            else:
                yield place.value(name)
            place.separator("}")
        place.expect("}")
        place.expect("")
    except FeedStructureError:
        raise
    except JSONDecodeError as error:
        raise FeedStructureError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except ValueError as error:  # Python reads no number of more than a few thousand digits
        raise FeedStructureError("a number has more digits than can be read") from error
    except RecursionError as error:
        raise FeedStructureError("members stand in members too deep to be read") from error


class _Place:
    """A place in a JSON text, moving forward."""

    def __init__(self, text: str, decoder: JSONDecoder) -> None:
        self._text, self._at, self._decode = text, 0, decoder.raw_decode
        self._line, self._counted = 1, 0
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
        self._line += self._text.count("\n", self._counted, begin)
        self._counted = begin
        found, self._at = self._decode(self._text, begin)
        text = self._text[begin : self._at]
        self._skip()
        return Member(name, self._line, found, text)

    def _skip(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
