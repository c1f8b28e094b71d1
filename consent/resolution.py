"""How fine readings may leave: as they were read, or summed up by local hour, day or month. Pure."""

from collections.abc import Iterable
from enum import StrEnum


class Resolution(StrEnum):
    """From the finest to the coarsest; the values are those of the details of a request."""

    AS_READ = ""
    HOURLY = "hourly"
    DAILY = "daily"
    MONTHLY = "monthly"

    def reaches(self, other: "Resolution") -> bool:
        """Whether this is as coarse as `other`, or coarser."""
        order = list(Resolution)
        return order.index(self) >= order.index(other)


COARSE = tuple(resolution for resolution in Resolution if resolution)


def coarsest(resolutions: Iterable[Resolution]) -> Resolution:
    """The coarsest of them; AS_READ of none."""
    return max(resolutions, key=list(Resolution).index, default=Resolution.AS_READ)
