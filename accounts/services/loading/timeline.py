"""Stretches of time that must not overlap, and who is in the way."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """[start, end) in instants or in local dates, one kind in a timeline; `end` None = open. `label` for people."""

    start: date
    end: date | None = field(compare=False)
    label: str = field(compare=False, default="")

    def overlaps(self, other: "Interval") -> bool:
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def covers(self, other: "Interval") -> bool:
        """Whether `other` lies wholly inside."""
        ends_inside = self.end is None or (other.end is not None and other.end <= self.end)
        return self.start <= other.start and ends_inside

    def same_span(self, other: "Interval") -> bool:
        return self.start == other.start and self.end == other.end


@dataclass(slots=True)
class Timeline:
    """Disjoint stretches in order of start."""

    _stretches: list[Interval] = field(default_factory=list)

    def add(self, stretch: Interval) -> None:
        insort(self._stretches, stretch)

    def remove(self, stretch: Interval) -> None:
        del self._stretches[bisect_left(self._stretches, stretch)]

    def clash(self, stretch: Interval) -> Interval | None:
        """The first stretch that shares time with this one."""
        at = bisect_left(self._stretches, stretch)
        near = self._stretches[max(at - 1, 0) : at + 1]
        return next((one for one in near if one.overlaps(stretch)), None)
