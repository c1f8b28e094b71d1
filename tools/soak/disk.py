"""A soak's last step: the database's disk is full in the middle of a run, then it has room again.

Any user can do this. The table of a month that has no rows yet is laid on /dev/full, a device that answers each write
as a full disk does: what fails is PostgreSQL's own write, with the system's own error.
"""

from datetime import date
from pathlib import Path

from django.db import connection

from accounts.models import MeterDevice
from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.models import FeedRun, RunStatus
from datahub.store.partitions import ensure_months
from datahub.usage.readings import readings
from tools.soak.course import (
    FEEDS,
    METERS,
    SLOTS,
    STEP,
    Soak,
    SoakFailedError,
    compare_meter,
    first_second,
    meter_numbers,
    pending,
    sweep,
    wait_until,
)

_TRIES = 7  # more than the attempts after which a run that gets no further would fail
_DEVICE = Path("/dev/full")


def fill_disk(soak: Soak) -> str:
    """What was done, in words. Raises SoakFailedError where a run fails, or leaves something half-done."""
    while soak.files % len(FEEDS) or not _crosses_a_month(soak.files // len(FEEDS)):
        soak.bring()
    sweep()
    wait_until("every run is over", lambda: not pending().exists(), nudge=sweep)
    week = soak.files // len(FEEDS)
    table = _table_on_a_full_disk(soak, _day(first_second(week + 1) - STEP).replace(day=1))
    soak.bring()
    run = FeedRun.objects.latest("pk")
    for _ in range(_TRIES):
        FeedRun.objects.filter(pk=run.pk).update(problem="")
        sweep()
        wait_until("the run says that the disk is full", lambda: _says_so(run), nudge=sweep)
    stopped_at = _half_way(run, week)
    _make_room(soak, table)
    wait_until("the run is over", lambda: not pending().exists(), nudge=sweep)
    for number in meter_numbers(FEEDS[0]):
        compare_meter(number, week + 1)
    return f"the disk was full {_TRIES} times at {stopped_at:,} of {METERS * SLOTS:,} rows, then the rest was loaded"


def _crosses_a_month(week: int) -> bool:
    """In its later half: parts of the file are in before one needs the month that has no room."""
    begin, end = first_second(week), first_second(week + 1) - STEP
    return _day(begin).month == _day((begin + end) // 2).month != _day(end).month


def _day(moment: int) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + moment // 86_400)


def _table_on_a_full_disk(soak: Soak, month: date) -> Path:
    """Lay the month's table on the device; it must have no rows. Answers its file."""
    ensure_months(months=[month])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filepath(%s)", [f"interval_block_{month:%Y_%m}"])
        table = soak.postgres.data / cursor.fetchone()[0]
        cursor.execute("CHECKPOINT")
    if table.stat().st_size:
        raise SoakFailedError(f"{month:%B} has rows already")
    table.unlink()
    table.symlink_to(_DEVICE)
    return table


def _make_room(soak: Soak, table: Path) -> None:
    """The table's file as it was, empty; the server starts again, as after its disk was made larger."""
    connection.close()
    soak.postgres.crash()
    table.unlink()
    soak.postgres.lay(table)
    soak.postgres.start()


def _says_so(run: FeedRun) -> bool:
    run.refresh_from_db()
    return run.problem.startswith("The database's disk is full.")


def _half_way(run: FeedRun, week: int) -> int:
    """How many rows are in. Raises SoakFailedError unless those are stored, no more, and the run waits for room."""
    meters = MeterDevice.objects.filter(meter_number__in=meter_numbers(FEEDS[0]))
    spans = [MeteredSpan(1, 1, meter.pk, Span()) for meter in meters]
    stored = sum(int(channel.known.sum()) for channel in readings(spans)) - METERS * SLOTS * week
    state = (run.status, run.attempts, run.accepted, run.rejected, run.parked)
    if state != (RunStatus.RUNNING, 0, stored, 0, 0) or not 0 < stored < METERS * SLOTS:
        raise SoakFailedError(f"on a full disk: {state}, and {stored} readings are stored")
    return stored
