"""What every feed format gives back: frozen rows, and for each line it could not take a reason."""

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
class Part(Generic[Row]):
    """A stretch of a file: each of its data lines is in a row or in a rejection, never in neither.

    `offset`: how many bytes of the file are through when this part is. The same file gives the same parts.
    `skipped`: files of a ZIP that are no data; the first part names them.
    """

    rows: Sequence[Row]
    rejected: Sequence[Rejection]
    offset: int
    skipped: Sequence[str] = ()

    @property
    def accepted(self) -> int:
        """Data lines (for usage: readings) that the rows stand for."""
        return sum(getattr(row, "size", 1) for row in self.rows)

    @property
    def read(self) -> int:
        return self.accepted + len(self.rejected)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Row]):
    """A whole file, as `Part` is a stretch of one."""

    rows: Sequence[Row]
    rejected: Sequence[Rejection]

    @property
    def accepted(self) -> int:
        """Data lines (for usage: readings) that the rows stand for."""
        return sum(getattr(row, "size", 1) for row in self.rows)

    @property
    def read(self) -> int:
        return self.accepted + len(self.rejected)


def decoded(content: bytes) -> str:
    """The text of a UTF-8 file, with or without byte order mark.

    Raises FeedStructureError naming the first byte that is wrong; a byte 0 is, which no text of a database can hold.
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
    """Raises FeedStructureError naming the columns that are not there."""
    missing = [name for name in needed if name not in present]
    if missing:
        raise FeedStructureError(f"line 1: missing column {', '.join(missing)}")


def choice(settings: Settings, name: str, *allowed: str) -> str:
    """What a setting says, or the first of `allowed`. Raises FeedStructureError for anything else."""
    said = settings.get(name) or allowed[0]
    if said not in allowed:
        raise FeedStructureError(f"setting {name} {said!r} is none of {', '.join(allowed)}")
    return said
