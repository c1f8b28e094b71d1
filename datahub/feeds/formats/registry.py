"""The installed formats: a module of this folder each, or another package's entry point (`cdsc_portal.feed_formats`).

A format's module has `NAME`, `KIND`, `SUFFIXES`, `sniff(head)`, and one of two ways to read. `read(source, *, zone,
settings)` yields parts in bounded memory; it raises FeedStructureError before its first part or never, so that a file
with a broken structure is refused before anything is written. `parse(content, *, zone, settings)` takes a whole file of
a kind whose files are small. `MOST_BYTES`, of either: larger files are refused, since to read one would take more than
300 MB of memory. `MAPPED = True`: it takes a `mapping` beside the settings. `BY_LINE = True`: below its head each line
is a record of its own, so that some of the lines make a file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import walk_packages
from types import MappingProxyType, ModuleType
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import datahub.feeds.formats
from datahub.feeds.formats.archive import SIGNATURE, first_member, is_archive, read_members
from datahub.feeds.formats.limits import size_within
from datahub.feeds.kinds import KIND_NAMES
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Parsed, Part
from datahub.rows.usage import within_years

GROUP = "cdsc_portal.feed_formats"
NO_MAPPING: Mapping[str, object] = MappingProxyType({})
MOST_WHOLE_BYTES = 64 << 20  # of a file that is read as a whole: what is made of it is several times as large

_Read = Callable[..., Iterator[Part[Any]]]


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing one kind of feed."""

    name: str
    kind: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    mapped: bool
    by_line: bool
    most_bytes: int | None  # of a file whose rows are all in memory; None: it is read in parts
    _read: _Read

    def read(
        self,
        source: BinaryIO,
        *,
        zone: ZoneInfo,
        settings: Mapping[str, object] = NO_SETTINGS,
        mapping: Mapping[str, object] = NO_MAPPING,
    ) -> Iterator[Part[Any]]:
        """Parts in the order of the file; rows of usage are `UsageRows`, also out of a ZIP. `settings` may hold what
        JSON holds.

        Raises FeedStructureError, before the first part, if the file, a setting or the mapping cannot be used.
        """
        words = {None: "", True: "yes", False: "no"}
        plain = {
            name: words[value] if value is None or isinstance(value, bool) else str(value)
            for name, value in settings.items()
        }
        options: dict[str, object] = {"zone": zone, "settings": plain}
        if self.mapped:
            options["mapping"] = mapping
        elif mapping:
            raise FeedStructureError(f"{self.name} takes no mapping")
        if self.kind != "usage":
            return self._read(source, **options)
        if not is_archive(source):
            return _within_years(self._read(source, **options))
        read = partial(self._read, **options)
        return _within_years(read_members(source, read, suffixes=self.suffixes, sniff=self.sniff))


def _within_years(parts: Iterator[Part[Any]]) -> Iterator[Part[Any]]:
    """The same with readings of an impossible year rejected, whatever the format."""
    for part in parts:
        checked = [within_years(rows) for rows in part.rows]
        beyond = [rejection for _, rejected in checked for rejection in rejected]
        rows = [rows for rows, _ in checked if rows.size]
        yield replace(part, rows=rows, rejected=[*part.rejected, *beyond]) if beyond else part


@cache
def formats() -> Mapping[str, Format]:
    """Every installed format by name."""
    own = (
        import_module(module.name)
        for module in walk_packages(datahub.feeds.formats.__path__, "datahub.feeds.formats.")
    )
    others = (point.load() for point in entry_points(group=GROUP))
    loaded = (_format_of(module) for module in (*own, *others) if hasattr(module, "sniff"))
    return MappingProxyType(
        {format.name: format for format in sorted(loaded, key=lambda format: format.name)}
    )


def _format_of(module: ModuleType) -> Format:
    """Raises ValueError for a kind of feed that nobody loads."""
    if module.KIND not in KIND_NAMES:
        kinds = ", ".join(sorted(KIND_NAMES))
        raise ValueError(f"feed format {module.NAME}: its kind {module.KIND!r} is none of {kinds}")
    read, most = getattr(module, "read", None), getattr(module, "MOST_BYTES", None)
    if read is None:
        most = most or MOST_WHOLE_BYTES
        read = partial(_read_whole, module.parse, most)
    mapped, by_line = getattr(module, "MAPPED", False), getattr(module, "BY_LINE", False)
    return Format(module.NAME, module.KIND, module.SUFFIXES, module.sniff, mapped, by_line, most, read)


def _read_whole(
    parse: Callable[..., Parsed[Any]], most: int, source: BinaryIO, **options: object
) -> Iterator[Part[Any]]:
    size = size_within(source, most)
    parsed = parse(source.read(), **options)
    yield Part(parsed.rows, parsed.rejected, size)


def detect(content: bytes, name: str) -> Format:
    """The one format that knows the file by its beginning; `name` decides only if more than one does.

    A ZIP is known by its first member. Raises FeedStructureError if none knows it, or more than one.
    """
    if content.startswith(SIGNATURE):
        name, content = first_member(content)
    able = [format for format in formats().values() if format.sniff(content)]
    if len(able) > 1:
        able = [format for format in able if name.lower().endswith(format.suffixes)]
    if len(able) != 1:
        known = ", ".join(format.name for format in able) or "none"
        raise FeedStructureError(f"{name}: the format cannot be told; formats that could read it: {known}")
    return able[0]
