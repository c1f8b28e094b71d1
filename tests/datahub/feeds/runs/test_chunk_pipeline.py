"""Two chunks of a file are loaded at once and committed in order; whatever befalls one, the file is loaded whole."""

import threading
import time
from datetime import timedelta
from io import BytesIO
from itertools import islice

import pytest
from django.db import connection

from datahub.feeds.kinds import usage
from datahub.feeds.loading import kind, plan
from datahub.feeds.loading.parking import load_or_park
from datahub.feeds.runs import chunk_pipeline, chunks
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import Channel, FeedRun, IntervalBlock, RunStatus
from datahub.rows.base import FeedStructureError
from datahub.usage.readings import readings
from tests.datahub.feeds.runs.files import FIRST, MORNING, bring, counts, execute_apart, metered, usage_file
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory, load_readings, usage_series
from tests.support.queries import count_sessions

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 120  # seconds, for what comes at once


class Steps:
    """What the loader does with the chunks of a file whose readings are those of one meter each.

    `before` and `after` are called around writing a chunk's rows, with the first number of its meters.
    """

    def __init__(self, monkeypatch):
        self.before = self.after = lambda meter: None
        self.at_once, self._working, self._lock = 0, 0, threading.Lock()
        monkeypatch.setattr(usage, "load_or_park", self._load)

    def _load(self, *, rows, **options):
        meter = rows[0].channels.meters[0]
        with self._lock:
            self._working += 1
            self.at_once = max(self.at_once, self._working)
        try:
            self.before(meter)
            outcome = load_or_park(rows=rows, **options)
            self.after(meter)
            return outcome
        finally:
            with self._lock:
                self._working -= 1


@pytest.fixture
def steps(monkeypatch, parts_of_two_lines):
    return Steps(monkeypatch)


@pytest.fixture
def meters():
    """Five that have a channel each, with a reading of the quarter before."""
    made = [MeterDeviceFactory(meter_number=f"M-{number}") for number in range(1, 6)]
    load_readings(*(usage_series(meter, FIRST - timedelta(minutes=15), [5], scale=0) for meter in made))
    return made


def whole_file(meters):
    """A chunk for each."""
    parts = [part for place, meter in enumerate(meters) for part in (meter.meter_number, [place, place + 10])]
    return usage_file(*parts)


def holds_all(meters):
    loaded = [channel.decimals() for channel in readings(metered(*meters))]
    return loaded == [["5", str(place), str(place + 10)] for place in range(len(meters))]


def started(feed, meters):
    return start_run(feed=feed, file=BytesIO(whole_file(meters)), name="m.csv", by=None, at=MORNING)


def test_two_chunks_are_at_work_at_once(feed, meters, steps):
    together = threading.Barrier(2)
    steps.after = lambda meter: together.wait(LONG) if meter in ("M-2", "M-3") else None

    run = bring(feed, whole_file(meters))

    assert counts(run) == (10, 10, 0, 0, 0)
    assert (run.status, run.chunks_done, steps.at_once) == (RunStatus.DONE, 5, 2)
    assert holds_all(meters)


def test_the_later_is_committed_after_the_earlier(feed, meters, steps, monkeypatch):
    counted, in_peace, written = [], chunks.store_rejections, threading.Event()

    def counting(run, rejections, lines):
        counted.append(FeedRun.objects.get(pk=run.pk).chunks_done)
        return in_peace(run, rejections, lines)

    def waiting(meter):
        if meter == "M-2":
            assert written.wait(LONG)
            time.sleep(0.2)  # in which the third would commit

    monkeypatch.setattr(chunks, "store_rejections", counting)
    steps.before = waiting
    steps.after = lambda meter: written.set() if meter == "M-3" else None

    run = bring(feed, whole_file(meters))

    assert counted == [0, 1, 2, 3, 4]
    assert counts(run) == (10, 10, 0, 0, 0)
    assert holds_all(meters)


