"""The hierarchy as JSON: `mode`, `as_of`, and a list for each kind of record, named as in `Hierarchy`."""

from collections.abc import Iterator
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from accounts.feed_rows import Hierarchy
from datahub.feeds.formats.hierarchy.records import MOST_BYTES, RECORDS, collect
from datahub.feeds.formats.json_members import members_of
from datahub.feeds.formats.limits import size_within
from datahub.rows.base import NO_SETTINGS, Cells, FeedStructureError, Part, Settings

NAME = "hierarchy_json"
KIND = "hierarchy"
SUFFIXES = (".json",)

_KINDS = {record.collection: kind for kind, record in RECORDS.items()}


def sniff(content: bytes) -> bool:
    head = content[: 1 << 14].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and b'"as_of"' in content and b'"mode"' in content


def read(source: BinaryIO, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Iterator[Part[Hierarchy]]:
    """Exactly one `Hierarchy`. Raises FeedStructureError: not JSON, a list of no kind, no `mode` or `as_of`."""
    size = size_within(source, MOST_BYTES)
    about = dict(settings)
    hierarchy, rejected = collect(_records(source, about), about=about, zone=zone)
    yield Part([hierarchy], rejected, size)


def _records(source: BinaryIO, about: dict[str, str]) -> Iterator[tuple[int, str, Cells]]:
    """All records; `mode` and `as_of` go to `about`."""
    for member in members_of(source):
        if member.name in _KINDS:
            if not isinstance(member.value, dict):
                raise FeedStructureError(f"line {member.line}: {member.value!r} is not an object")
            cells = {name: _text(value) for name, value in member.value.items()}
            yield member.line, _KINDS[member.name], cells
        elif member.name in ("mode", "as_of"):
            about[member.name] = str(member.value)
        else:
            raise FeedStructureError(f"line {member.line}: {member.name[:60]!r} is no list of records")


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, list):
        return ";".join(map(_text, value))
    return str(value).strip()
