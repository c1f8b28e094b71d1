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
_SEEN = 1 << 14


@dataclass(frozen=True, slots=True)
class Preset:
    """A mapping as JSON; `header` finds the head of files that are laid out so."""

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
    return MappingProxyType({path.stem: _preset(path) for path in sorted(_FOLDER.glob("*.json"))})


def find_preset(head: bytes) -> tuple[str, Mapping[str, object]] | None:
    """(name, mapping) of the first preset that knows a file by its beginning."""
    text = _text(head[:_SEEN])
    for name, preset in presets().items():
        if preset.header.search(text):
            return name, preset.mapping
    return None


def _preset(path: Path) -> Preset:
    said = read_json(path.read_bytes())
    return Preset(said["title"], re.compile(said["header"], re.MULTILINE), MappingProxyType(said["mapping"]))


def _text(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "ignore")
    return head.decode("utf-8-sig", "replace")
