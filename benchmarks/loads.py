"""Bringing readings in: files through real runs, beside the same readings into a row table."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.db import connection, transaction
from lxml import etree

from benchmarks import files, rows, utility
from benchmarks.measure import Figure, at_least, at_most, seconds
from benchmarks.utility import MONTH, SLOTS, Utility, Values
from cdsc_portal.lib.runtime.malloc import limit_arenas
from cdsc_portal.lib.time import clock
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import Feed, FeedRun, RunStatus
from datahub.store.channel_months import forget_months, forget_sums, will_forget_sums

METERS = 100_000
_LONG_METERS = 20_000
_ROW_METERS, _UPSERT_METERS = 8_000, 3_000  # enough to measure the row table
_ESPI_POINTS, _ESPI_DAYS = 5, 365
CSV = {"unit": "kWh", "interval_seconds": "900"}
_RATE = "readings/s"


def store(feed: Feed, path: Path, **options: Any) -> FeedRun:
    """The file as an upload stores it: copied, hashed, waiting for a worker (or done, where its hash is known)."""
    with path.open("rb") as file:
        return start_run(feed=feed, file=file, name=path.name, by=None, at=clock.now(), **options)


def load(run: FeedRun) -> None:
    """From the stored file to the last commit; every reading must be taken."""
    execute_due_runs(run_id=run.pk)
    run.refresh_from_db()
    if run.status != RunStatus.DONE or run.rejected or run.parked:
        raise RuntimeError(f"{run.file_name}: {run.status}, {run.rejected} rejected: {run.problem}")


def figures(place: Utility) -> Iterator[Figure]:
    """Storage figures; leaves three days of readings in the store."""
    limit_arenas()  # as a worker does
    with TemporaryDirectory() as folder, rows.table():
        with transaction.atomic():
            forget_months(
                month=MONTH
            )  # another group may have had it summed; most files bring days of an open month
        yield from _wide(place, Path(folder))
        yield from _long(place, Path(folder))
        yield from _espi(Path(folder))


def _wide(place: Utility, folder: Path) -> Iterator[Figure]:
    feed = utility.feed_of("wide", "usage_csv_wide", **CSV)
    copy_and_commit = transaction.atomic(rows.copy_rows)
    times, copies = [], []
    for number in range(3):
        day = MONTH + timedelta(days=number)
        values = utility.day_of_values(METERS, seed=number)
        path = files.wide_csv(folder / f"wide-{number}.csv", place.meters, day, values)
        ready = list(row_readings(place, day, values, _ROW_METERS))
        run = store(feed, path)
        times.append(seconds(lambda run=run: load(run)))
        copies.append(seconds(lambda ready=ready: copy_and_commit(ready)))
    stored = METERS * SLOTS / sorted(times)[1]
    copied = _ROW_METERS * SLOTS / sorted(copies)[1]
    yield at_least("wide CSV to stored / COPY into rows", _RATE, stored, copied, 30)
    first = sorted(times)[1]
    yield at_most("the same file, by hash / first load", "s", seconds(lambda: store(feed, path)), first, 0.03)
    yield at_most("the same file, through the merge / first load", "s", _merged_again(feed, path), first, 0.6)
    question = min(seconds(lambda: _ask_for_month_sums(place)) for _ in range(10)) * run.chunks_done
    yield at_most("its chunks' questions for sums of their months / first load", "s", question, first, 0.03)
    with connection.cursor() as cursor:
        partition = f"interval_block_{MONTH:%Y_%m}"
        cursor.execute(f"VACUUM ANALYZE {partition}")
        cursor.execute(f"SELECT pg_total_relation_size('{partition}')::float / sum(known) FROM {partition}")
        (block,) = cursor.fetchone()
    yield at_least("bytes a reading with index: row / block", "bytes", rows.bytes_a_row(), float(block), 35)


@transaction.atomic
def _ask_for_month_sums(place: Utility) -> None:
    """As a chunk of readings does, of a month that is not summed yet."""
    will_forget_sums()
    day = np.array([(MONTH - date(1970, 1, 1)).days], dtype=np.int64)
    forget_sums(channels=[np.array(place.channels, dtype=np.int64)], days=[day])


def _merged_again(feed: Feed, path: Path) -> float:
    """The same readings once more under another hash: a closing blank line changes nothing but that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(modified) FROM interval_block")
        before = cursor.fetchone()
        former = FeedRun.objects.filter(feed=feed).earliest("created")
        again = path.with_name("again.csv")
        again.write_bytes(path.read_bytes() + b"\n")
        run = store(feed, again, version_at=former.version_at)
        taken = seconds(lambda: load(run))
        if run.accepted or run.unchanged != METERS * SLOTS:
            raise RuntimeError(f"{run.accepted} accepted, {run.unchanged} unchanged")
        cursor.execute("SELECT count(*), max(modified) FROM interval_block")
        if cursor.fetchone() != before:
            raise RuntimeError("the same readings again must write nothing")
    return taken


