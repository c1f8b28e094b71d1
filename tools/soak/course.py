"""What a soak does once its server stands: files in, processes killed, readings compared."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from django.core.management import call_command
from django.db import connection
from django.db.models import F, QuerySet

from accounts.models import MeterDevice
from accounts.queries.links import MeteredSpan
from accounts.tasks import send_interactive_mail
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from datahub.feeds.runs.life_cycle import PENDING, start_run
from datahub.feeds.runs.registration import register_feed
from datahub.models import Feed, FeedRun, IntervalBlockHistory, ParkedReadings, RunStatus
from datahub.tasks import load_parked_readings, sweep_feed_runs
from datahub.usage.readings import readings
from tools.files import ROOT
from tools.own_postgres import OwnPostgres
from tools.soak.front import Front
from tools.soak.own_redis import OwnRedis

FEEDS = ("north", "south")
METERS, LATE = 12, 3  # of each feed; the late ones are not known at first, so that parking is interrupted too
DAYS, STEP = 7, 900  # of a file
SLOTS = DAYS * 86_400 // STEP
FIRST = datetime(2025, 1, 6, tzinfo=UTC)
KINDS = ("worker", "database", "worker and Redis", "Redis", "web", "nginx")
_QUEUE = 4  # files that wait at any moment
_LONGEST_MOMENT = 0.8  # seconds from a run at work to the end of something


class SoakFailedError(AssertionError):
    """What is stored is not what the files said; the message says where."""


@dataclass(slots=True)
class Soak:
    """One soak: what was brought, what was killed."""

    chance: random.Random
    postgres: OwnPostgres
    redis: OwnRedis
    front: Front
    var_dir: Path
    feeds: list[Feed] = field(default_factory=list)
    files: int = 0
    late: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    struck: int = 0
    coming: list[str] = field(default_factory=list)
    last: datetime = FIRST
    worker: "subprocess.Popen[bytes] | None" = None

    def prepare(self) -> None:
        """Tables, feeds, and the meters that are known from the start."""
        call_command("migrate", verbosity=0)
        settings = {"unit": "Wh", "interval_seconds": str(STEP)}
        for name in FEEDS:
            self.feeds.append(
                register_feed(
                    name=name,
                    format_name="usage_csv_long",
                    time_zone="UTC",
                    settings=settings,
                    at=clock.now(),
                )
            )
            numbers = meter_numbers(name)
            self.late += numbers[METERS - LATE :]
            for number in numbers[: METERS - LATE]:
                add_meter(number)
        self.chance.shuffle(self.late)
        self.front.prepare(MeterDevice.objects.get(meter_number=meter_numbers(FEEDS[0])[0]))

    def run(self, kills: int) -> None:
        """Load and kill, then let all that was brought be loaded."""
        self.start_worker()
        turns = set(self.chance.sample(range(kills), min(kills, len(self.late))))
        for turn in range(kills):
            self.front.turn()  # which waits for the web server: files brought before would be loaded by then
            self.fill_queue()
            self.kill()
            if turn in turns:
                add_meter(self.late.pop())
            if sys.stdout.isatty():
                print(f"\r{turn + 1} of {kills} kills, {self.files} files", end="", flush=True)
        while self.late:
            add_meter(self.late.pop())
        wait_until("every run is over", lambda: not pending().exists(), nudge=sweep)
        wait_until("no reading is parked", lambda: not ParkedReadings.objects.exists(), nudge=sweep)

    def fill_queue(self) -> None:
        """Some files wait at any moment, whatever was lost of the messages about them."""
        while pending().count() < _QUEUE:
            self.bring()
        sweep()

    def bring(self) -> None:
        """One more file, to the feeds in turn."""
        feed = self.feeds[self.files % len(self.feeds)]
        content = file_of(feed.name, self.files // len(self.feeds))
        start_run(feed=feed, file=BytesIO(content), name=f"{self.files}.csv", by=None, at=clock.now())
        self.files += 1

    def start_worker(self) -> None:
        command = [
            "-m",
            "celery",
            "-A",
            "tools.soak.worker",
            "worker",
            "--concurrency",
            "2",
            "--loglevel",
            "ERROR",
        ]
        with (self.var_dir / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [sys.executable, *command, "--without-mingle", "--without-gossip"],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill_worker(self) -> None:
        if self.worker is not None:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()

    def kill(self) -> None:
        """Wait until a run went on since the last time, and a random moment more; then something ends unwarned."""
        wait_until("a run goes on", self._goes_on, nudge=self.fill_queue)
        time.sleep(self.chance.uniform(0, _LONGEST_MOMENT))
        if not self.coming:  # in another order each time, so that few kills meet all of them
            self.coming = self.chance.sample(KINDS, len(KINDS))
        kind = self.coming.pop()
        self.struck += running().exists()
        self.killed[kind] += 1
        self.last = clock.now()
        if kind == "database":
            self.postgres.crash()
            connection.close()
            self.postgres.start()
            return
        if kind == "web":
            self.front.kill_web()
            return
        if kind == "nginx":
            self.front.kill_nginx()
            return
        if "worker" in kind:
            self.kill_worker()
        if "Redis" in kind:
            self.redis.kill()
            self.redis.start()
        if "worker" in kind:
            self.start_worker()
        sweep()

    def send_mail(self) -> None:
        """What beat does."""
        send_interactive_mail.delay()

    def _goes_on(self) -> bool:
        """Whether a worker is at a run again. What hardly moves is let by: a run gives up after five deaths."""
        return (
            running().filter(heartbeat__gt=self.last).exists()
            and not pending().filter(attempts__gte=3).exists()
        )

    def compare(self) -> str:
        """What was done, in words. Raises SoakFailedError where a reading or a count is not as it should be."""
        each = METERS * SLOTS
        wrong = FeedRun.objects.exclude(
            status=RunStatus.DONE, rows_read=each, accepted=each, bytes_done=F("size"), parked=0
        )
        if wrong:
            outcomes = wrong.values_list(
                "file_name", "status", "problem", "rows_read", "accepted", "unchanged", "rejected", "parked"
            )
            raise SoakFailedError(f"runs that ended otherwise: {list(outcomes[:5])}")
        if FeedRun.objects.count() != self.files or IntervalBlockHistory.objects.exists():
            raise SoakFailedError("runs are missing, or something was replaced")
        for place, name in enumerate(FEEDS):
            weeks = (self.files + len(FEEDS) - 1 - place) // len(FEEDS)
            for number in meter_numbers(name):
                compare_meter(number, weeks)
        killed = ", ".join(f"{count} x {kind}" for kind, count in sorted(self.killed.items()))
        return (
            f"killed {killed}, {self.struck} in the middle of a run; {self.files} files, {self.files * each:,} "
            "readings: each there once, exactly"
        )


def pending() -> QuerySet[FeedRun]:
    return FeedRun.objects.filter(status__in=PENDING)


def running() -> QuerySet[FeedRun]:
    return FeedRun.objects.filter(status=RunStatus.RUNNING)


def sweep() -> None:
    """What beat does, as if quiet runs had been quiet for long enough."""
    pending().update(heartbeat=FIRST)
    sweep_feed_runs()
    load_parked_readings.delay()


def wait_until(what: str, happened: Callable[[], bool], *, nudge: Callable[[], None]) -> None:
    """Look often, nudge now and then. Raises SoakFailedError after five minutes."""
    began = nudged = time.monotonic()
    while not happened():
        now = time.monotonic()
        if now - began > 300:
            raise SoakFailedError(f"waited in vain until {what}")
        if now - nudged > 5:
            nudge()
            nudged = now
        time.sleep(0.02)


def add_meter(number: str) -> None:
    MeterDevice.objects.create(meter_number=number, commodity="electricity")


def meter_numbers(feed: str) -> list[str]:
    return [f"{feed}-{place}" for place in range(METERS)]


def first_second(week: int) -> int:
    return int(FIRST.timestamp()) + week * SLOTS * STEP


def values_of(number: str, week: int) -> npt.NDArray[np.int64]:
    """Invented, and different in each slot."""
    seed = sum(ord(letter) * 31**place for place, letter in enumerate(number))
    return (np.arange(SLOTS, dtype=np.int64) + week * SLOTS) * 7_919 % 100_003 + seed % 9_973


def file_of(feed: str, week: int) -> bytes:
    """Long CSV of a week of all meters of a feed.

    In order of time, so that each part has some of every meter; of the other feed by meter, so that two parts are at
    work at once.
    """
    starts = np.datetime64(first_second(week), "s") + np.arange(SLOTS) * np.timedelta64(STEP, "s")
    columns = [(number, values_of(number, week).tolist()) for number in meter_numbers(feed)]
    lines = [
        [
            f"{number},{start:%Y-%m-%dT%H:%M:%SZ},{value}"
            for start, value in zip(starts.tolist(), values, strict=True)
        ]
        for number, values in columns
    ]
    by_time = zip(*lines, strict=True) if feed == FEEDS[0] else lines
    return "\n".join(["meter,start,value", *(line for some in by_time for line in some), ""]).encode()


def compare_meter(number: str, weeks: int) -> None:
    """Raises SoakFailedError unless the meter has exactly the readings of these weeks' files."""
    meter = MeterDevice.objects.get(meter_number=number)
    channels = readings([MeteredSpan(1, 1, meter.pk, Span())])
    starts = first_second(0) + np.arange(weeks * SLOTS) * STEP
    values = np.concatenate([values_of(number, week) for week in range(weeks)])
    if len(channels) != 1 or channels[0].scale != 0:
        raise SoakFailedError(f"{number} has {len(channels)} channels")
    (stored,) = channels
    known = stored.known
    if not np.array_equal(stored.starts[known], starts) or not np.array_equal(stored.values[known], values):
        raise SoakFailedError(
            f"{number}: {int(known.sum())} readings where {len(starts)} were brought, or others"
        )
