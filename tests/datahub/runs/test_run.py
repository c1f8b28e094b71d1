from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.db import OperationalError, connection
from psycopg.errors import DiskFull

from accounts.models import MeterDevice, User
from datahub.feeds.formats.base import Part
from datahub.feeds.formats.registry import formats
from datahub.feeds.formats.usage_rows import UsageColumns
from datahub.models import FeedRun, IntervalBlock, ParkedReadings, RejectedRow, RunStatus
from datahub.queries.readings import readings
from datahub.services import chunks
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
    assert run.rows_read == run.accepted + run.unchanged + run.rejected + run.parked
    return (run.rows_read, run.accepted, run.unchanged, run.rejected)


@pytest.fixture
def parts_of_two_lines(monkeypatch):
    """Cuts a long CSV into a part for each two lines, as if it were a hundred thousand times as large."""

    class InParts:
        def read(self, source, *, zone, settings, mapping):
            head, *lines = source.read().splitlines(keepends=True)
            offset = len(head)
            for first in range(0, len(lines), 2):
                some = lines[first : first + 2]
                offset += sum(map(len, some))
                parsed = long_csv.parse(head + b"".join(some), zone=zone, settings=settings)
                rows = [replace(one, lines=one.lines + first, line=one.line + first) for one in parsed.rows]
                rejected = [replace(one, line=one.line + first) for one in parsed.rejected]
                yield Part([UsageColumns.of(rows)] if rows else [], rejected, offset)

    long_csv = formats()["usage_csv_long"]
    monkeypatch.setattr("datahub.feeds.loading.plan.formats", lambda: {"usage_csv_long": InParts()})


def test_a_file_is_stored_loaded_and_counted(feed, meter):
    run = bring(feed, usage_file("M-1", [1, 2, 3]))

    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 3, 0, 0)
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
    MeterDeviceFactory(meter_number="M-2", commodity="water")
    run = bring(
        feed,
        usage_file("M-1", [1]) + usage_file("M-2", [2])[len(b"meter,start,value\n") :] + b"M-1,never,3\n",
    )

    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 1, 0, 2)
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
    carry_out(run_id=last.pk)

    last.refresh_from_db()
    assert (first.rejected, again.accepted, again.rejected, last.unchanged) == (2, 2, 0, 2)
    assert readings(metered(meter))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"meter,value\nM-1,3\n", b"<html>oops</html>"])
def test_a_broken_file_is_refused_and_changes_nothing(feed, meter, content):
    run = bring(feed, content)

    assert run.status == RunStatus.REFUSED
    assert run.problem
    assert counts(run) == (0, 0, 0, 0)
    assert not IntervalBlock.objects.exists()


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
        carry_out(run_id=started.pk)
    started.refresh_from_db()
    stopped = (started.status, started.chunks_done, started.accepted)
    part_done = started.share_done

    carry_out(run_id=started.pk)

    started.refresh_from_db()
    assert stopped == (RunStatus.RUNNING, 2, 4)
    assert 0.4 < part_done < 0.7
    assert (started.status, started.chunks_done) == (RunStatus.DONE, 4)
    assert counts(started) == (8, 8, 0, 0)
    assert [one.decimals() for one in readings(metered(*meters))] == [["7", "8"]] * 4


def test_a_run_that_a_newer_release_cuts_otherwise_starts_over(feed, monkeypatch, parts_of_two_lines):
    meter = MeterDeviceFactory(meter_number="M-1")
    content = usage_file("M-1", [1, 2, 3, 4], "M-9", [5]) + b"M-1,never,6\n"
    started = start_run(feed=feed, file=BytesIO(content), name="march.csv", by=None, at=MORNING)
    dies_at(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        carry_out(run_id=started.pk)
    monkeypatch.setattr("datahub.feeds.loading.plan.formats", formats)

    carry_out(run_id=started.pk)

    started.refresh_from_db()
    assert started.status == RunStatus.DONE
    assert counts(started) == (6, 0, 4, 1)
    assert (started.parked, ParkedReadings.objects.count(), started.rejected_rows.count()) == (1, 1, 1)
    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "2", "3", "4"]


def test_rate_and_time_left_are_told_while_a_run_goes_on(feed, monkeypatch, parts_of_two_lines):
    MeterDeviceFactory(meter_number="M-1")
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", range(8))), name="m.csv", by=None, at=MORNING)
    dies_at(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        carry_out(run_id=run.pk)

    run.refresh_from_db()
    run.rate = 2.0

    assert run.seconds_left == 2


def test_a_full_disk_leaves_the_run_to_be_taken_up_again(feed, meter, monkeypatch):
    run = start_run(feed=feed, file=BytesIO(usage_file("M-1", [1])), name="m.csv", by=None, at=MORNING)
    in_peace = chunks.store_rejections

    def full(run, rejections, lines):
        raise OperationalError("could not extend file") from DiskFull("could not extend file")

    for _again in range(7):
        monkeypatch.setattr(chunks, "store_rejections", full)
        carry_out(run_id=run.pk)
        run.refresh_from_db()
        assert (run.status, run.accepted) == (RunStatus.RUNNING, 0)
        assert run.problem.startswith("The database's disk is full.")
    monkeypatch.setattr(chunks, "store_rejections", in_peace)
    carry_out(run_id=run.pk)

    run.refresh_from_db()
    assert (run.status, run.problem, run.accepted) == (RunStatus.DONE, "", 1)


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
    monkeypatch.setattr("datahub.services.work._PAUSES", (0,))
    carry_out(run_id=run.pk)

    run.refresh_from_db()
    assert run.status == RunStatus.DONE
    assert counts(run) == (3, 3, 0, 0)
    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "2", "3"]


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

    carry_out(run_id=run.pk)

    run.refresh_from_db()
    assert (run.status, run.problem) == (RunStatus.FAILED, "The stored file is not there any more.")


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

    monkeypatch.setattr(chunks, "chunks_of", breaks)

    run = bring(feed, usage_file("M-1", [1]))

    assert run.status == RunStatus.FAILED
    assert run.problem == "Unexpected ZeroDivisionError; the log has the details."
