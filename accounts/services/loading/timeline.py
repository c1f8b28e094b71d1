"""Intervals that must not overlap, and the first that clashes with a new one."""

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
    """Disjoint intervals in order of start."""

    _intervals: list[Interval] = field(default_factory=list)

    def add(self, interval: Interval) -> None:
        insort(self._intervals, interval)

    def remove(self, interval: Interval) -> None:
        del self._intervals[bisect_left(self._intervals, interval)]

    def clash(self, interval: Interval) -> Interval | None:
        """The first interval that shares time with this one."""
        index = bisect_left(self._intervals, interval)
        neighbours = self._intervals[max(index - 1, 0) : index + 1]
        return next((neighbour for neighbour in neighbours if neighbour.overlaps(interval)), None)
