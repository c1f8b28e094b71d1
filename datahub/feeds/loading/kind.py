"""How a kind of feed is declared, and what it makes of a file: chunks that each stand alone, one after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from datahub.rows.base import Part, Rejection
from datahub.store.load import Loaded
from datahub.store.tally import Origin


class LoadHeldError(Exception):
    """The load would change so much that a person must confirm it; the message says what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a chunk's rows; `parked` rows wait for their meter and count apart."""

    loaded: Loaded
    parked: int = 0


Step = Callable[[Origin], Outcome]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the file: `rejected` by its format, the rest loaded by `load` in the caller's transaction.

    `rows_read` counts both. `offset` is how many bytes of the file are done after this chunk. The same file gives the
    same chunks, so that a run can resume where it stopped. The partitions of `months` must exist before the load.
    `look_up` may be called in another session while the chunk before is loaded. It returns a step that does the same as
    `load` and knows some of the keys already; if a key has gone since, use `load`. Two chunks may be loaded at once if
    they share no meter of `meters`; None: the chunk is loaded alone.
    """

    rows_read: int
    offset: int
    rejected: Sequence[Rejection]
    load: Step
    skipped: Sequence[str] = ()  # files of a ZIP that are no data
    months: frozenset[date] = frozenset()
    look_up: Callable[[], Step] | None = None
    meters: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class WholeFile:
    """What the loader of a kind that is read as a whole may need beside rows and origin."""

    attachments: Mapping[str, bytes]
    confirmed: bool
    unread: int  # rows that the format rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of feed; `title` is what staff call it.

    A kind of small files has `load`: the whole file is read before the first row is loaded, and `rows_a_chunk` rows are
    loaded at a time (None: all). A kind of large files has `chunk_of`, which loads a part as it is read. `attachments`:
    a ZIP may hold files that rows name. `brings_meters`: readings may have waited for it. `moves_links`: it may change
    from when to when links hold. Raises ImproperlyConfigured if a part is missing.
    """

    name: str
    title: str | Promise
    load: Callable[[Sequence[Any], Origin, WholeFile], Loaded] | None = None
    rows_a_chunk: int | None = None
    chunk_of: Callable[[Part[Any]], Chunk] | None = None
    attachments: bool = False
    brings_meters: bool = False
    moves_links: bool = False

    def __post_init__(self) -> None:
        if (self.load is None) == (self.chunk_of is None):
            raise ImproperlyConfigured(f"feeds of {self.name}: either load or chunk_of is needed")
        if not self.title:
            raise ImproperlyConfigured(f"feeds of {self.name}: title is needed")
