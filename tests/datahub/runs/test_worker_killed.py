"""A real worker process on a real broker, killed in the middle of a chunk."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from django.db import connection, transaction

from cdsc_portal.lib import clock
from datahub.models import Channel, FeedRun, IntervalBlock, RunStatus
from datahub.queries.readings import readings
from tests.datahub.runs.files import FIRST, metered
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory, load_readings, usage_series
from tools.own_postgres import free_port

DAYS = 500
BROKERS = ["filesystem", *(["redis"] if shutil.which("redis-server") else [])]


@pytest.fixture(params=BROKERS)
def surroundings(request, tmp_path, settings):
    """The environment of the worker: the test's database, files of its own, a broker of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    named = {**os.environ, "DEVELOPMENT": "1", "VAR_DIR": str(tmp_path), "DATABASE_URL": database_url()}
    if request.param == "filesystem":
        yield {**named, "REDIS_URL": ""}
        return
    port = free_port()
    server = subprocess.Popen(["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)])
    wait_until(lambda: answers(port))
    yield {**named, "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    server.kill()
    server.wait()


@pytest.fixture
def worker(surroundings):
    """Starts a worker; whatever is left of them is killed at the end."""
    started = []

    def start():
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "cdsc_portal",
            "worker",
            "--pool=solo",
            "--loglevel=ERROR",
        ]
        started.append(subprocess.Popen(command, env=surroundings))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_and_doubles_nothing(surroundings, worker, tmp_path):
    meters = [MeterDeviceFactory(meter_number=f"M-{place}") for place in range(4)]
    feed = FeedFactory(name="meters", settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")
    load_readings(usage_series(meters[2], FIRST - timedelta(days=1), [1], scale=0))
    (tmp_path / "years.csv").write_bytes(years_of(meters))
    victim = worker()
    with transaction.atomic():
        Channel.objects.select_for_update().get()  # the chunk waits for it, its blocks written already
        run(surroundings, "manage.py", "load_feed", "--feed", feed.name, str(tmp_path / "years.csv"))
        wait_until(waits_for_us)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    stopped = FeedRun.objects.get(feed=feed)
    FeedRun.objects.filter(feed=feed).update(heartbeat=clock.now() - timedelta(minutes=1))

    worker()
    run(surroundings, "-m", "celery", "-A", "cdsc_portal", "call", "datahub.tasks.sweep_feed_runs")
    wait_until(lambda: FeedRun.objects.get(feed=feed).status == RunStatus.DONE)

    done = FeedRun.objects.get(feed=feed)
    assert (stopped.status, stopped.chunks_done, stopped.accepted) == (RunStatus.RUNNING, 0, 0)
    assert (done.rows_read, done.accepted, done.unchanged, done.rejected) == (4 * DAYS, 4 * DAYS, 0, 0)
    assert IntervalBlock.objects.count() == 1 + 4 * DAYS
    sums = [int(one.values[one.known].sum()) for one in readings(metered(*meters))]
    assert sums == [value_sum(place) + (place == 2) for place in range(4)]


def years_of(meters):
    lines = [
        f"{meter.meter_number},{FIRST + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ},{place * 1_000 + day}"
        for place, meter in enumerate(meters)
        for day in range(DAYS)
    ]
    return "\n".join(["meter,start,value", *lines, ""]).encode()


def value_sum(place):
    return DAYS * place * 1_000 + DAYS * (DAYS - 1) // 2


def run(surroundings, *command):
    subprocess.run([sys.executable, *command], env=surroundings, check=True, stdout=subprocess.DEVNULL)


def waits_for_us():
    """By the locks: pg_stat_activity stands still while a transaction looks at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0] == 1


def wait_until(happened):
    """Two minutes: a slow machine with much to do takes its time to start a worker."""
    until = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def database_url():
    database = connection.settings_dict
    login = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    host = database["HOST"]
    query = {**database["OPTIONS"], **({"host": host} if host.startswith("/") else {})}
    address = "" if host.startswith("/") else f"{host}{':' if database['PORT'] else ''}{database['PORT']}"
    return f"postgresql://{login}@{address}/{quote(database['NAME'])}?{urlencode(query)}"


def answers(port):
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
