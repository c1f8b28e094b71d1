"""The hierarchy as JSON: `mode`, `as_of`, and a list for each kind of record, named as in `Hierarchy`."""

from typing import Any
from zoneinfo import ZoneInfo

from accounts.feed_rows import Hierarchy
from datahub.feeds.formats.hierarchy.records import RECORDS, collect
from datahub.feeds.formats.json_members import members_of
from datahub.rows.base import NO_SETTINGS, Cells, FeedStructureError, Parsed, Settings, decoded

NAME = "hierarchy_json"
KIND = "hierarchy"
SUFFIXES = (".json",)
MOST_BYTES = 256 << 20  # a full one cannot be sent in parts

_KINDS = {record.collection: kind for kind, record in RECORDS.items()}


def sniff(content: bytes) -> bool:
    head = content[: 1 << 14].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and b'"as_of"' in content and b'"mode"' in content


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[Hierarchy]:
    """Exactly one `Hierarchy`. Raises FeedStructureError: not JSON, a list of no kind, no `mode` or `as_of`."""
    about: dict[str, Any] = dict(settings)
    records: list[tuple[int, str, Cells]] = []
    for member in members_of(decoded(content)):
        if member.name in _KINDS:
            records.append((member.line, _KINDS[member.name], _cells(member.line, member.value)))
        elif member.name in ("mode", "as_of"):
            about[member.name] = member.value
        else:
            raise FeedStructureError(f"line {member.line}: {member.name!r} is no list of records")
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
