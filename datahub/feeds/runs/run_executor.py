"""Executes feed runs: one at a time in each feed, a chunk a transaction, resumed where it stopped."""

import errno
import time
from contextlib import suppress

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from cdsc_portal.lib.db.advisory_locks import session_lock
from cdsc_portal.lib.time import clock
from datahub.feeds.loading.kind import LoadHeldError
from datahub.feeds.loading.kinds import KINDS
from datahub.feeds.runs.chunks import RunTakenOverError, load_file
from datahub.feeds.runs.life_cycle import PENDING
from datahub.feeds.runs.run_mail import tell_of_trouble
from datahub.models import FeedRun, RunStatus
from datahub.rows.base import FeedStructureError
from datahub.signals import meters_arrived

log = structlog.get_logger(__name__)
_FEED_LOCKS = 0x0FEED
_MOST_ATTEMPTS = 5
_PAUSES = (1, 2, 4, 8, 16)  # seconds before the next attempt; a restart of the database takes a few
_WENT_WELL = 60  # seconds; a failure after so long a time begins the pauses anew
_DISK_FULL = "53100"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class RunPausedError(Exception):
    """The run waits as it is until the sweep starts it again."""


def execute_due_runs(*, run_id: int) -> None:
    """Execute the run, after those of its feed that came before it.

    The worker that locks the feed executes its pending runs in order; another worker returns at once. The lock belongs
    to the database session, so that it ends with its worker. If the database goes away, the run resumes when it is
    back. Raises OperationalError if that takes longer than a worker waits.
    """
    pauses = iter(_PAUSES)
    while True:
        began = time.monotonic()
        try:
            _execute_pending(FeedRun.objects.values_list("feed_id", flat=True).get(pk=run_id))
        except (RunPausedError, RunTakenOverError):
            return
        except (OperationalError, InterfaceError) as error:
            connection.close()
            if time.monotonic() - began > _WENT_WELL:
                pauses = iter(_PAUSES)
            pause = next(pauses, None)
            if pause is None:
                raise
            log.warning("feed_run.database_away", run=run_id, error=type(error).__name__, pause=pause)
            time.sleep(pause)
        else:
            return


def _execute_pending(feed_id: int) -> None:
    while (
        _next(feed_id) is not None
    ):  # checked again after the lock is released: a run may have come just before
        with session_lock(_FEED_LOCKS, feed_id) as held:
            if not held:
                return
            while (run := _next(feed_id)) is not None:
                _execute(run)


def _next(feed_id: int) -> FeedRun | None:
    pending = FeedRun.objects.filter(feed=feed_id, status__in=PENDING).select_related("feed")
    return pending.order_by("created", "pk").first()


def _execute(run: FeedRun) -> None:
    if run.attempts >= _MOST_ATTEMPTS:
        _close(run, RunStatus.FAILED, f"It was started {run.attempts} times and got no further.")
        return
    now = clock.now()
    run.status, run.started, run.heartbeat = RunStatus.RUNNING, run.started or now, now
    run.attempts, run.problem = run.attempts + 1, ""
    run.save(update_fields=["status", "started", "heartbeat", "attempts", "problem"])
    log.info("feed_run.started", run=run.public_id, feed=run.feed.public_id, resumed_at=run.chunks_done)
    try:
        load_file(run)
        _close(run, RunStatus.DONE, "")
    except FeedStructureError as error:
        _close(run, RunStatus.REFUSED, str(error))
    except LoadHeldError as held:
        _close(run, RunStatus.HELD, str(held))
    except FileNotFoundError:
        _close(run, RunStatus.FAILED, "The stored file is not there any more.")
    except OSError as error:
        _pause(
            run, f"The file or the space to work on it: {error.strerror}.", no_space=error.errno in _NO_SPACE
        )
    except (OperationalError, InterfaceError, RunTakenOverError) as error:
        if getattr(error.__cause__, "sqlstate", "") == _DISK_FULL:
            _pause(run, "The database's disk is full.", no_space=True)
        raise  # the database or the lock went away: nothing is to be recorded
    except Exception as error:  # a run that fails must not hold up its feed
        log.exception("feed_run.failed", run=run.public_id)
        _close(run, RunStatus.FAILED, f"Unexpected {type(error).__name__}; the log has the details.")


def _pause(run: FeedRun, problem: str, *, no_space: bool) -> None:
    """Record why the run does not go on and leave it to the sweep. Waiting for space is no failed attempt."""
    log.error("feed_run.paused", run=run.public_id, problem=problem)
    with suppress(DatabaseError):  # a full disk may refuse even this
        FeedRun.objects.filter(pk=run.pk).update(
            problem=f"{problem} The run goes on by itself when that has passed.",
            heartbeat=clock.now(),
            attempts=0 if no_space else F("attempts"),
        )
    raise RunPausedError(run.public_id)


@transaction.atomic
def _close(run: FeedRun, status: RunStatus, problem: str) -> None:
    now = clock.now()
    pending = FeedRun.objects.filter(status__in=PENDING)
    current = pending.select_for_update(of=("self",)).select_related("feed").filter(pk=run.pk).first()
    if current is None:
        return  # another worker has taken it over and closed it
    run = current
    run.status, run.problem, run.heartbeat, run.finished = status, problem, now, now
    run.chunks_total = run.chunks_done if status == RunStatus.DONE else None
    run.save(update_fields=["status", "problem", "heartbeat", "finished", "chunks_total"])
    tell_of_trouble(run=run, at=now)
    kind = KINDS.get(run.feed.kind)  # None: withdrawn
    if run.parked or (kind is not None and kind.brings_meters):
        transaction.on_commit(lambda: meters_arrived.send(sender=FeedRun))
    taken = now - (run.started or now)
    log.info("feed_run.closed", run=run.public_id, status=status, seconds=round(taken.total_seconds(), 3))
