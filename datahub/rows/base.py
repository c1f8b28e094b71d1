"""What every feed format returns: frozen rows, and for each line that is rejected a reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Settings = Mapping[str, str]
NO_SETTINGS: Settings = MappingProxyType({})
Cells = Mapping[str, str]
Integers = npt.NDArray[np.int64]
MOST_INT64 = 2**63 - 1
Row = TypeVar("Row")


class FeedStructureError(ValueError):
    """The file is refused as a whole; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was read and not taken. `line` counts from 1, the header included."""

    line: int
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Row]):
    """The rows of a file or of a part of it: each of its data lines is in a row or in a rejection."""

    rows: Sequence[Row]
    rejected: Sequence[Rejection]

    @property
    def accepted(self) -> int:
        """Data lines (for usage: readings) of the rows."""
        return sum(getattr(row, "size", 1) for row in self.rows)

    @property
    def read(self) -> int:
        return self.accepted + len(self.rejected)


@dataclass(frozen=True, slots=True)
class Part(Parsed[Row]):
    """A part of a file; the same file gives the same parts.

    `offset`: how many bytes of the file are read when this part is. `skipped`: files of a ZIP that are no data; the
    first part lists them.
    """

    offset: int
    skipped: Sequence[str] = ()


def decoded(content: bytes) -> str:
    """The text of a UTF-8 file, with or without byte order mark.

    Raises FeedStructureError naming the first byte that is wrong. A byte 0 is, since no text of a database can have it.
    """
    if (place := content.find(b"\0")) >= 0:
        raise FeedStructureError(f"line {content.count(10, 0, place) + 1}: a character 0")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FeedStructureError(
            f"not UTF-8: byte 0x{content[error.start]:02x} at position {error.start}, line {line}"
        ) from error


def require_columns(present: Collection[str], *needed: str) -> None:
    """Raises FeedStructureError naming the columns that are missing."""
    missing = [name for name in needed if name not in present]
    if missing:
        raise FeedStructureError(f"line 1: missing column {', '.join(missing)}")


def choice(settings: Settings, name: str, *allowed: str) -> str:
    """The value of a setting, by default the first of `allowed`. Raises FeedStructureError for any other."""
    value = settings.get(name) or allowed[0]
    if value not in allowed:
        raise FeedStructureError(f"setting {name} {value!r} is none of {', '.join(allowed)}")
    return value
