"""Feed runs: a file comes in, waits, is confirmed or sent again. `run_executor` executes them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from os import SEEK_END
from pathlib import PurePath
from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from datahub.feeds.runs.stored_files import stored_file
from datahub.models import Feed, FeedRun, RunStatus
from datahub.signals import run_waiting

STALE_AFTER = timedelta(seconds=30)  # longer than between two heartbeats of a live worker
PENDING = (RunStatus.WAITING, RunStatus.RUNNING)
_PIECE = 1 << 20  # bytes
_COMPARED = 20  # newest files of one size that a new one is compared with


class RunNotHeldError(Exception):
    """Only a run that waits for a confirmation can be confirmed."""


def start_run(
    *,
    feed: Feed,
    file: BinaryIO,
    name: str,
    by: User | None,
    at: datetime,
    version_at: datetime | None = None,
) -> FeedRun:
    """Store what `file` holds and let a worker load it; `version_at` is the file's own time, by default `at`.

    The same file again is not loaded: the run is done at once, says so and changes nothing. A file that failed or of
    which rows were rejected is loaded again, with the file time of the first run. Raises what reading `file` or writing
    the copy raises; then nothing is stored.
    """
    run = FeedRun(feed=feed, file_name=name, by=by, created=at)
    known = _same_as_stored(feed, file)
    if known is not None:
        _repeat(run, known, at)
        run.save()
        return run
    with _stored_copy(run, file):
        former = _former(feed, run.sha256)
        run.version_at = former.version_at if former else version_at or at
        with transaction.atomic():
            if former is not None and _took_all(former):
                _repeat(run, former, at)
            else:
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


def _same_as_stored(feed: Feed, file: BinaryIO) -> FeedRun | None:
    """The run that took all of the same file, by comparison with its stored copy: half the time of a hash.

    Where the copy is gone or cannot be read, the hash tells it later.
    """
    if not getattr(file, "seekable", bool)():  # the body of a request has no such method
        return None
    size = file.seek(0, SEEK_END)
    candidates = feed.runs.filter(size=size, status=RunStatus.DONE, rejected=0).order_by("-created")[
        :_COMPARED
    ]
    copies = {run.sha256: run for run in reversed(candidates)}  # the newest copy of each content
    same = next((sha256 for sha256, run in copies.items() if _is_copy(run, file)), None)
    file.seek(0)
    former = None if same is None else _former(feed, same)
    return former if former is not None and _took_all(former) else None


def _is_copy(run: FeedRun, file: BinaryIO) -> bool:
    """Whether the stored file of `run`, which has the same size, has the same bytes."""
    file.seek(0)
    try:
        with stored_file(run) as copy:
            while piece := file.read(_PIECE):
                if copy.read(len(piece)) != piece:
                    return False
    except OSError:  # of the copy; an error of the file comes again when it is read
        return False
    return True


def _former(feed: Feed, sha256: str) -> FeedRun | None:
    return feed.runs.filter(sha256=sha256).order_by("created").last()


def _took_all(run: FeedRun) -> bool:
    return run.status == RunStatus.DONE and not run.rejected


@contextmanager
def _stored_copy(run: FeedRun, file: BinaryIO) -> Iterator[None]:
    """A copy of `file` in the storage, hashed while it is copied; deleted again if the run does not use it."""
    storage = run.file.storage
    suffix = PurePath(run.file_name).suffix.lower()[:10]
    name = run.file.field.generate_filename(run, f"{run.public_id}{suffix}")
    hashed = _HashedFile(file, name)
    try:
        run.file = name = storage.save(name, hashed)
        run.sha256, run.size = hashed.sha256.hexdigest(), hashed.count
        yield
    except BaseException:
        storage.delete(name)
        raise
    if run.file.name != name:
        storage.delete(name)


class _HashedFile(File):  # type: ignore[type-arg]  # not generic when it runs
    """A file that is hashed and counted while it is read, once and in pieces."""

    DEFAULT_CHUNK_SIZE = _PIECE

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file, name)
        self.sha256 = hashlib.sha256()
        self.count = 0

    def seekable(self) -> bool:
        """A storage that tries a piece again must not read it again."""
        return False

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self.file.read(size)  # type: ignore[union-attr]  # it has one
        self.sha256.update(piece)
        self.count += len(piece)
        return piece

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while piece := self.read(chunk_size or self.DEFAULT_CHUNK_SIZE):
            yield piece


def _repeat(run: FeedRun, former: FeedRun, at: datetime) -> None:
    run.file, run.sha256, run.size = former.file.name, former.sha256, former.size
    run.version_at = former.version_at
    run.status, run.started, run.finished = RunStatus.DONE, at, at
    run.rows_read = run.unchanged = former.rows_read
    run.bytes_done = run.size
    run.problem = (
        f"The same file as {former.file_name} of {former.created:%Y-%m-%d %H:%M} UTC; nothing changed."
    )


def _announce(run: FeedRun) -> None:
    transaction.on_commit(lambda: run_waiting.send(sender=FeedRun, run_id=run.pk))
