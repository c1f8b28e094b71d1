"""Whatever is taken away from a run, it goes on where it stopped."""

import errno
import threading
from contextlib import nullcontext
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import OperationalError, connection
from psycopg.errors import DiskFull

from datahub.feeds.formats.registry import formats
from datahub.feeds.runs import chunks
from datahub.feeds.runs.feed_status import counts_in_words, progress_in_words
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import FeedRun, IntervalBlock, ParkedReadings, RunStatus
from datahub.usage.readings import readings
from tests.datahub.feeds.runs.files import MORNING, bring, counts, execute_apart, metered, usage_file
from tests.factories.accounts import MeterDeviceFactory

pytestmark = pytest.mark.django_db


def dies_at(number, monkeypatch):
    """The worker dies in chunk `number`, its rows written already; once."""
    in_peace = chunks.store_rejections

    def dies(run, rejections, lines):
        if FeedRun.objects.get(pk=run.pk).chunks_done == number:
            monkeypatch.setattr(chunks, "store_rejections", in_peace)
            raise KeyboardInterrupt
        return in_peace(run, rejections, lines)

    monkeypatch.setattr(chunks, "store_rejections", dies)


def test_a_run_whose_worker_died_goes_on_where_it_stopped(feed, monkeypatch, parts_of_two_lines):
    meters = [MeterDeviceFactory() for _ in range(4)]
    content = usage_file(*[part for meter in meters for part in (meter.meter_number, [7, 8])])
    started = start_run(feed=feed, file=BytesIO(content), name="march.csv", by=None, at=MORNING)
    dies_at(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        execute_due_runs(run_id=started.pk)
    started.refresh_from_db()
    stopped = (started.status, started.chunks_done, started.accepted)
    part_done = started.share_done

    execute_due_runs(run_id=started.pk)

    started.refresh_from_db()
    assert stopped == (RunStatus.RUNNING, 2, 4)
    assert 0.4 < part_done < 0.7
    assert (started.status, started.chunks_done) == (RunStatus.DONE, 4)
    assert counts(started) == (8, 8, 0, 0, 0)
    assert [channel.decimals() for channel in readings(metered(*meters))] == [["7", "8"]] * 4


def test_a_run_that_a_newer_release_cuts_otherwise_starts_over(feed, monkeypatch, parts_of_two_lines):
    meter = MeterDeviceFactory(meter_number="M-1")
    content = usage_file("M-1", [1, 2, 3, 4], "M-9", [5]) + b"M-1,never,6\n"
    started = start_run(feed=feed, file=BytesIO(content), name="march.csv", by=None, at=MORNING)
    dies_at(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        execute_due_runs(run_id=started.pk)
    monkeypatch.setattr("datahub.feeds.loading.plan.formats", formats)

    execute_due_runs(run_id=started.pk)

    started.refresh_from_db()
    assert started.status == RunStatus.DONE
    assert counts(started) == (6, 0, 4, 1, 1)
    assert (ParkedReadings.objects.count(), started.rejected_rows.count()) == (1, 1)
    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "2", "3", "4"]


def test_rate_and_time_left_are_told_while_a_run_goes_on(feed, monkeypatch, parts_of_two_lines):
    MeterDeviceFactory(meter_number="M-1")
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", range(8))), name="m.csv", by=None, at=MORNING)
    dies_at(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        execute_due_runs(run_id=run.pk)

    run.refresh_from_db()
    measured = run.rate
    run.rate = 0.04

    assert measured > 0
    assert progress_in_words(run) == "53 %, 0 rows/s, 1 min 26 s left"
    assert counts_in_words(run) == "4 rows, 4 accepted, 0 unchanged, 0 rejected"


def test_what_is_over_tells_no_rate(feed, meter):
    run = bring(feed, usage_file("M-1", [1], "M-9", [2]))

    assert progress_in_words(run) == "100 %"
    assert counts_in_words(run) == "2 rows, 1 accepted, 0 unchanged, 0 rejected, 1 parked"


def database_full():
    raise OperationalError("could not extend file") from DiskFull("could not extend file")


def worker_full():
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        (database_full, "The database's disk is full."),
        (worker_full, "The file or the space to work on it: No space"),
    ],
)
def test_a_full_disk_leaves_the_run_to_be_taken_up_again(feed, meter, monkeypatch, fails, says):
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", [1])), name="m.csv", by=None, at=MORNING)
    in_peace = chunks.store_rejections

    for _again in range(7):
        monkeypatch.setattr(chunks, "store_rejections", lambda *_parts: fails())
        execute_due_runs(run_id=run.pk)
        run.refresh_from_db()
        assert (run.status, run.accepted) == (RunStatus.RUNNING, 0)
        assert run.problem.startswith(says)
    monkeypatch.setattr(chunks, "store_rejections", in_peace)
    execute_due_runs(run_id=run.pk)

    run.refresh_from_db()
    assert (run.status, run.problem, run.accepted) == (RunStatus.DONE, "", 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_feed_wait_in_line(feed, monkeypatch):
    MeterDeviceFactory(meter_number="M-1")
    first, second = (
        start_run(feed=feed, file=BytesIO(usage_file("M-1", [day])), name=f"{day}.csv", by=None, at=MORNING)
        for day in range(2)
    )
    in_peace, order = chunks.store_rejections, []

    def another_comes(run, rejections, lines):
        order.append(run.file_name)
        if run.pk == first.pk:
            another = threading.Thread(target=execute_apart, args=[second.pk])
            another.start()
            another.join(120)
            order.append(FeedRun.objects.get(pk=second.pk).status)
        return in_peace(run, rejections, lines)

    monkeypatch.setattr(chunks, "store_rejections", another_comes)
    execute_due_runs(run_id=first.pk)

    assert order == ["0.csv", RunStatus.WAITING, "1.csv"]
    assert set(FeedRun.objects.values_list("status", flat=True)) == {RunStatus.DONE}


@pytest.mark.django_db(transaction=True)
def test_when_the_database_goes_away_the_worker_goes_on_by_itself(feed, monkeypatch, parts_of_two_lines):
    meter = MeterDeviceFactory(meter_number="M-1")
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", [1, 2, 3])), name="m.csv", by=None, at=MORNING)
    in_peace = chunks.store_rejections

    def cut_off(run, rejections, lines):
        monkeypatch.setattr(chunks, "store_rejections", in_peace)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(chunks, "store_rejections", cut_off)
    monkeypatch.setattr("datahub.feeds.runs.run_executor._PAUSES", (0,))
    execute_due_runs(run_id=run.pk)

    run.refresh_from_db()
    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 3, 0, 0, 0)
    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "2", "3"]


