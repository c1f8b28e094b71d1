"""What all kinds of sources share: what a look brings back, and how a file is taken once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, BinaryIO, cast

from django.conf import settings
from django.db import transaction

from cdsc_portal.env import EnvironmentValueError, feed_secret
from cdsc_portal.lib.time import clock
from datahub.feeds.runs.life_cycle import start_run
from datahub.models import FeedRun, FeedSource, SeenFile

PIECE = 1 << 20  # bytes
LONGEST_TRANSFER = timedelta(hours=1)
_SPEAKABLE = re.compile(r"[^\x00-\x1f\x7f]+")


class SourceProblemError(Exception):
    """Why a look failed, in words for staff. Holds no secret and no query string."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file at a source: its size in bytes and when it was last written."""

    name: str
    size: int
    modified_ns: int

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.modified_ns // 1_000_000_000, UTC)


@dataclass(frozen=True, slots=True)
class Collected:
    """What one look brought: the newest run, whether files are still settling, what could not be taken and why."""

    last_run: FeedRun | None = None
    is_settling: bool = False
    problems: tuple[str, ...] = ()


def take(source: FeedSource, one: Listed, file: IO[bytes], *, at: datetime) -> FeedRun:
    """Start a run of the file and remember that it was taken: both or neither. Raises as `start` does."""
    with transaction.atomic():
        run = start(source, file, name=one.name, version_at=one.modified, at=at)
        SeenFile.objects.filter(source=source, name=one.name).update(taken=at)
    return run


def start(source: FeedSource, file: IO[bytes], *, name: str, version_at: datetime, at: datetime) -> FeedRun:
    """A run of what `file` holds; a `version_at` in the future counts as now, else it would win for ever.

    Raises SourceProblemError: it cannot be read, or not be stored here.
    """
    try:
        return start_run(
            feed=source.feed,
            file=cast(BinaryIO, file),
            name=name,
            by=None,
            at=at,
            version_at=min(version_at, at),
        )
    except OSError as error:
        raise SourceProblemError(f"{name}: {error.strerror or type(error).__name__}") from error


def spool_into(spool: IO[bytes], read: Callable[[int], bytes]) -> int:
    """Copy what `read` gives, piece by piece until it gives nothing; returns how many bytes; `spool` is rewound.

    Raises SourceProblemError: larger than FEED_FILE_MEGABYTES, an hour has passed, or no room; and what `read` raises.
    """
    most, size = settings.FEED_FILE_MEGABYTES << 20, 0
    until = clock.now() + LONGEST_TRANSFER
    while piece := read(PIECE):
        size += len(piece)
        if size > most:
            raise too_large()
        if clock.now() > until:
            raise SourceProblemError("the transfer took longer than an hour")
        try:
            spool.write(piece)
        except OSError as error:
            raise SourceProblemError(f"the file cannot be kept here: {error.strerror}") from error
    spool.seek(0)
    return size


def too_large() -> SourceProblemError:
    return SourceProblemError(
        f"the file is larger than {settings.FEED_FILE_MEGABYTES} MB (FEED_FILE_MEGABYTES)"
    )


def secret_of(source: FeedSource) -> str:
    """The secret its environment variable holds; empty where none is named. Raises SourceProblemError: not set."""
    if not source.secret_name:
        return ""
    try:
        secret = feed_secret(source.secret_name)
    except EnvironmentValueError as error:
        raise SourceProblemError(str(error)) from error
    if not secret:
        raise SourceProblemError(f"the environment variable {source.secret_name} is not set")
    return secret


def is_speakable(name: str) -> bool:
    """Whether a file's name can be stored and shown."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return len(name) <= 255 and _SPEAKABLE.fullmatch(name) is not None
