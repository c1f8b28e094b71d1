"""Rows with a start and an end that must not cover the same time."""

from bisect import bisect
from collections.abc import Callable, Hashable, Iterable
from datetime import date
from typing import Protocol, TypeVar

from datahub.rows.base import Rejection


class _Dated(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date | None: ...


_Row = TypeVar("_Row", bound=_Dated)


def without_overlap(
    rows: Iterable[_Row], key: Callable[[_Row], Hashable]
) -> tuple[list[_Row], list[Rejection]]:
    """The rows without those that overlap, within one key, a row of an earlier line; [start, end), None = open."""
    kept: list[_Row] = []
    rejected: list[Rejection] = []
    by_key: dict[Hashable, list[_Row]] = {}
    for row in rows:
        # sorted by start, and none overlaps another: only the two beside its place can overlap this row
        others = by_key.setdefault(key(row), [])
        place = bisect(others, row.start, key=lambda other: other.start)
        overlapping = (
            other
            for other in others[max(place - 1, 0) : place + 1]
            if (other.end is None or row.start < other.end) and (row.end is None or other.start < row.end)
        )
        clash = next(overlapping, None)
        if clash is None:
            others.insert(place, row)
            kept.append(row)
        else:
            rejected.append(Rejection(row.line, f"covers a time that line {clash.line} covers"))
    return kept, rejected
