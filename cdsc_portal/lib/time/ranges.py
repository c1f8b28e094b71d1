"""Half-open ranges of instants, [start, end) in UTC; None is open on that side."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in UTC; None = unbounded."""

    start: datetime | None = None
    end: datetime | None = None

    def intersect(self, other: "Span") -> "Span | None":
        """The part both cover, or None where they do not meet."""
        start, end = self.start, self.end
        if start is None or (other.start is not None and other.start > start):
            start = other.start
        if end is None or (other.end is not None and other.end < end):
            end = other.end
        if start is not None and end is not None and start >= end:
            return None
        return Span(start, end)

    def contains(self, moment: datetime) -> bool:
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)

    def covers(self, other: "Span") -> bool:
        """Whether `other` lies wholly inside."""
        starts_inside = self.start is None or (other.start is not None and other.start >= self.start)
        ends_inside = self.end is None or (other.end is not None and other.end <= self.end)
        return starts_inside and ends_inside


def difference(spans: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """The instants of `spans` that none of `others` holds, as disjoint spans in order."""
    remaining = list(union(spans))
    for other in others:
        remaining = [part for span in remaining for part in _subtract(span, other)]
    return tuple(remaining)


def _subtract(span: Span, other: Span) -> Iterator[Span]:
    if span.intersect(other) is None:
        yield span
        return
    if other.start is not None and (span.start is None or span.start < other.start):
        yield Span(span.start, other.start)
    if other.end is not None and (span.end is None or other.end < span.end):
        yield Span(other.end, span.end)


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same instants as disjoint spans in order; touching spans become one."""
    spans, merged = list(spans), list[Span]()
    if len(spans) < 2:
        return tuple(spans)
    for span in sorted(spans, key=lambda s: (s.start is not None, s.start.timestamp() if s.start else 0.0)):
        last = merged[-1] if merged else None
        if last is not None and (last.end is None or span.start is None or span.start <= last.end):
            end = None if last.end is None or span.end is None else max(last.end, span.end)
            merged[-1] = Span(last.start, end)
        else:
            merged.append(span)
    return tuple(merged)


def hull(spans: Collection[Span]) -> Span | None:
    """The shortest span that covers all of them; None of none."""
    if not spans:
        return None
    starts = [span.start for span in spans if span.start is not None]
    ends = [span.end for span in spans if span.end is not None]
    return Span(
        min(starts) if len(starts) == len(spans) else None, max(ends) if len(ends) == len(spans) else None
    )
