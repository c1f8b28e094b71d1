"""The files of runs in the storage: as they came, and a day after their last use compressed (docs/retention.md)."""

import hashlib
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import BinaryIO, cast

import structlog
import zstandard
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q, QuerySet

from datahub.models import FeedRun, RunStatus

log = structlog.get_logger(__name__)
FILES_KEPT = timedelta(days=90)
PLAIN_FOR = timedelta(days=1)
_COMPRESSED = ".zst"
_DENSE = (_COMPRESSED, ".zip", ".gz", ".pdf")  # nothing to gain
_OVER = (RunStatus.DONE, RunStatus.REFUSED, RunStatus.FAILED)
_IN_MEMORY, _PIECE = 16 << 20, 1 << 20  # bytes


def stored_file(run: FeedRun) -> BinaryIO:
    """The run's file from its beginning; raises FileNotFoundError where it is lost, or was kept no longer."""
    name = str(run.file.name)
    if not name:
        raise FileNotFoundError(f"the file of run {run.public_id} is kept no longer")
    stored = run.file.storage.open(name, "rb")
    if not name.endswith(_COMPRESSED):
        return cast(BinaryIO, stored)
    with stored:
        plain = SpooledTemporaryFile(_IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - the caller closes it
        zstandard.ZstdDecompressor().copy_stream(stored, plain)
    plain.seek(0)
    return cast(BinaryIO, plain)


def compress_old_files(*, at: datetime) -> int:
    """Compress the files that no run used for PLAIN_FOR; returns how many. What cannot be read again stays as it is."""
    dense = Q()
    for ending in _DENSE:
        dense |= Q(file__iendswith=ending)
    return sum(_compress(name) for name in _unused(at - PLAIN_FOR).exclude(dense))


def delete_old_files(*, at: datetime) -> int:
    """Delete the files that no run used for FILES_KEPT: the same file again, or loaded again, has one copy.

    The rows first: a file without a row is garbage, a row without its file would be a run that cannot be looked at.
    """
    names = list(_unused(at - FILES_KEPT))
    for name in names:
        FeedRun.objects.filter(file=name).update(file="")
        default_storage.delete(name)
    return len(names)


def _unused(since: datetime) -> "QuerySet[FeedRun, str]":
    """Names of files of which every run was over before `since`."""
    over = Q(status__in=_OVER, finished__lt=since)
    used = FeedRun.objects.filter(~over | Q(finished=None), file=OuterRef("file"))
    unused = FeedRun.objects.filter(over, ~Exists(used)).exclude(file="")
    return unused.order_by("file").values_list("file", flat=True).distinct()


def _compress(name: str) -> bool:
    with TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as packed:
        try:
            with default_storage.open(name, "rb") as plain:
                zstandard.ZstdCompressor(level=3).copy_stream(plain, packed)
        except FileNotFoundError:
            return False
        packed.seek(0)
        stored = default_storage.save(f"{name}{_COMPRESSED}", File(packed))
    runs = FeedRun.objects.filter(file=name)
    sha256 = runs.values_list("sha256", flat=True).first()
    if _digest(stored) != sha256 or not runs.update(file=stored):
        default_storage.delete(stored)
        log.error("feed_file.not_compressed", file=name)
        return False
    default_storage.delete(name)
    return True


def _digest(name: str) -> str:
    """Of what is in a compressed file, as it is read again."""
    with (
        default_storage.open(name, "rb") as packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as plain,
    ):
        digest = hashlib.sha256()
        while piece := plain.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
