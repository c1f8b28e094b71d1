"""What all kinds of sources share: what a look brings back, which files are complete, how a file is taken once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import IO, BinaryIO, cast

from django.conf import settings
from django.db import transaction

from cdsc_portal.env import EnvironmentValueError, feed_secret
from cdsc_portal.lib.time import clock
from datahub.feeds.runs.life_cycle import start_run
from datahub.models import FeedRun, FeedSource, SeenFile

PIECE = 1 << 20  # bytes
LONGEST_TRANSFER = timedelta(hours=1)
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]+")
_PARTIAL = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload")


class SourceProblemError(Exception):
    """Why a look failed, in words for staff. Holds no secret and no query string."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file at a source: its size in bytes and when it was last written."""

    name: str
    size: int
    modified_ns: int

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.modified_ns // 1_000_000_000, UTC)


@dataclass(frozen=True, slots=True)
class Collected:
    """What one look brought: the newest run, whether files are still being written, what could not be taken and why."""

    last_run: FeedRun | None = None
    is_settling: bool = False
    problems: tuple[str, ...] = ()


@transaction.atomic
def compare_with_last_look(
    source: FeedSource, listing: Sequence[ListedFile]
) -> tuple[list[ListedFile], list[ListedFile], bool]:
    """The complete files, oldest first; those taken on an earlier look; whether files are still being written.

    A file is complete when two looks in a row see the same size and time. A file named as partial (.part, .tmp, a
    leading dot) is remembered and never complete; renamed to a name that fits the source's pattern, with the same size
    and time, it is. Three queries.
    """
    known = {seen.name: seen for seen in source.seen_files.all()}
    names = {file.name for file in listing}
    renamed = {
        (seen.size, seen.modified_ns)
        for seen in known.values()
        if seen.name not in names and seen.taken is None and seen.size
    }
    complete, taken, changed = [], [], []
    is_settling = False
    for file in listing:
        name, state = file.name, (file.size, file.modified_ns)
        seen = known.get(name)
        is_same = seen is not None and (seen.size, seen.modified_ns) == state
        if not is_same:
            changed.append(SeenFile(source=source, name=name, size=file.size, modified_ns=file.modified_ns))
        is_partial = name.startswith(".") or name.lower().endswith(_PARTIAL)
        if is_partial or not fnmatchcase(name, source.pattern):
            continue
        if is_same and seen is not None and seen.taken:
            taken.append(file)
        elif is_same or state in renamed:
            complete.append(file)
        else:
            is_settling = True
    source.seen_files.exclude(name__in=names).delete()
    SeenFile.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["source", "name"],
        update_fields=["size", "modified_ns", "taken"],
        batch_size=2_000,
    )
    return sorted(complete, key=lambda file: (file.modified_ns, file.name)), taken, is_settling


def take(source: FeedSource, listed: ListedFile, file: IO[bytes], *, at: datetime) -> FeedRun:
    """Start a run of the file and record that it was taken: both or neither. Raises as `start` does."""
    with transaction.atomic():
        run = start(source, file, name=listed.name, version_at=listed.modified, at=at)
        SeenFile.objects.filter(source=source, name=listed.name).update(taken=at)
    return run


def start(source: FeedSource, file: IO[bytes], *, name: str, version_at: datetime, at: datetime) -> FeedRun:
    """A run of what `file` holds; a `version_at` in the future counts as now, else no later file could win.

    Raises SourceProblemError: it cannot be read, or not be stored here.
    """
    try:
        content = cast(BinaryIO, file)
        return start_run(
            feed=source.feed, file=content, name=name, by=None, at=at, version_at=min(version_at, at)
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


def is_printable(name: str) -> bool:
    """Whether a file's name can be stored and shown."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return len(name) <= 255 and _PRINTABLE.fullmatch(name) is not None
