"""How far the readings of a meter are loaded, as its channels keep it; no reading is touched for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cdsc_portal.lib.ranges import Span


@dataclass(frozen=True, slots=True)
class MeterLoad:
    """Readings of a meter lie in [first, last) UTC, none longer than `longest`; `synced` when a load last saw it."""

    first: datetime
    last: datetime
    longest: timedelta
    synced: datetime

    def reaches(self, span: Span) -> bool:
        """Whether some of `span` lies among the readings."""
        return span.intersect(self.span) is not None

    @property
    def span(self) -> Span:
        """Where readings begin: one second more than they last, for a register read at the very end."""
        return Span(self.first, self.last + timedelta(seconds=1))

    def joined(self, other: "MeterLoad") -> "MeterLoad":
        """Of two channels of one meter."""
        return MeterLoad(
            min(self.first, other.first),
            max(self.last, other.last),
            max(self.longest, other.longest),
            max(self.synced, other.synced),
        )
