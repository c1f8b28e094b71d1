from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from accounts.models import MeterDevice
from datahub.feeds.runs import chunks
from datahub.feeds.runs.life_cycle import RunNotHeldError, confirm_run, rerun, start_run, stranded_runs
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import IntervalBlock, RejectedRow, RunStatus
from datahub.usage.readings import readings
from tests.datahub.feeds.runs.files import MORNING, bring, counts, metered, usage_file
from tests.factories.accounts import MeterDeviceFactory

pytestmark = pytest.mark.django_db


def test_a_file_is_stored_loaded_and_counted(feed, meter):
    run = bring(feed, usage_file("M-1", [1, 2, 3]))

    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 3, 0, 0, 0)
    assert run.chunks_done == run.chunks_total == 1
    assert run.bytes_done == run.size
    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "2", "3"]


def test_the_same_file_again_changes_nothing_and_says_so(feed, meter):
    bring(feed, usage_file("M-1", [1, 2, 3]))
    before = IntervalBlock.objects.values().get()

    again = bring(feed, usage_file("M-1", [1, 2, 3]), at=MORNING + timedelta(days=1))

    assert again.status == RunStatus.DONE
    assert again.problem == "The same file as march.csv of 2026-03-02 08:00 UTC; nothing changed."
    assert counts(again) == (3, 0, 3, 0, 0)
    assert IntervalBlock.objects.values().get() == before


def test_the_copy_of_a_file_known_already_is_dropped(feed, meter, tmp_path):
    first = bring(feed, usage_file("M-1", [1, 2, 3]))

    again = bring(feed, usage_file("M-1", [1, 2, 3]), at=MORNING + timedelta(days=1))

    assert again.file.name == first.file.name
    assert [path.read_bytes() for path in tmp_path.rglob("*.csv")] == [usage_file("M-1", [1, 2, 3])]


def test_a_file_that_is_as_large_and_says_something_else_is_read(feed, meter):
    bring(feed, usage_file("M-1", [1, 2, 3]))

    run = bring(feed, usage_file("M-1", [1, 2, 4]), at=MORNING + timedelta(days=1))

    assert counts(run) == (3, 1, 2, 0, 0)
    assert feed.runs.values("file").distinct().count() == 2


@pytest.mark.parametrize("is_there", [False, True], ids=["gone", "no file"])
def test_the_same_file_is_known_by_its_hash_when_the_copy_cannot_be_read(feed, meter, is_there):
    first = bring(feed, usage_file("M-1", [1, 2, 3]))
    first.file.storage.delete(first.file.name)
    if is_there:
        Path(first.file.path).mkdir()

    again = bring(feed, usage_file("M-1", [1, 2, 3]), at=MORNING + timedelta(days=1))

    assert again.problem.startswith("The same file as march.csv")
    assert counts(again) == (3, 0, 3, 0, 0)


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

    assert counts(run) == (3, 1, 2, 0, 0)


def test_rows_that_cannot_be_taken_have_their_line_reason_and_text(feed, meter):
    MeterDeviceFactory(meter_number="M-2", commodity="water")
    run = bring(
        feed,
        usage_file("M-1", [1]) + usage_file("M-2", [2])[len(b"meter,start,value\n") :] + b"M-1,never,3\n",
    )

    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 1, 0, 2, 0)
    foreign, broken = RejectedRow.objects.order_by("line")
    assert (foreign.line, foreign.reason) == (3, "meter M-2 measures water, the file says electricity")
    assert foreign.text == "M-2,2026-03-01T00:00:00Z,2"
    assert (broken.line, broken.text) == (4, "M-1,never,3")


def test_a_file_of_which_rows_were_rejected_is_read_again(feed):
    meter = MeterDeviceFactory(meter_number="M-1", commodity="water")
    first = bring(feed, usage_file("M-1", [1, 2]))
    MeterDevice.objects.update(commodity="electricity")

    again = bring(feed, usage_file("M-1", [1, 2]), at=MORNING + timedelta(hours=1))
    last = rerun(run=first, by=None, at=MORNING + timedelta(hours=2))
    execute_due_runs(run_id=last.pk)

    last.refresh_from_db()
    assert (first.rejected, again.accepted, again.rejected, last.unchanged) == (2, 2, 0, 2)
    assert readings(metered(meter))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"meter,value\nM-1,3\n", b"<html>oops</html>"])
def test_a_broken_file_is_refused_and_changes_nothing(feed, meter, content):
    run = bring(feed, content)

    assert run.status == RunStatus.REFUSED
    assert run.problem
    assert counts(run) == (0, 0, 0, 0, 0)
    assert not IntervalBlock.objects.exists()


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

    execute_due_runs(run_id=second.pk)

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

    monkeypatch.setattr(chunks, "chunks_of", breaks)

    run = bring(feed, usage_file("M-1", [1]))

    assert run.status == RunStatus.FAILED
    assert run.problem == "Unexpected ZeroDivisionError; the log has the details."
