"""The hierarchy as JSON: `mode`, `as_of`, and a list for each kind of record, named as in `Hierarchy`."""

import json
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from typing import Any
from zoneinfo import ZoneInfo

from datahub.feeds.formats.base import (
    NO_SETTINGS,
    Cells,
    FeedStructureError,
    Hierarchy,
    Parsed,
    Settings,
    decoded,
)
from datahub.feeds.formats.hierarchy_records import RECORDS, collect

NAME = "hierarchy_json"
KIND = "hierarchy"
SUFFIXES = (".json",)

_BLANK = re.compile(r"[ \t\r\n]*")
_KINDS = {record.collection: kind for kind, record in RECORDS.items()}


def sniff(content: bytes) -> bool:
    head = content[: 1 << 14].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and b'"as_of"' in content and b'"mode"' in content


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[Hierarchy]:
    """Exactly one `Hierarchy`. Raises FeedStructureError: not JSON, a list of no kind, no `mode` or `as_of`."""
    about: dict[str, Any] = dict(settings)
    records: list[tuple[int, str, Cells]] = []
    for name, line, value in _members(decoded(content)):
        if name in _KINDS:
            records.append((line, _KINDS[name], _cells(line, value)))
        elif name in ("mode", "as_of"):
            about[name] = value
        else:
            raise FeedStructureError(f"line {line}: {name!r} is no list of records")
    return collect(records, mode=str(about.get("mode", "")), as_of=str(about.get("as_of", "")), zone=zone)


def _cells(line: int, record: Any) -> Cells:
    if not isinstance(record, dict):
        raise FeedStructureError(f"line {line}: {record!r} is not an object")
    return {name: _text(value) for name, value in record.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, list):
        return ";".join(map(_text, value))
    return str(value).strip()


def _members(text: str) -> Iterator[tuple[str, int, Any]]:
    """(name, line, value) of each member of the outer object; of a list, of each of its elements.

    The values come one by one because only so their lines are known.
    """
    try:
        place = _Place(text)
        place.expect("{")
        while not place.at("}"):
            name, line = place.value()
            place.expect(":")
            if place.at("["):
                place.expect("[")
                while not place.at("]"):
                    element, line = place.value()
                    yield name, line, element
                    place.separator("]")
                place.expect("]")
            else:
                value, line = place.value()
                yield name, line, value
            place.separator("}")
        place.expect("}")
        place.expect("")
    except JSONDecodeError as error:
        raise FeedStructureError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error


class _Place:
    """A place in a JSON text, moving forward."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._decode = text, 0, json.JSONDecoder().raw_decode
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

    def value(self) -> tuple[Any, int]:
        """The value that begins here, and its line."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        found, self._at = self._decode(self._text, self._at)
        self._skip()
        return found, self._line

    def _skip(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
