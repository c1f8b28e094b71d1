"""Feed runs: a file comes in, waits, is confirmed or sent again. `work` carries them out."""

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from datahub.models import Feed, FeedRun, RunStatus
from datahub.signals import run_waiting

STALE_AFTER = timedelta(seconds=30)  # longer than the pause between two heartbeats of a worker that lives
PENDING = (RunStatus.WAITING, RunStatus.RUNNING)


class RunNotHeldError(Exception):
    """Only a run that waits for a confirmation can be confirmed."""


@transaction.atomic
def start_run(
    *,
    feed: Feed,
    content: bytes,
    name: str,
    by: User | None,
    at: datetime,
    version_at: datetime | None = None,
) -> FeedRun:
    """Store `content` and let a worker load it; `version_at` is the file's own time, by default `at`.

    The same file again is not read: the run is done at once, says so and changes nothing. A file of which rows were
    rejected or that failed is read again, at the time it had the first time.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    former = feed.runs.filter(sha256=sha256).order_by("created").last()
    run = FeedRun(
        feed=feed, file_name=name, sha256=sha256, size=len(content), by=by, created=at,
        version_at=former.version_at if former else version_at or at,
    )  # fmt: skip
    if former is not None and former.status == RunStatus.DONE and not former.rejected:
        _repeat(run, former, at)
    else:
        suffix = PurePath(name).suffix.lower()[:10]
        run.file.save(f"{run.public_id}{suffix}", ContentFile(content), save=False)
        _announce(run)
    run.save()
    return run


@transaction.atomic
def rerun(*, run: FeedRun, by: User | None, at: datetime) -> FeedRun:
    """Read the stored file of `run` once more, e.g. when its unknown meters are known now."""
    again = FeedRun(
        feed=run.feed, file=run.file.name, file_name=run.file_name, sha256=run.sha256, size=run.size,
        by=by, created=at, version_at=run.version_at,
    )  # fmt: skip
    again.save()
    _announce(again)
    return again


@transaction.atomic
def confirm_run(*, run: FeedRun, by: User | None) -> FeedRun:
    """Let a held run go on as it is. Raises RunNotHeldError unless it is held."""
    run = FeedRun.objects.select_for_update().get(pk=run.pk)
    if run.status != RunStatus.HELD:
        raise RunNotHeldError(f"the run is {run.get_status_display()}")
    run.confirmed, run.confirmed_by, run.status, run.problem = True, by, RunStatus.WAITING, ""
    run.save()
    _announce(run)
    return run


def stranded_runs(*, at: datetime) -> list[int]:
    """Keys of runs whose message was lost or whose worker has gone quiet, oldest first."""
    quiet = Q(heartbeat__lt=at - STALE_AFTER) | Q(heartbeat__isnull=True, created__lt=at - STALE_AFTER)
    return list(
        FeedRun.objects.filter(quiet, status__in=PENDING)
        .order_by("created", "pk")
        .values_list("pk", flat=True)
    )


def _repeat(run: FeedRun, former: FeedRun, at: datetime) -> None:
    run.file = former.file.name
    run.status, run.started, run.finished = RunStatus.DONE, at, at
    run.rows_read = run.unchanged = former.rows_read
    run.problem = (
        f"The same file as {former.file_name} of {former.created:%Y-%m-%d %H:%M} UTC; nothing changed."
    )


def _announce(run: FeedRun) -> None:
    transaction.on_commit(lambda: run_waiting.send(sender=FeedRun, run_id=run.pk))