@pytest.mark.parametrize("dying", ["M-2", "M-3"])
def test_of_a_chunk_that_dies_and_of_those_behind_it_nothing_stays(feed, meters, steps, dying):
    run = started(feed, meters)

    def dies(meter):
        if meter == dying:
            steps.after = lambda meter: None
            raise KeyboardInterrupt

    steps.after = dies
    with pytest.raises(KeyboardInterrupt):
        execute_due_runs(run_id=run.pk)
    run.refresh_from_db()
    through = 1 if dying == "M-2" else 2
    stopped = (run.status, run.chunks_done, run.accepted, IntervalBlock.objects.filter(feed_run=run).count())

    execute_due_runs(run_id=run.pk)

    assert stopped == (RunStatus.RUNNING, through, 2 * through, through)
    assert counts(run) == (10, 10, 0, 0, 0)
    assert holds_all(meters)


def test_chunks_of_the_same_channels_wait_for_each_other(feed, meters, steps):
    lines = [b"meter,start,value\n"]
    for place in range(4):
        for number in (1, 2):
            start = f"{FIRST + timedelta(minutes=15 * place):%Y-%m-%dT%H:%M:%SZ}"
            lines.append(f"M-{number},{start},{place}\n".encode())

    run = bring(feed, b"".join(lines))

    assert counts(run) == (8, 8, 0, 0, 0)
    assert steps.at_once == 1
    both = [channel.decimals() for channel in readings(metered(*meters[:2]))]
    assert both == [["5", "0", "1", "2", "3"]] * 2


def test_chunks_that_make_the_same_channel_wait_for_each_other(feed, steps):
    MeterDeviceFactory(meter_number="M-1")

    run = bring(feed, usage_file("M-1", range(8)))

    assert counts(run) == (8, 8, 0, 0, 0)
    assert (steps.at_once, Channel.objects.count()) == (1, 1)


def test_of_new_meters_chunks_are_at_work_at_once(feed, steps):
    made = [MeterDeviceFactory(meter_number=f"M-{number}") for number in range(1, 4)]
    together = threading.Barrier(2)
    steps.after = lambda meter: together.wait(LONG) if meter != "M-1" else None

    run = bring(feed, whole_file(made))

    assert counts(run) == (6, 6, 0, 0, 0)
    assert [channel.decimals() for channel in readings(metered(*made))] == [
        ["0", "10"],
        ["1", "11"],
        ["2", "12"],
    ]


@pytest.mark.parametrize("going", ["M-2", "M-3"])
def test_a_channel_that_goes_is_made_anew_whichever_chunk_has_it(feed, meters, steps, going):
    together = threading.Barrier(2)

    def goes(meter):
        if meter in ("M-2", "M-3"):
            together.wait(LONG)
        if meter == going:
            steps.before = lambda meter: None
            former.delete()

    former = Channel.objects.get(meter__meter_number=going)
    IntervalBlock.objects.filter(channel=former).delete()
    steps.before = goes

    run = bring(feed, whole_file(meters))

    assert counts(run) == (10, 10, 0, 0, 0)
    again = Channel.objects.get(meter__meter_number=going)
    assert again.pk != former.pk
    values = {
        meter.meter_number: channel.decimals()[-2:]
        for meter in meters
        for channel in readings(metered(meter))
    }
    assert values == {f"M-{place + 1}": [str(place), str(place + 10)] for place in range(5)}


