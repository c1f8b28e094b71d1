"""The period of a stored part, and how it is said to whoever reads it today."""

from datetime import UTC, datetime
from typing import Any

from cdsc_portal.lib.time.ranges import Span
from consent.models import GrantPart
from consent.periods import PartPeriod
from consent.scopes.catalogue import SCOPES
from consent.wording import access_in_words, period_in_words


def part_period(part: GrantPart, detail: dict[str, Any]) -> PartPeriod:
    """The period of a stored part; `detail` is its entry among the details as granted.

    Raises ValueError for a part without an end of access, which no founding request leads to.
    """
    if part.access_ends is None:
        raise ValueError("the part has no end of access")
    return PartPeriod(Span(part.window_start, part.window_end), part.access_ends, is_lasting(part, detail))


def is_lasting(part: GrantPart, detail: dict[str, Any]) -> bool:
    """Whether the end of access was asked for, or there is none; else it is the grace after approval."""
    return part.access_ends is None or detail.get("end") == on_the_wire(part.access_ends)


def part_in_words(part: GrantPart, detail: dict[str, Any], *, at: datetime) -> str:
    """Its dates in the reader's language, as of `at`; empty where no end was agreed."""
    if part.access_ends is None:
        return ""
    period = part_period(part, detail)
    words = period_in_words(SCOPES[part.scope], period, at=at)
    return f"{words} {access_in_words(period)}".strip()


def on_the_wire(moment: datetime) -> str:
    """RFC 3339 in UTC, as details as granted say instants."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
