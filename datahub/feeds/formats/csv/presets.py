"""Mappings of exports that are seen in the field, known by their header."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cdsc_portal.lib.json.reader import read_json

_FOLDER = Path(__file__).parent.parent.parent / "mappings"
_HEAD_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Preset:
    """A mapping as JSON; `header` matches the head of files with that layout."""

    title: str
    header: re.Pattern[str]
    mapping: Mapping[str, object]

    @property
    def format(self) -> str:
        """The name of the format that reads it."""
        return f"usage_csv_{self.mapping.get('shape', 'long')}"


@cache
def presets() -> Mapping[str, Preset]:
    """Every preset by name: each is a file of the folder mappings."""
    files = {path.stem: read_json(path.read_bytes()) for path in sorted(_FOLDER.glob("*.json"))}
    return MappingProxyType(
        {
            name: Preset(
                file["title"], re.compile(file["header"], re.MULTILINE), MappingProxyType(file["mapping"])
            )
            for name, file in files.items()
        }
    )


def find_preset(head: bytes) -> tuple[str, Mapping[str, object]] | None:
    """(name, mapping) of the first preset whose header is in the beginning of a file."""
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    beginning = head[:_HEAD_BYTES]
    text = beginning.decode("utf-16", "ignore") if is_utf16 else beginning.decode("utf-8-sig", "replace")
    for name, preset in presets().items():
        if preset.header.search(text):
            return name, preset.mapping
    return None