def test_a_later_chunk_gives_way_where_the_earlier_waits_for_it(
    feed, meters, parts_of_two_lines, monkeypatch
):
    monkeypatch.setattr(
        usage, "Chunk", lambda *parts, **named: kind.Chunk(*parts, **{**named, "meters": frozenset()})
    )
    monkeypatch.setattr(chunk_pipeline, "_CONFLICT_CHECK", 0.05)
    written, loads = threading.Event(), []

    def load(*, rows, **options):
        loads.append(number := (int(rows[0].starts[0]) - int(FIRST.timestamp())) // 1800 + 1)
        if number == 2:
            assert written.wait(LONG)
        outcome = load_or_park(rows=rows, **options)
        if number == 3:
            written.set()
        return outcome

    monkeypatch.setattr(usage, "load_or_park", load)

    run = bring(feed, usage_file("M-1", range(8)))

    assert counts(run) == (8, 8, 0, 0, 0)
    assert loads.count(3) == 2
    (channel,) = readings(metered(meters[0]))
    assert channel.decimals() == ["5", *map(str, range(8))]


def test_a_chunk_that_waits_gives_way_to_another_feed(feed, meters, monkeypatch, parts_of_two_lines):
    """Third waits in the worker for second, second for the other feed, and that for a row of the third."""
    monkeypatch.setattr(chunk_pipeline, "_CONFLICT_CHECK", 0.05)
    other = FeedFactory(settings=feed.settings, time_zone="UTC")
    runs = [
        started(feed, meters[:3]),
        start_run(
            feed=other, file=BytesIO(usage_file("M-2", [7], "M-3", [7])), name="o.csv", by=None, at=MORNING
        ),
    ]
    third = threading.Event()

    def load(*, rows, origin, **options):
        mine, meter = origin.run_id == runs[0].pk, rows[0].channels.meters[0]
        if not mine or meter == "M-2":
            assert third.wait(LONG)
        if mine and meter == "M-2":
            wait_until(somebody_waits)
        outcome = load_or_park(rows=rows, origin=origin, **options)
        if mine and meter == "M-3":
            third.set()
        return outcome

    monkeypatch.setattr(usage, "load_or_park", load)

    carried_out(runs)

    assert [run.status for run in runs] == [RunStatus.DONE] * 2


def test_a_month_is_made_when_no_chunk_is_at_work(feed, meters, steps, monkeypatch):
    content = usage_file("M-1", [1, 2], "M-2", [1, 2], "M-3", [1, 2])
    content += b"M-4,2031-07-01T00:00:00Z,4\nM-4,2031-07-01T00:15:00Z,4\n"
    working, at_work = [], set()

    def takes_a_while(meter):
        at_work.add(meter)
        time.sleep(0.2)

    steps.before, steps.after = takes_a_while, at_work.discard
    made = chunks.ensure_months

    def ensure_months(*, months):
        time.sleep(0.1)  # in which a chunk would have begun
        working.append(set(at_work))
        return made(months=months)

    monkeypatch.setattr(chunks, "ensure_months", ensure_months)

    run = bring(feed, content)

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE interval_block_2031_07")
    assert counts(run) == (8, 8, 0, 0, 0)
    assert working == [set()]


def test_what_comes_before_a_fault_of_the_file_is_loaded_also_where_it_takes_two_attempts(
    feed, meters, steps, monkeypatch
):
    former = Channel.objects.get(meter__meter_number="M-2")
    IntervalBlock.objects.filter(channel=former).delete()

    def goes(meter):
        if meter == "M-2":
            steps.before = lambda meter: None
            former.delete()
            time.sleep(0.2)  # in which the fault is found

    def cut_off(**options):
        yield from islice(in_peace(**options), 2)
        raise FeedStructureError("cut off")

    in_peace = plan.parts_of
    monkeypatch.setattr(plan, "parts_of", cut_off)
    steps.before = goes

    run = bring(feed, whole_file(meters))

    assert (run.status, run.problem) == (RunStatus.REFUSED, "cut off")
    assert (run.chunks_done, run.accepted) == (2, 4)


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


def wait_until(true):
    until = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def carried_out(runs):
    """Each by a worker of its own; raises where one goes on for ever."""
    workers = [threading.Thread(target=execute_apart, args=[run.pk], daemon=True) for run in runs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(LONG)
        assert not worker.is_alive()
    for run in runs:
        run.refresh_from_db()


def test_no_session_is_left_behind(feed, meters, steps):
    before = count_sessions()

    run = bring(feed, whole_file(meters))

    assert run.status == RunStatus.DONE
    wait_until(lambda: count_sessions() <= before)
