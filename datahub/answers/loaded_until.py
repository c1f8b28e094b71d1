"""How an answer stands for one contract: shared, loaded, and how fresh."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
