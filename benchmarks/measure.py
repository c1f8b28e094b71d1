"""A figure and its yardstick, measured in one run: machines are shared, so only their ratio means much."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection

Work = Callable[[], object]
ROUNDS, CALLS = 6, 10


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


def prepare_to_measure() -> None:
    """Make the database and this process what they are by the time of a call, whatever was measured before.

    The statistics are those of the rows that are there, as autovacuum would have made them; and garbage is sought among
    what a call makes, not among all that earlier groups left.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def seconds(work: Work) -> float:
    """How long it takes, once."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def medians(*works: Work, rounds: int = ROUNDS) -> list[float]:
    """Milliseconds a call of each: CALLS in a row of one, CALLS of the next, and so on, `rounds` times.

    In a row, as a busy worker makes calls of one kind: what a call needs is in the caches, for the yardstick as
    for ours, and none of the two is measured in what the other left behind. The first round is not counted.
    """
    taken: Sequence[list[float]] = [[] for _ in works]
    for counted in range(rounds + 1):
        for times, work in zip(taken, works, strict=True):
            row = [seconds(work) * 1000 for _ in range(CALLS)]
            if counted:
                times.extend(row)
    return [statistics.median(times) for times in taken]


def processor(*works: Work, rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of this process's processor a call of each, without what the database spends: what a web worker
    needs, however busy the machine is. The works take turns; the least of the rounds counts, of which the first warms
    up.
    """
    taken: Sequence[list[float]] = [[] for _ in works]
    for counted in range(rounds + 1):
        for times, work in zip(taken, works, strict=True):
            began = time.process_time()
            for _ in range(CALLS):
                work()
            if counted:
                times.append((time.process_time() - began) * 1000 / CALLS)
    return [min(times) for times in taken]
