"""What an answer brings: a page of items, whatever they are, or a stored document; and how it stands for a contract:
shared, loaded, and how fresh.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from django.core.files import File

from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.ranges import Span


class Status(StrEnum):
    """Four cases that an empty list alone could not distinguish."""

    AVAILABLE = "available"
    NONE = "none"
    NOT_LOADED = "not_loaded"
    NOT_SHARED = "not_shared"


@dataclass(frozen=True, slots=True)
class Standing:
    """`synced`: when the utility's systems last confirmed it; `loaded_until`: end of the newest value of a series."""

    status: Status
    synced: datetime | None = None
    loaded_until: datetime | None = None


NOTHING_LOADED = Standing(Status.NOT_LOADED)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`contracts` are the keys the items speak of, `values` how many values they hold, `resume` where the next begins.

    `standings` cover the whole window, not this page alone, by contract key. `data` is from the first value to the end
    of the last, None where there is none or they speak of the present. `resolution` is how fine readings are, empty
    where there are none (`Disclosure.resolution`).
    """

    items: Sequence[Item]
    standings: Mapping[int, Standing]
    contracts: frozenset[int]
    values: int
    data: Span | None = None
    resume: Position | None = None
    withholds: bool = field(default=False)
    resolution: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A stored file about `contracts` (keys) that an access opens.

    `is_whole`: every contract that it covers is open, so that it may leave. `open` opens it; None = there is no file.
    `data` is the time that a disclosure records.
    """

    contracts: frozenset[int]
    is_whole: bool
    data: Span
    file_name: str
    sha256: str
    open: "Callable[[], File[bytes]] | None"


def from_first_to_last(items: Iterable[tuple[datetime, datetime]]) -> Span | None:
    """From the first start to the last end of pairs (start, end); None of none."""
    starts_and_ends = list(zip(*items, strict=True))
    return Span(min(starts_and_ends[0]), max(starts_and_ends[1])) if starts_and_ends else None


def standing(*, has_data: bool, synced: datetime | None) -> Standing:
    """Of what is not a series: something of the kind was loaded once (`synced`), and the window holds some or none."""
    if synced is None:
        return NOTHING_LOADED
    return Standing(Status.AVAILABLE if has_data else Status.NONE, synced)


def series_standing(
    *, has_data: bool, synced: datetime | None, loaded_until: datetime | None, spans: tuple[Span, ...]
) -> Standing:
    """Of a series: an empty window that begins after the newest value is not loaded yet."""
    if synced is None or loaded_until is None:
        return NOTHING_LOADED
    if has_data:
        status = Status.AVAILABLE
    elif all(span.start is not None and span.start >= loaded_until for span in spans):
        status = Status.NOT_LOADED
    else:
        status = Status.NONE
    return Standing(status, synced, loaded_until)
