from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from accounts.models import User
from datahub.feeds.loading.base import Plan
from datahub.models import IntervalBlock, RejectedRow, RunStatus
from datahub.queries.readings import readings
from datahub.services import work
from datahub.services.runs import RunNotHeldError, confirm_run, rerun, start_run, stranded_runs
from datahub.services.work import carry_out
from tests.datahub.runs.files import metered, usage_file
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def feed():
    return FeedFactory(settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")


@pytest.fixture
def meter():
    return MeterDeviceFactory(meter_number="M-1")


def bring(feed, content, at=MORNING, by: User | None = None):
    run = start_run(feed=feed, file=BytesIO(content), name="march.csv", by=by, at=at)
    carry_out(run_id=run.pk)
    run.refresh_from_db()
    return run


def counts(run):
    return (run.rows_read, run.accepted, run.unchanged, run.rejected)


def test_a_file_is_stored_loaded_and_counted(feed, meter):
    run = bring(feed, usage_file("M-1", [1, 2, 3]))

    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 3, 0, 0)
    assert run.chunks_done == run.chunks_total == 2
    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "2", "3"]


def test_the_same_file_again_changes_nothing_and_says_so(feed, meter):
    bring(feed, usage_file("M-1", [1, 2, 3]))
    before = IntervalBlock.objects.values().get()

    again = bring(feed, usage_file("M-1", [1, 2, 3]), at=MORNING + timedelta(days=1))

    assert again.status == RunStatus.DONE
    assert again.problem == "The same file as march.csv of 2026-03-02 08:00 UTC; nothing changed."
    assert counts(again) == (3, 0, 3, 0)
    assert IntervalBlock.objects.values().get() == before


def test_the_copy_of_a_file_known_already_is_dropped(feed, meter, tmp_path):
    first = bring(feed, usage_file("M-1", [1, 2, 3]))

    again = bring(feed, usage_file("M-1", [1, 2, 3]), at=MORNING + timedelta(days=1))

    assert again.file.name == first.file.name
    assert [path.read_bytes() for path in tmp_path.rglob("*.csv")] == [usage_file("M-1", [1, 2, 3])]


def test_a_file_that_breaks_off_while_it_comes_leaves_nothing(feed, tmp_path):
    class BreaksOff(BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise ConnectionResetError
            return super().read(2_000_000)

    with pytest.raises(ConnectionResetError):
        start_run(feed=feed, file=BreaksOff(bytes(3_000_000)), name="march.csv", by=None, at=MORNING)

    assert not feed.runs.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_old_file_sent_again_does_not_undo_a_correction(feed, meter):
    bring(feed, usage_file("M-1", [1, 2, 3]) + b"M-1,not a time,4\n")
    bring(feed, usage_file("M-1", [1, 9, 3]), at=MORNING + timedelta(days=1))

    bring(feed, usage_file("M-1", [1, 2, 3]) + b"M-1,not a time,4\n", at=MORNING + timedelta(days=2))

    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "9", "3"]


def test_a_correction_is_counted_as_accepted_and_the_rest_as_unchanged(feed, meter):
    bring(feed, usage_file("M-1", [1, 2, 3]))

    run = bring(feed, usage_file("M-1", [1, 5, 3]), at=MORNING + timedelta(days=1))

    assert counts(run) == (3, 1, 2, 0)


def test_rows_that_cannot_be_taken_have_their_line_reason_and_text(feed, meter):
    run = bring(
        feed,
        usage_file("M-1", [1]) + usage_file("M-2", [2])[len(b"meter,start,value\n") :] + b"M-1,never,3\n",
    )

    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 1, 0, 2)
    unknown, broken = RejectedRow.objects.order_by("line")
    assert (unknown.line, unknown.reason) == (3, "meter M-2 is not known here")
    assert unknown.text == "M-2,2026-03-01T00:00:00Z,2"
    assert (broken.line, broken.text) == (4, "M-1,never,3")


def test_a_file_of_which_rows_were_rejected_is_read_again_when_its_meter_is_known(feed):
    first = bring(feed, usage_file("M-1", [1, 2]))
    meter = MeterDeviceFactory(meter_number="M-1")

    again = rerun(run=first, by=None, at=MORNING + timedelta(hours=1))
    carry_out(run_id=again.pk)

    again.refresh_from_db()
    assert (first.rejected, again.accepted, again.rejected) == (2, 2, 0)
    assert readings(metered(meter))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"meter,value\nM-1,3\n", b"<html>oops</html>"])
def test_a_broken_file_is_refused_and_changes_nothing(feed, meter, content):
    run = bring(feed, content)

    assert run.status == RunStatus.REFUSED
    assert run.problem
    assert counts(run) == (0, 0, 0, 0)
    assert not IntervalBlock.objects.exists()


def test_a_run_whose_worker_died_goes_on_where_it_stopped(feed, monkeypatch):
    meters = [MeterDeviceFactory() for _ in range(4)]
    content = usage_file(*[part for meter in meters for part in (meter.meter_number, [7, 8])])
    monkeypatch.setattr("datahub.feeds.loading.plan._BLOCKS_A_STEP", 1)
    started = start_run(feed=feed, file=BytesIO(content), name="march.csv", by=None, at=MORNING)
    in_peace = work._load_chunk

    def dies_at_the_third(run, plan: Plan, number):
        if number == 3:
            raise KeyboardInterrupt
        in_peace(run, plan, number)

    monkeypatch.setattr(work, "_load_chunk", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        carry_out(run_id=started.pk)
    started.refresh_from_db()
    stopped = (started.status, started.chunks_done, started.accepted)
    monkeypatch.setattr(work, "_load_chunk", in_peace)

    carry_out(run_id=started.pk)

    started.refresh_from_db()
    assert stopped == (RunStatus.RUNNING, 3, 4)
    assert (started.status, started.chunks_done) == (RunStatus.DONE, 5)
    assert counts(started) == (8, 8, 0, 0)
    assert [one.decimals() for one in readings(metered(*meters))] == [["7", "8"]] * 4


def test_the_sweep_finds_runs_whose_message_or_worker_was_lost(feed, meter):
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", [1])), name="march.csv", by=None, at=MORNING)

    assert stranded_runs(at=MORNING + timedelta(seconds=10)) == []
    assert stranded_runs(at=MORNING + timedelta(minutes=1)) == [run.pk]


def test_runs_of_one_feed_are_carried_out_in_the_order_they_came(feed, meter):
    first, second = (
        start_run(
            feed=feed, file=BytesIO(usage_file("M-1", [value])), name=f"{value}.csv", by=None,
            at=MORNING + timedelta(seconds=value),
        )
        for value in (1, 2)
    )  # fmt: skip

    carry_out(run_id=second.pk)

    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["2"]
    first.refresh_from_db()
    assert first.status == RunStatus.DONE


def test_only_a_held_run_can_be_confirmed(feed, meter):
    run = bring(feed, usage_file("M-1", [1]))

    with pytest.raises(RunNotHeldError, match="done"):
        confirm_run(run=run, by=None)


def test_a_run_that_fails_says_so_and_does_not_hold_up_its_feed(feed, meter, monkeypatch):
    def breaks(**_parts):
        raise ZeroDivisionError

    monkeypatch.setattr(work, "plan_of", breaks)

    run = bring(feed, usage_file("M-1", [1]))

    assert run.status == RunStatus.FAILED
    assert run.problem == "Unexpected ZeroDivisionError; the log has the details."
