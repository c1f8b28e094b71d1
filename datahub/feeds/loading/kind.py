"""How a kind of feed is declared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from datahub.feeds.loading.base import Chunk
from datahub.rows.base import Part
from datahub.store.load import Loaded
from datahub.store.tally import Origin


@dataclass(frozen=True, slots=True)
class WholeFile:
    """What a loader of a kind that is read as a whole may need beside rows and origin."""

    attachments: Mapping[str, bytes]
    confirmed: bool
    unread: int  # rows that the format rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of feed; `title` is what staff call it.

    A kind whose files stay small says `load`: all rows are there before the first is loaded, `rows_a_chunk` at a time
    (None = at once). One whose files are large says `chunk_of`, which loads a part as it is read. `attachments`: a ZIP
    may hold files that rows name. `brings_meters`: readings may have waited for it. `moves_links`: it may change from
    when to when links hold. Raises ImproperlyConfigured where a part is missing.
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
