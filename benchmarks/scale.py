"""`make bench-scale`: what one meter, one reading and one call cost, for the model of `make simulate-scale`.

Bytes, log and seconds of processor, not of the clock: how busy the machine is does not show in them. Written to
`docs/scale.json` beside how many it was measured at.
"""

import os
import resource
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from django.db import connection, transaction
from django.test import Client as Browser

from benchmarks import files, loads, utility
from benchmarks.utility import MONTH, SLOTS
from cdsc_portal.lib.time import clock
from datahub.store.channel_months import forget_months
from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.factories.feeds import load_days
from tools.scale_model import CONSTANTS, Constants

METERS, HOMES, CALLS = 10_000, 100, 200
_TICK = os.sysconf("SC_CLK_TCK")
_TABLES = """
    SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::float FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname LIKE ANY(%s)
"""
_HIERARCHY = ["accounts\\_%", "datahub\\_channel"]
_DISCLOSURES = ["consent\\_disclosure%"]


def measured() -> Constants:
    """Measure, and write them down."""
    with transaction.atomic():
        forget_months(month=MONTH)
    before = _bytes(_HIERARCHY)
    for _number in range(HOMES):
        household()
    meter_bytes = (_bytes(_HIERARCHY) - before) / HOMES
    place = utility.build(METERS)
    reading_bytes, load = _loaded(place)
    readings = METERS * SLOTS
    call, disclosure_bytes = _called()
    constants = Constants(
        meters_measured=METERS,
        meter_bytes=round(meter_bytes),
        reading_bytes=round(reading_bytes, 3),
        reading_wal_bytes=round(load["wal"] / readings, 3),
        reading_worker_seconds=load["own"] / readings,
        reading_database_seconds=load["database"] / readings,
        call_web_seconds=round(call["own"] / CALLS, 6),
        call_database_seconds=round(call["database"] / CALLS, 6),
        call_wal_bytes=round(call["wal"] / CALLS),
        disclosure_bytes=round(disclosure_bytes),
    )
    CONSTANTS.write_bytes(orjson.dumps(asdict(constants), option=orjson.OPT_INDENT_2) + b"\n")
    return constants


def _loaded(place: utility.Utility) -> tuple[float, dict[str, float]]:
    """Bytes a stored reading with its index, and what loading a day of all meters took."""
    feed = utility.feed_of("scale", "usage_csv_wide", **loads.CSV)
    day = MONTH + timedelta(days=3)
    with TemporaryDirectory() as folder:
        path = files.wide_csv(
            Path(folder) / "day.csv", place.meters, day, utility.day_of_values(METERS, seed=1)
        )
        run = loads.store(feed, path)
        spent = _spent(lambda: loads.load(run))
    partition = f"interval_block_{MONTH:%Y_%m}"
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {partition}")
        cursor.execute(f"SELECT pg_total_relation_size('{partition}')::float / sum(known) FROM {partition}")
        (size,) = cursor.fetchone()
    return float(size), spent


def _called() -> tuple[dict[str, float], float]:
    """What calls took for a month of a meter's hours, through the whole product; and bytes a disclosure."""
    home = household()
    load_days(home.meter, MONTH, 30, step=3600)
    reader = Reader()
    reader.granted(home.contract)
    browser = Browser(headers=reader.bearer)

    def calls() -> None:
        for _call in range(CALLS):
            answer: Any = browser.get("/usage_data")
            if answer.status_code != 200:
                raise RuntimeError(f"a call was answered {answer.status_code}")

    calls()
    before = _bytes(_DISCLOSURES)
    spent = _spent(calls)
    for _more in range(4):  # pages and index pages fill up: few calls say little of bytes
        calls()
    return spent, (_bytes(_DISCLOSURES) - before) / (5 * CALLS)


def _spent(work: Callable[[], object]) -> dict[str, float]:
    """Seconds of processor of this process and of the database's server, and bytes of the log."""
    own, database, wal = _own_seconds(), _database_seconds(), _wal()
    work()
    return {"own": _own_seconds() - own, "database": _database_seconds() - database, "wal": _wal() - wal}


def _own_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _database_seconds() -> float:
    """All its processes: those that run, and those that ended, which the first one of them has counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()
    first = _stat(session)[1]
    running = [stat for path in Path("/proc").glob("[0-9]*") if (stat := _stat(int(path.name)))[1] == first]
    return (sum(_stat(first)[11:15]) + sum(sum(stat[11:13]) for stat in running)) / _TICK


def _stat(pid: int) -> list[int]:
    """Numbers of a process from its state on (the parent is the second, times from the twelfth on)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0] * 15
    return [0, *map(int, fields[1:15])]


def _wal() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return float(cursor.fetchone()[0])


def _bytes(tables: list[str]) -> float:
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute(_TABLES, [tables])
        return float(cursor.fetchone()[0])


def report() -> str:
    at = clock.now()
    return f"{CONSTANTS.name}, {at:%Y-%m-%d}: {asdict(measured())}"
