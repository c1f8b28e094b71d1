"""A figure and its yardstick, measured in one run: machines are shared, so only their ratio means much."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` = value / yardstick, in whatever `unit` both have; `holds` says whether it is on `goal`'s good side."""

    name: str
    unit: str
    value: float
    yardstick: float
    ratio: float
    sense: str  # "at least" or "at most"
    goal: float
    holds: bool


def at_least(name: str, unit: str, value: float, yardstick: float, goal: float) -> Figure:
    ratio = value / yardstick
    return Figure(name, unit, value, yardstick, ratio, "at least", goal, ratio >= goal)


def at_most(name: str, unit: str, value: float, yardstick: float, goal: float) -> Figure:
    ratio = value / yardstick
    return Figure(name, unit, value, yardstick, ratio, "at most", goal, ratio <= goal)


def seconds(work: Work) -> float:
    """How long it takes, once."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def medians(rounds: int, *works: Work, calls: int = 1) -> list[float]:
    """Milliseconds of each, run in turn (A B A B ...), `calls` calls a turn; one round before is not counted."""
    for work in works:
        work()
    taken: Sequence[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for times, work in zip(taken, works, strict=True):
            times.extend(seconds(work) * 1000 for _ in range(calls))
    return [statistics.median(times) for times in taken]
