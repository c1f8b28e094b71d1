"""`make bench`: every figure beside its yardstick in one run; a table, and `var/bench.json`.

`make bench-large`: a million meters' day through one worker, with its time and its peak of memory.
`make bench-scale`: the constants of `make simulate-scale`.
`make bench-mix-year`: a year of the generation mix through one.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DEVELOPMENT", "1")
os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "bench"))
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

from benchmarks.measure import Figure  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--large", action="store_true", help="a million meters' day instead of the figures")
    parser.add_argument("--mix-year", action="store_true", help="a year of the mix instead of the figures")
    parser.add_argument("--scale", action="store_true", help="the constants of the model of scales")
    groups = ("loads", "reads", "many", "oauth", "cds", "flatness", "pages", "mix", "growth", "under_load")
    parser.add_argument("--only", choices=groups, help="one group of figures")
    options = parser.parse_args()
    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        if options.large:
            from benchmarks import large

            print(large.measured(), flush=True)
        elif options.scale:
            from benchmarks import scale

            print(scale.report(), flush=True)
        elif options.mix_year:
            from benchmarks import mix

            for line in mix.year():
                print(line, flush=True)
        else:
            import orjson

            figures = list(_figures(options.only))
            path = ROOT / "var" / "bench.json"
            path.parent.mkdir(exist_ok=True)
            record = {"figures": [asdict(figure) for figure in figures]}
            path.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
            held = sum(figure.holds for figure in figures)
            print(f"bench: {held} of {len(figures)} figures hold; written to {path.relative_to(ROOT)}")
    finally:
        teardown_databases(databases, verbosity=0)
    return 0  # measuring went well; whether a goal holds is in the table and the file


def _figures(only: str | None) -> Iterator[Figure]:
    from benchmarks import cds, growth, loads, many, mix, oauth, pages, reads, under_load, utility, world

    place = cache(lambda: utility.build(loads.METERS))
    groups: dict[str, Callable[[], Iterator[Figure]]] = {
        "reads": lambda: reads.figures(
            world.build()
        ),  # first: beside a row table of one meter stands one of ours
        "many": many.figures,
        "oauth": oauth.figures,
        "cds": cds.figures,
        "loads": lambda: loads.figures(place()),
        "flatness": lambda: loads.flatness(place()),
        "pages": pages.figures,
        "mix": mix.figures,
        "growth": growth.figures,
        "under_load": lambda: under_load.figures(place()),
    }
    needed = {None: list(groups), "flatness": ["loads", "flatness"]}
    for name in needed.get(only, [str(only)]):
        for figure in groups[name]():  # printed as they come: all of them take minutes
            verdict = "holds" if figure.holds else "DOES NOT HOLD"
            print(
                f"{figure.name:66} {figure.value:>13,.3f} {figure.yardstick:>13,.3f} {figure.unit:10}"
                f" {figure.ratio:8.2f}x  {figure.sense} {figure.goal:g}x  {verdict}",
                flush=True,
            )
            yield figure


if __name__ == "__main__":
    code = main()
    if not os.environ.get("DATABASE_URL"):
        from cdsc_portal import embedded_postgres

        embedded_postgres.stop(Path(os.environ["VAR_DIR"]) / "postgres")
    sys.exit(code)