@pytest.mark.parametrize("moved", [{"chunks_done": 1}, {"status": RunStatus.FAILED}])
def test_a_chunk_of_a_run_that_another_has_taken_over_is_undone(feed, meter, monkeypatch, moved):
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", [1, 2])), name="m.csv", by=None, at=MORNING)
    in_peace = chunks.store_rejections

    def taken_over(run, rejections, lines):
        FeedRun.objects.filter(pk=run.pk).update(**moved)
        return in_peace(run, rejections, lines)

    monkeypatch.setattr(chunks, "store_rejections", taken_over)
    execute_due_runs(run_id=run.pk)

    run.refresh_from_db()
    assert (run.status, run.chunks_done, run.accepted) == (RunStatus.RUNNING, 0, 0)
    assert not IntervalBlock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_hold_does_not_end_the_run_of_the_next(feed, monkeypatch, parts_of_two_lines):
    """Both are at the same chunk, of readings that no table takes twice."""
    MeterDeviceFactory(meter_number="M-1")
    feed.settings["interval_seconds"] = "700"
    feed.save()
    bring(feed, b"meter,start,value\nM-1,2026-02-01T00:00:00Z,1\n")  # its channel is there
    content = usage_file("M-1", [1, 2, 3, 4])
    run = start_run(feed=feed, file=BytesIO(content), name="m.csv", by=None, at=MORNING + timedelta(days=1))
    monkeypatch.setattr("datahub.feeds.runs.run_executor.session_lock", lambda *_feed: nullcontext(True))
    in_peace, another = chunks.store_rejections, threading.Thread(target=execute_apart, args=[run.pk])

    def another_comes(run, rejections, lines):
        monkeypatch.setattr(chunks, "store_rejections", in_peace)
        another.start()
        another.join(1)  # in which it comes as far as it can
        return in_peace(run, rejections, lines)

    monkeypatch.setattr(chunks, "store_rejections", another_comes)
    execute_due_runs(run_id=run.pk)
    another.join(120)

    run.refresh_from_db()
    assert (run.status, run.problem, run.chunks_done) == (RunStatus.DONE, "", 2)
    assert counts(run) == (4, 4, 0, 0, 0)


def test_a_run_that_gets_no_further_ends_and_lets_the_next_by(feed, meter):
    stuck = start_run(feed=feed, file=BytesIO(usage_file("M-1", [1])), name="m.csv", by=None, at=MORNING)
    FeedRun.objects.update(attempts=5, status=RunStatus.RUNNING)

    after = bring(feed, usage_file("M-1", [2]), at=MORNING + timedelta(hours=1))

    stuck.refresh_from_db()
    assert (stuck.status, after.status) == (RunStatus.FAILED, RunStatus.DONE)
    assert stuck.problem == "It was started 5 times and got no further."


def test_a_run_whose_stored_file_is_gone_says_so(feed, meter):
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", [1])), name="m.csv", by=None, at=MORNING)
    run.file.storage.delete(run.file.name)

    execute_due_runs(run_id=run.pk)

    run.refresh_from_db()
    assert (run.status, run.problem) == (RunStatus.FAILED, "The stored file is not there any more.")
