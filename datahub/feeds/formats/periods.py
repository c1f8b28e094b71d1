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
    """The rows less those that meet, within one key, a row of an earlier line; [start, end), None = open."""
    kept: list[_Row] = []
    rejected: list[Rejection] = []
    by_key: dict[Hashable, list[_Row]] = {}
    for row in rows:
        others = by_key.setdefault(
            key(row), []
        )  # by start; none meets another, so that only two can meet this one
        place = bisect(others, row.start, key=lambda other: other.start)
        clash = next((other for other in others[max(place - 1, 0) : place + 1] if _meet(other, row)), None)
        if clash is None:
            others.insert(place, row)
            kept.append(row)
        else:
            rejected.append(Rejection(row.line, f"covers a time that line {clash.line} covers"))
    return kept, rejected


def _meet(one: _Dated, other: _Dated) -> bool:
    return (one.end is None or other.start < one.end) and (other.end is None or one.start < other.end)
