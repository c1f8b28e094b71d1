"""What people wait for while files load, and what watching costs a call."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import Client as Browser

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import OutgoingMail
from benchmarks import files, loads, server, utility
from benchmarks.measure import Figure, at_most, processor
from benchmarks.utility import MONTH, Utility
from cdsc_portal.background import FEEDS, INTERACTIVE
from cdsc_portal.lib.time import clock
from datahub.models import FeedRun, RunStatus
from demo.processes import Processes
from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.factories.feeds import load_days

_FILES, _METERS, _CODES = 10, 20_000, 6
_PATIENCE = 120  # seconds
_PENDING = (RunStatus.WAITING, RunStatus.RUNNING)
# as a web process counts: values lie in files that all processes share
_COUNTING = """
import time
from cdsc_portal.lib.runtime.counters import DISCLOSURES, REQUESTS, REQUEST_SECONDS

def count():
    REQUESTS.labels("usage_data", "GET", 200).inc()
    REQUEST_SECONDS.labels("usage_data").observe(0.004)
    DISCLOSURES.labels("usage_data").inc()

def milliseconds():
    began = time.process_time()
    for _ in range(2_000):
        count()
    return (time.process_time() - began) / 2

count()
print(min(milliseconds() for _ in range(6)))
"""


def figures(place: Utility) -> Iterator[Figure]:
    yield _counting()
    yield _codes(place.meters[:_METERS])


def _counting() -> Figure:
    """Of processor, for a call of a meter's month of hours."""
    home = household()
    load_days(home.meter, date(2026, 3, 1), 30, step=3600)
    reader = Reader()
    reader.granted(home.contract)
    browser = Browser(headers=reader.bearer)
    (call,) = processor(lambda: browser.get("/usage_data"))
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _COUNTING],
            cwd=settings.BASE_DIR,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder},
            check=True,
            capture_output=True,
            text=True,
        )
    return at_most(
        "counting for /metrics / a call for a month of hours", "ms", float(done.stdout), call, 0.02
    )


def _codes(meters: Sequence[str]) -> Figure:
    """The slowest of some codes, from its row to the mail server's answer, with a worker a queue as in `deploy/`."""
    environment = {**os.environ, "DATABASE_URL": server.database_url(), "PYTHONPATH": str(settings.BASE_DIR)}
    processes = Processes(Path(settings.VAR_DIR), environment)
    with TemporaryDirectory() as folder:
        try:
            for queue in (INTERACTIVE, FEEDS):
                processes.start(f"bench-{queue}", _worker(queue))
            _wait("workers", _sent_in)
            for number in range(_FILES):
                feed = utility.feed_of(f"under load {number}", "usage_csv_wide", **loads.CSV)
                day = MONTH + timedelta(days=15 + number)
                values = utility.day_of_values(_METERS, seed=number)
                path = files.wide_csv(Path(folder) / f"{number}.csv", meters, day, values)
                loads.store(feed, path)
            _wait("a file that loads", lambda: FeedRun.objects.filter(status=RunStatus.RUNNING).exists())
            waited = [_sent_in() for _code in range(_CODES)]
            loading = FeedRun.objects.filter(status__in=_PENDING).count()
            if not loading:
                raise RuntimeError("the files were loaded before the codes were sent")
            _wait("the files", lambda: not FeedRun.objects.filter(status__in=_PENDING).exists())
        finally:
            processes.stop()
    return at_most(f"slowest of {_CODES} codes while {_FILES} files load / 2 s", "s", max(waited), 2.0, 1)


def _worker(queue: str) -> list[str]:
    command = [sys.executable, "-m", "celery", "-A", "cdsc_portal", "worker"]
    return [*command, "--queues", queue, "--concurrency", "1", "--loglevel", "ERROR"]


def _sent_in() -> float:
    """Seconds until a code that is written now was sent: its row goes with it."""
    began = time.perf_counter()
    write_sign_in_mail(to="somebody@example.com", subject="Code", text="123456", at=clock.now())
    _wait("a code", lambda: not OutgoingMail.objects.filter(opens_login=True).exists())
    return time.perf_counter() - began


def _wait(what: str, happened: Callable[[], object]) -> None:
    until = time.monotonic() + _PATIENCE
    while not happened():
        if time.monotonic() > until:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.01)
