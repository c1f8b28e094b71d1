"""`make simulate-scale`: machines, disk, log and hours for so many meters and calls, from constants that were measured.

    python -m tools.scale_model [--write]

`docs/scale.json` has the constants (`make bench-scale` measures them anew); `--write` puts the table into
docs/scaling.md, which a test holds against this.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import orjson

from tools.files import ROOT

CONSTANTS = ROOT / "docs" / "scale.json"
PAGE = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- table of scales: make simulate-scale -->", "<!-- end of the table of scales -->"

READINGS_A_DAY = 96
BUSY = 0.6  # of a core that is to answer within its time
WEB_CORES, DATABASE_CORES = 16, 64  # of a machine
LOAD_HOURS = 4  # a day's files should be in
TERABYTE, DAY = 1e12, 86_400
MOST_DISK, MOST_WAL = 30 * TERABYTE, 200e6  # bytes of one primary, and bytes a second that its replicas take
KEPT_YEARS = 3


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured at `meters_measured` meters; seconds are of processor."""

    meters_measured: int
    meter_bytes: int
    reading_bytes: float
    reading_wal_bytes: float
    reading_worker_seconds: float
    reading_database_seconds: float
    call_web_seconds: float
    call_database_seconds: float
    call_wal_bytes: int
    disclosure_bytes: int


@dataclass(frozen=True, slots=True)
class Scale:
    """Meters with a reading a quarter of an hour, and calls for data at the busiest."""

    meters: int
    calls_a_second: int


@dataclass(frozen=True, slots=True)
class Need:
    """What that takes; `breaks` says what one primary does not hold."""

    web_machines: int
    database_cores: int
    load_workers: int
    load_hours: float
    disk_terabytes: float
    wal_gigabytes_a_day: float
    wal_megabytes_a_second: float
    breaks: tuple[str, ...]


SCALES = [
    Scale(1_000_000, 100),
    Scale(10_000_000, 1_000),
    Scale(50_000_000, 2_500),
    Scale(50_000_000, 10_000),
]


def need_of(scale: Scale, constants: Constants) -> Need:
    """Calls are `calls_a_second` for a quarter of the day, as a night of polling is, and nothing besides."""
    readings = scale.meters * READINGS_A_DAY
    calls = scale.calls_a_second * DAY / 4
    load_seconds = readings * (constants.reading_worker_seconds + constants.reading_database_seconds)
    workers = max(
        1, ceil(load_seconds / 2 / (LOAD_HOURS * 3600))
    )  # a worker and its session are at work at once
    load_cores = readings * constants.reading_database_seconds / (LOAD_HOURS * 3600)
    database_cores = ceil((scale.calls_a_second * constants.call_database_seconds + load_cores) / BUSY)
    disk = float(scale.meters * constants.meter_bytes)
    disk += KEPT_YEARS * 365 * (readings * constants.reading_bytes + calls * constants.disclosure_bytes)
    wal = readings * constants.reading_wal_bytes + calls * constants.call_wal_bytes
    wal_rate = float(scale.calls_a_second * constants.call_wal_bytes)
    wal_rate += readings * constants.reading_wal_bytes / (LOAD_HOURS * 3600)
    limits = (
        (
            database_cores > DATABASE_CORES,
            f"{database_cores} cores of the database, {DATABASE_CORES} in a machine",
        ),
        (disk > MOST_DISK, f"{disk / TERABYTE:.0f} TB, {MOST_DISK / TERABYTE:.0f} TB at one server"),
        (wal_rate > MOST_WAL, f"{wal_rate / 1e6:.0f} MB/s of log, replicas take {MOST_WAL / 1e6:.0f}"),
    )
    return Need(
        web_machines=ceil(scale.calls_a_second * constants.call_web_seconds / BUSY / WEB_CORES),
        database_cores=database_cores,
        load_workers=workers,
        load_hours=load_seconds / 2 / workers / 3600,
        disk_terabytes=disk / TERABYTE,
        wal_gigabytes_a_day=wal / 1e9,
        wal_megabytes_a_second=wal_rate / 1e6,
        breaks=tuple(words for broken, words in limits if broken),
    )


def seconds_to_load(meters: int, constants: Constants) -> float:
    """A day of so many meters through one worker, alone on its machine: it and its session are at work at once."""
    each = max(constants.reading_worker_seconds, constants.reading_database_seconds)
    return meters * READINGS_A_DAY * each


def constants() -> Constants:
    return Constants(**orjson.loads(CONSTANTS.read_bytes()))


def table(constants: Constants) -> Iterator[str]:
    """Lines of Markdown."""
    yield (
        "| meters | calls a second | web machines of 16 cores | cores of the database | feed workers"
        f" | hours to load a day | disk in {KEPT_YEARS} years | log a day | log a second | one primary holds it |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for scale in SCALES:
        need = need_of(scale, constants)
        yield (
            f"| {scale.meters:,} | {scale.calls_a_second:,} | {need.web_machines} | {need.database_cores} |"
            f" {need.load_workers} | {need.load_hours:.2f} | {need.disk_terabytes:.1f} TB |"
            f" {need.wal_gigabytes_a_day:,.0f} GB | {need.wal_megabytes_a_second:.1f} MB |"
            f" {'no: ' + '; '.join(need.breaks) if need.breaks else 'yes'} |"
        )


def page_with(lines: Iterator[str], page: str) -> str:
    """`page` with the table between its marks replaced."""
    head, _mark, rest = page.partition(BEGIN)
    _old, _mark, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    known = constants()
    print(*table(known), sep="\n")
    million = seconds_to_load(1_000_000, known)
    print(
        f"a million meters' day through one worker: {million:.0f} s by the model (make bench-large measures it)"
    )
    if options.write:
        Path(PAGE).write_text(page_with(table(known), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