def _long(place: Utility, folder: Path) -> Iterator[Figure]:
    feed = utility.feed_of("long", "usage_csv_long", **CSV)
    times, upserts = [], []
    for number in range(10, 13):
        day = MONTH + timedelta(days=number)
        values = utility.day_of_values(_LONG_METERS, seed=number)
        path = files.long_csv(folder / f"long-{number}.csv", place.meters[:_LONG_METERS], day, values)
        part = files.long_csv(
            folder / "part.csv", place.meters[:_UPSERT_METERS], day, values[:_UPSERT_METERS]
        ).read_bytes()
        run = store(feed, path)
        times.append(seconds(lambda run=run: load(run)))
        upserts.append(seconds(lambda part=part: rows.upsert_csv(part)))
    stored = _LONG_METERS * SLOTS / sorted(times)[1]
    upserted = _UPSERT_METERS * SLOTS / sorted(upserts)[1]
    yield at_least("long CSV to stored / staging and ON CONFLICT into rows", _RATE, stored, upserted, 30)


def _espi(folder: Path) -> Iterator[Figure]:
    feed = utility.feed_of("espi", "espi_xml", meter="title")
    count = _ESPI_POINTS * _ESPI_DAYS * SLOTS
    times, parses = [], []
    for year in (2022, 2023, 2024):
        values = utility.day_of_values(_ESPI_POINTS * _ESPI_DAYS, seed=year)
        path = files.espi_xml(folder / f"espi-{year}.xml", _ESPI_POINTS, date(year, 1, 1), values)
        run = store(feed, path)
        times.append(seconds(lambda run=run: load(run)))
        parses.append(seconds(lambda path=path: etree.parse(path)))
    stored, parsed = count / sorted(times)[1], count / sorted(parses)[1]
    yield at_least("ESPI XML to stored / lxml.etree.parse alone", _RATE, stored, parsed, 0.4)


def row_readings(place: Utility, day: date, values: Values, meters: int) -> Iterator[rows.Row]:
    """The first `meters` meters' day, as rows of the row table."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    starts = [midnight + timedelta(seconds=utility.QUARTER * slot) for slot in range(SLOTS)]
    for channel, line in zip(place.channels[:meters], values[:meters].tolist(), strict=True):
        for start, value in zip(starts, line, strict=True):
            yield channel, start, Decimal(value).scaleb(-3), 0


def flatness(place: Utility) -> Iterator[Figure]:
    """Three days into a store of a million blocks, then the same days into one of ten million."""
    feed = Feed.objects.get(name="wide")
    utility.seed_blocks(place, first=MONTH + timedelta(days=3), last=MONTH + timedelta(days=9))
    _settle()
    with TemporaryDirectory() as folder:
        small = _days_into(place, feed, Path(folder), seed=100)
        utility.seed_blocks(place, first=MONTH - timedelta(days=90), last=MONTH - timedelta(days=1))
        _settle()
        large = _days_into(place, feed, Path(folder), seed=200)
    yield at_least("load into 10 million blocks / into 1 million", _RATE, large, small, 0.85)


def _settle() -> None:
    """Finish the database's upkeep of what was seeded: a store at rest is to be measured."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE interval_block")
        cursor.execute("CHECKPOINT")


def _days_into(place: Utility, feed: Feed, folder: Path, seed: int) -> float:
    """Readings a second for the days 21 to 23 of the month, which are deleted again."""
    times = []
    for number in range(20, 23):
        values = utility.day_of_values(METERS, seed=seed + number)
        path = files.wide_csv(folder / "day.csv", place.meters, MONTH + timedelta(days=number), values)
        run = store(feed, path)
        times.append(seconds(lambda run=run: load(run)))
    partition = f"interval_block_{MONTH:%Y_%m}"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {partition} WHERE day >= %s", [MONTH + timedelta(days=20)])
        cursor.execute(f"VACUUM {partition}")
    return METERS * SLOTS / sorted(times)[1]
