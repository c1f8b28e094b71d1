"""Files too long to wait for: requested by a person, written by a worker, kept for a day, then deleted.

A file has its name in the storage only once it is whole: it is written to a folder of the machine first. A worker that
dies leaves a row whose heartbeat stops; the sweep gives it to another one, which starts over.
"""

import errno
import os
import time
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from accounts.models import ServiceContract, User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.db.advisory_locks import session_lock
from cdsc_portal.lib.http.checked_stream import BrokenOffError
from cdsc_portal.lib.runtime import private_files
from cdsc_portal.lib.runtime.file_storage import WrittenFile
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span
from consent.access import OwnerAccess
from datahub.downloads.mail import write_file_ready
from datahub.models import Download, DownloadProblem, DownloadStatus
from datahub.models.downloads import KEPT
from datahub.signals import download_waiting

log = structlog.get_logger(__name__)

Stream = Callable[
    [str, Span, Callable[[], OwnerAccess | None]], Iterator[tuple[bytes, int]]
]  # form, window, gate
MOST_WAITING = 3  # of one person at a time
PENDING = (DownloadStatus.WAITING, DownloadStatus.RUNNING)
_LOCKS = 0x0D01D
_FOLDER = "downloads"
_MOST_ATTEMPTS = 5
_SILENT = timedelta(seconds=60)  # after which a worker counts as gone
_BEAT = 2  # seconds
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class TooManyWaitingError(Exception):
    """The person has as many files on their way as one may have."""


@transaction.atomic
def ask_for_download(
    *,
    user: User,
    contracts: Collection[ServiceContract],
    form: str,
    start: date,
    end: date,
    total: int,
    at: datetime,
) -> Download:
    """A file of local days [start, end) in the form csv, json or xml, with about `total` readings.

    Raises TooManyWaitingError.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two clicks at once count one after the other
    if Download.objects.filter(user=user, status__in=PENDING).count() >= MOST_WAITING:
        raise TooManyWaitingError
    download = Download.objects.create(
        user=user, form=form, start=start, end=end, total=total, created=at, heartbeat=at
    )
    download.contracts.set(contracts)
    transaction.on_commit(
        lambda: download_waiting.send(sender=Download, download_id=download.pk), robust=True
    )
    return download


def prepare_download(*, download_id: int, stream: Stream) -> None:
    """Write the file and mail its person; run twice, the second run finds nothing to do."""
    with session_lock(_LOCKS, download_id) as held:
        download = Download.objects.filter(pk=download_id, status__in=PENDING).select_related("user").first()
        if not held or download is None:
            return
        if download.attempts >= _MOST_ATTEMPTS:
            _fail(download, DownloadProblem.UNEXPECTED)
            return
        download.status, download.attempts, download.done = DownloadStatus.RUNNING, download.attempts + 1, 0
        download.heartbeat = clock.now()
        download.save(update_fields=["status", "attempts", "done", "heartbeat"])
        try:
            _finish(download, _write_file(download, stream))
        except BrokenOffError:
            _fail(download, DownloadProblem.NO_ACCESS)
        except OSError as error:
            if error.errno not in _NO_SPACE:
                raise
            # waiting for space is no failed attempt; the sweep starts it again
            download.status, download.problem = DownloadStatus.WAITING, DownloadProblem.NO_SPACE
            download.attempts, download.heartbeat = 0, clock.now()
            download.save(update_fields=["status", "problem", "attempts", "heartbeat"])
            log.error("download.no_space", download=download.public_id)


def stranded_downloads(*, at: datetime) -> list[int]:
    """Keys of those whose message or worker was lost."""
    silent = Download.objects.filter(status__in=PENDING, heartbeat__lt=at - _SILENT)
    return list(silent.order_by("created").values_list("pk", flat=True))


def delete_old_downloads(*, at: datetime) -> int:
    """Delete files whose day is over, what is left of those that failed, and files whose person is gone; how many."""
    over = Q(status=DownloadStatus.READY, expires__lte=at)
    over |= Q(status=DownloadStatus.FAILED, heartbeat__lte=at - KEPT)
    count = 0
    for download in Download.objects.filter(over):
        default_storage.delete(stored_name(download))
        _unfinished(download).unlink(missing_ok=True)  # of a worker that was killed
        download.delete()
        count += 1
    return count + _delete_orphans(at - KEPT)


def _delete_orphans(before: datetime) -> int:
    """Files whose row went with its person, once they are as old as a file may get."""
    try:
        _, names = default_storage.listdir(_FOLDER)
    except FileNotFoundError:
        return 0
    ids = {name: name.partition(".")[0] for name in names}
    known = set(Download.objects.filter(public_id__in=ids.values()).values_list("public_id", flat=True))
    gone = 0
    for name, public_id in ids.items():
        path = f"{_FOLDER}/{name}"
        if public_id not in known and default_storage.get_modified_time(path) < before:
            default_storage.delete(path)
            gone += 1
    return gone


def stored_name(download: Download) -> str:
    """Where the whole file is in the storage, or will be."""
    return f"{_FOLDER}/{download.public_id}.{download.form}"


def _unfinished(download: Download) -> Path:
    """Where the worker of this machine writes it."""
    return Path(settings.SCRATCH_DIR) / f"{download.public_id}.part"


def _write_file(download: Download, stream: Stream) -> Path:
    """The whole file, not yet under its name."""
    keys = frozenset(download.contracts.values_list("pk", flat=True))

    def reopen() -> OwnerAccess | None:
        """Nothing, once one of the contracts is no longer theirs to see."""
        seen = visible_contracts(user=download.user, at=clock.now()).filter(pk__in=keys).count()
        return OwnerAccess(download.user_id, keys) if seen == len(keys) and download.user.is_active else None

    window = days(download.start, download.end)
    path = _unfinished(download)
    private_files.make_folder(path.parent)
    try:
        with private_files.open_file(path, "wb") as out:
            beat, done = time.monotonic(), 0
            for piece, done in stream(download.form, window, reopen):  # noqa: B007 - the last one is saved below
                out.write(piece)
                if time.monotonic() - beat >= _BEAT:
                    _save_progress(download, done)
                    beat = time.monotonic()
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _save_progress(download, done)
    return path


def _save_progress(download: Download, done: int) -> None:
    Download.objects.filter(pk=download.pk).update(done=min(done, download.total), heartbeat=clock.now())


@transaction.atomic
def _finish(download: Download, path: Path) -> None:
    """Name, row and mail together; where the commit fails, the sweep writes it anew."""
    now, name = clock.now(), stored_name(download)
    size = path.stat().st_size
    default_storage.delete(name)  # of a try whose commit failed
    default_storage.save(name, WrittenFile(path))
    path.unlink(missing_ok=True)
    download.status, download.problem = DownloadStatus.READY, ""
    download.file, download.size = name, size
    download.done, download.heartbeat, download.expires = download.total, now, now + KEPT
    download.save(update_fields=["status", "problem", "file", "size", "done", "heartbeat", "expires"])
    write_file_ready(download=download, at=now)
    log.info("download.ready", download=download.public_id, bytes=download.size)


def _fail(download: Download, problem: DownloadProblem) -> None:
    download.status, download.problem, download.heartbeat = DownloadStatus.FAILED, problem, clock.now()
    download.save(update_fields=["status", "problem", "heartbeat"])
    log.warning("download.failed", download=download.public_id, problem=problem)
