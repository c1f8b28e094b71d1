"""Measure on a database of its own; print a table and write `var/bench.json`."""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DEVELOPMENT", "1")
os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")
ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing. `ratio` = value / yardstick, both in milliseconds; `goal` is the most it may be."""

    name: str
    value: float
    yardstick: float
    ratio: float
    goal: float
    holds: bool


def compared(
    name: str, measured: Callable[[], object], yardstick: Callable[[], object], *, goal: float
) -> Figure:
    """Run both in turn, A B A B ..., and compare the medians."""
    measured(), yardstick()
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for side, function in enumerate((measured, yardstick)):
            began = time.perf_counter()
            function()
            taken[side].append((time.perf_counter() - began) * 1000)
    value, base = (statistics.median(side) for side in taken)
    return Figure(name, round(value, 3), round(base, 3), round(value / base, 2), goal, value / base <= goal)


def main() -> int:
    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        from benchmarks.figures import figures

        found = figures(compared)
    finally:
        teardown_databases(databases, verbosity=0)
    _report(found)
    return 0  # measuring went well; whether a goal holds is in the table and the file


def _report(found: list[Figure]) -> None:
    import orjson
    from django.conf import settings

    print(f"{'figure':58} {'ms':>9} {'yardstick':>9} {'ratio':>7} {'at most':>8}")
    for figure in found:
        mark = "" if figure.holds else "  <- does not hold"
        line = f"{figure.name:58} {figure.value:9.3f} {figure.yardstick:9.3f} {figure.ratio:6.2f}x {figure.goal:7.1f}x"
        print(line + mark)
    path = (
        settings.VAR_DIR / "bench.json"
        if "bench" not in settings.VAR_DIR.parts
        else ROOT / "var" / "bench.json"
    )
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(
        orjson.dumps({"figures": [asdict(figure) for figure in found]}, option=orjson.OPT_INDENT_2)
    )


if __name__ == "__main__":
    code = main()
    if not os.environ.get("DATABASE_URL"):
        from cdsc_portal import embedded_postgres

        embedded_postgres.stop(Path(os.environ["VAR_DIR"]) / "postgres")
    sys.exit(code)
