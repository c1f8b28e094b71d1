"""Small feed files, runs that bring them in, and the spans that show everything of a meter."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO

from django.db import connection

from accounts.models import MeterDevice, User
from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import Feed, FeedRun

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def usage_file(*meters_and_values: object) -> bytes:
    """Long CSV: for each meter number the values that follow it, a quarter of an hour each."""
    lines = ["meter,start,value"]
    for number, values in zip(meters_and_values[::2], meters_and_values[1::2], strict=True):
        for place, value in enumerate(values):
            start = FIRST + timedelta(minutes=15 * place)
            lines.append(f"{number},{start:%Y-%m-%dT%H:%M:%SZ},{value}")
    return ("\n".join(lines) + "\n").encode()


def metered(*meters: MeterDevice) -> Iterable[MeteredSpan]:
    return [MeteredSpan(place, 1, meter.pk, Span()) for place, meter in enumerate(meters)]


def bring(feed: Feed, content: bytes, at: datetime = MORNING, by: User | None = None) -> FeedRun:
    """The run of a file, carried out."""
    run = start_run(feed=feed, file=BytesIO(content), name="march.csv", by=by, at=at)
    execute_due_runs(run_id=run.pk)
    run.refresh_from_db()
    return run


def counts(run: FeedRun) -> tuple[int, int, int, int, int]:
    """Rows read, accepted, unchanged, rejected, parked; they always add up."""
    run.refresh_from_db()
    assert run.rows_read == run.accepted + run.unchanged + run.rejected + run.parked
    return (run.rows_read, run.accepted, run.unchanged, run.rejected, run.parked)


def execute_apart(run_id: int) -> None:
    """As another worker: with a database session of its own."""
    try:
        execute_due_runs(run_id=run_id)
    finally:
        connection.close()
