"""Carrying out feed runs: one at a time in each feed, a chunk a transaction, resumed where it stopped."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from cdsc_portal.lib import clock
from datahub.feeds.formats.base import FeedStructureError, Rejection
from datahub.feeds.loading.base import LoadHeldError, Plan
from datahub.feeds.loading.plan import plan_of
from datahub.feeds.store.load import Loaded
from datahub.feeds.store.tally import Origin
from datahub.models import FeedRun, RejectedRow, RunStatus
from datahub.services.runs import PENDING

log = structlog.get_logger(__name__)
_FEED_LOCKS = 0x0FEED  # first key of the advisory locks, the second is the feed
_MOST_ATTEMPTS = 5
_MOST_TEXT = 1_000


class RunTakenOverError(Exception):
    """Another worker holds the run now; this one writes nothing more."""


def carry_out(*, run_id: int) -> None:
    """Carry out the run, after those of its feed that came before it.

    Two workers on one feed wait in line: who holds the feed takes the pending runs in order, another
    returns at once. The hold is the database session's, so that it ends with its worker. Raises OperationalError
    where the database went away: the run stays as it is and goes on when it is carried out again.
    """
    feed_id = FeedRun.objects.values_list("feed_id", flat=True).get(pk=run_id)
    while _next(feed_id) is not None:  # looked at again after letting go: one may have come just before
        with _hold(feed_id) as held:
            if not held:
                return
            while (run := _next(feed_id)) is not None:
                _carry_out(run)


def _next(feed_id: int) -> FeedRun | None:
    pending = FeedRun.objects.filter(feed=feed_id, status__in=PENDING).select_related("feed")
    return pending.order_by("created", "pk").first()


@contextmanager
def _hold(feed_id: int) -> Iterator[bool]:
    keys = [_FEED_LOCKS, feed_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s::int, %s::int)", keys)
        (held,) = cursor.fetchone()
    try:
        yield held
    finally:
        if held and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", keys)


def _carry_out(run: FeedRun) -> None:
    if run.attempts >= _MOST_ATTEMPTS:
        _close(run, RunStatus.FAILED, f"Its worker died {run.attempts} times at the same place.")
        return
    now = clock.now()
    run.status, run.started, run.heartbeat, run.attempts = (
        RunStatus.RUNNING,
        run.started or now,
        now,
        run.attempts + 1,
    )
    run.save(update_fields=["status", "started", "heartbeat", "attempts"])
    log.info("feed_run.started", run=run.public_id, feed=run.feed.public_id, resumed_at=run.chunks_done)
    try:
        _load(run)
    except FeedStructureError as error:
        _close(run, RunStatus.REFUSED, str(error))
    except LoadHeldError as held:
        _close(run, RunStatus.HELD, str(held))
    except (OperationalError, InterfaceError, RunTakenOverError):
        raise  # the database or the hold went away: nothing is to be recorded
    except Exception as error:  # a run that fails must not hold up its feed
        log.exception("feed_run.failed", run=run.public_id)
        _close(run, RunStatus.FAILED, f"Unexpected {type(error).__name__}; the log has the details.")


def _load(run: FeedRun) -> None:
    with run.file.open("rb") as file:
        plan = plan_of(feed=run.feed, content=file.read(), confirmed=run.confirmed)
    chunks = 1 + len(plan.steps)  # the first stores what the format rejected
    FeedRun.objects.filter(pk=run.pk).update(
        rows_read=plan.rows_read, chunks_total=chunks, heartbeat=clock.now()
    )
    plan.make_room()
    for number in range(run.chunks_done, chunks):
        _load_chunk(run, plan, number)
    _close(run, RunStatus.DONE, "")


@transaction.atomic
def _load_chunk(run: FeedRun, plan: Plan, number: int) -> None:
    """Load one part and record it as done, both or neither."""
    row = FeedRun.objects.select_for_update().get(pk=run.pk)
    if row.chunks_done != number or row.status != RunStatus.RUNNING:
        raise RunTakenOverError(run.public_id)
    at = clock.now()
    if number == 0:
        loaded = Loaded(rejected=list(plan.rejected))
    else:
        origin = Origin.of(run_id=run.pk, version_at=run.version_at or run.created, at=at)
        loaded = plan.steps[number - 1](origin)
    RejectedRow.objects.bulk_create(
        (_rejected(run, plan, rejection) for rejection in loaded.rejected), batch_size=2_000
    )
    FeedRun.objects.filter(pk=run.pk).update(
        chunks_done=number + 1,
        attempts=0,
        heartbeat=at,
        accepted=F("accepted") + loaded.accepted,
        unchanged=F("unchanged") + loaded.unchanged,
        kept_out=F("kept_out") + loaded.kept_out,
        rejected=F("rejected") + len(loaded.rejected),
    )


def _rejected(run: FeedRun, plan: Plan, rejection: Rejection) -> RejectedRow:
    return RejectedRow(
        run=run,
        line=rejection.line,
        reason=rejection.reason[:500],
        text=plan.text(rejection).replace("\x00", "\N{REPLACEMENT CHARACTER}")[:_MOST_TEXT],
    )


def _close(run: FeedRun, status: RunStatus, problem: str) -> None:
    now = clock.now()
    FeedRun.objects.filter(pk=run.pk).update(status=status, problem=problem, heartbeat=now, finished=now)
    taken = now - (run.started or now)
    log.info("feed_run.closed", run=run.public_id, status=status, seconds=round(taken.total_seconds(), 3))
