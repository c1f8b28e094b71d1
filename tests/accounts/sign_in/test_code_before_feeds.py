"""Somebody waits for a code: it does not wait behind files that take minutes."""

import time
from datetime import timedelta
from io import BytesIO

import pytest
from celery import current_app
from django.db import transaction

from accounts.mail.sign_in import write_sign_in_mail
from accounts.tasks import send_interactive_mail
from cdsc_portal.background import ROUTES, SILENT_AFTER
from cdsc_portal.lib.time import clock
from datahub.feeds.runs.life_cycle import start_run
from datahub.models import Channel, FeedRun, RunStatus
from datahub.tasks import run_feed
from tests.datahub.feeds.runs.files import FIRST, usage_file
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory, load_readings, usage_series
from tests.support.workers import (
    BROKERS,
    connection_to,
    somebody_waits_for_us,
    start_worker,
    surroundings,
    wait_until,
)

SECONDS = 2


def queue_of(task):
    return getattr(current_app.amqp.router.route({}, task)["queue"], "name", None)


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("accounts.tasks.send_interactive_mail", "interactive"),
        ("accounts.tasks.send_mail", "mail"),
        ("datahub.tasks.run_feed", "feeds"),
        ("datahub.tasks.write_download", "downloads"),
        ("datahub.tasks.compute_mix", "mix"),
        ("consent.tasks.expire_grants", "upkeep"),
    ],
)
def test_what_a_person_waits_for_has_a_queue_of_its_own(task, queue):
    assert queue_of(task) == queue


def test_each_route_names_a_task_there_is():
    assert [task for task in ROUTES if task not in current_app.tasks] == []


def test_a_worker_that_is_told_of_no_queue_serves_them_all():
    assert set(current_app.amqp.queues.consume_from) == set(SILENT_AFTER)


@pytest.mark.django_db(transaction=True)
def test_a_code_goes_out_while_a_file_loads(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    meter = MeterDeviceFactory(meter_number="M-1")
    feed = FeedFactory(name="meters", settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")
    load_readings(usage_series(meter, FIRST - timedelta(days=1), [1], scale=0))
    file = BytesIO(usage_file("M-1", list(range(96))))
    loading = start_run(feed=feed, file=file, name="file.csv", by=None, at=clock.now())

    with surroundings(BROKERS[-1], tmp_path) as environment, connection_to(environment) as broker:
        apart = ["-X", "interactive"], ["-Q", "interactive"]
        workers = [start_worker(environment, *queues) for queues in apart]
        try:
            write_code("a code to begin with: the worker is there")
            send_interactive_mail.apply_async(connection=broker)
            wait_until(lambda: posted(tmp_path) == 1)
            write_code("the code that somebody waits for")
            with transaction.atomic():
                Channel.objects.select_for_update().get()  # the file waits for it, and its worker with it
                run_feed.apply_async([loading.pk], connection=broker)
                wait_until(somebody_waits_for_us)
                began = time.monotonic()
                send_interactive_mail.apply_async(connection=broker)
                wait_until(lambda: posted(tmp_path) == 2)
                seconds = time.monotonic() - began
                assert FeedRun.objects.get(pk=loading.pk).status == RunStatus.RUNNING
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()

    assert seconds < SECONDS


def write_code(text):
    write_sign_in_mail(to="ana@example.com", subject="Your code", text=text, at=clock.now())


def posted(folder):
    return len(list((folder / "mail").glob("*")))
