"""A real worker process on a real broker, killed in the middle of a chunk."""

import signal
from datetime import timedelta

import pytest
from django.db import transaction

from cdsc_portal.lib.time import clock
from datahub.models import Channel, FeedRun, IntervalBlock, RunStatus
from datahub.usage.readings import readings
from tests.datahub.feeds.runs.files import FIRST, metered
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory, load_readings, usage_series
from tests.support import workers
from tests.support.workers import run, somebody_waits_for_us, start_worker, wait_until

DAYS = 500


@pytest.fixture(params=workers.BROKERS)
def surroundings(request, tmp_path, settings):
    """The environment of the worker."""
    settings.MEDIA_ROOT = tmp_path / "media"
    with workers.surroundings(request.param, tmp_path) as environment:
        yield environment


@pytest.fixture
def worker(surroundings):
    """Starts a worker; whatever is left of them is killed at the end."""
    started = []

    def start():
        started.append(start_worker(surroundings))
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
        wait_until(somebody_waits_for_us)
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
    sums = [int(channel.values[channel.known].sum()) for channel in readings(metered(*meters))]
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
