"""The formats at hand: each is an entry point of the group `cdsc_portal.feed_formats`, ours or another package's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from datahub.feeds.formats.base import NO_SETTINGS, FeedStructureError, Parsed

GROUP = "cdsc_portal.feed_formats"


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing one kind of feed."""

    name: str
    kind: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[..., Parsed[Any]]

    def parse(
        self, content: bytes, *, zone: ZoneInfo, settings: Mapping[str, object] = NO_SETTINGS
    ) -> Parsed[Any]:
        """Rows and rejections. `settings` may hold what JSON holds: true for yes, numbers as such.

        Raises FeedStructureError if the file or a setting cannot be used.
        """
        return self.read(
            content, zone=zone, settings={name: _word(value) for name, value in settings.items()}
        )


def _word(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    return str(value)


@cache
def formats() -> Mapping[str, Format]:
    """Every installed format by name."""
    modules = (point.load() for point in entry_points(group=GROUP))
    found = (Format(m.NAME, m.KIND, m.SUFFIXES, m.sniff, m.parse) for m in modules)
    return MappingProxyType({format.name: format for format in sorted(found, key=lambda format: format.name)})


def detect(content: bytes, name: str) -> Format:
    """The one format that knows the file by its beginning; `name` decides only if more than one does.

    Raises FeedStructureError if none knows it, or more than one.
    """
    able = [format for format in formats().values() if format.sniff(content)]
    if len(able) > 1:
        able = [format for format in able if name.lower().endswith(format.suffixes)]
    if len(able) != 1:
        known = ", ".join(format.name for format in able) or "none"
        raise FeedStructureError(f"{name}: the format cannot be told; formats that could read it: {known}")
    return able[0]
