"""A watched folder: complete files become runs and are moved to its folder `taken`."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

from cdsc_portal.lib.runtime import private_files
from datahub.feeds.sources.base import (
    Collected,
    ListedFile,
    SourceProblemError,
    compare_with_last_look,
    is_printable,
    take,
)
from datahub.models import FeedRun, FeedSource, SeenFile

TAKEN = "taken"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # no link is followed, and no pipe waited for


class _ChangedError(Exception):
    """The file was written to while it was read."""


class _UnchangedFile:
    """Reads a file; raises _ChangedError, at once or at its end, if it is not the listed one any more."""

    def __init__(self, file: BinaryIO, listed: ListedFile) -> None:
        self.file, self.listed = file, listed
        self._check()

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        if not piece:
            self._check()
        return piece

    def _check(self) -> None:
        if not _is_listed(os.fstat(self.file.fileno()), self.listed):
            raise _ChangedError


def collect_folder(source: FeedSource, *, at: datetime) -> Collected:
    """Take complete files, each once. A file is moved when its run is stored; if that fails, it is moved later.

    Raises SourceProblemError: no folder, or not in or below one of FEED_FOLDERS. A file that cannot be read is named as
    a problem, and the others are taken.
    """
    problems: list[str] = []
    last_run: FeedRun | None = None
    with _opened(source.address) as folder:
        complete, taken, is_settling = compare_with_last_look(source, _listing(folder, problems))
        for listed in taken:
            _move(source, folder, listed, problems)
        for listed in complete:
            try:
                with os.fdopen(os.open(listed.name, _FILE, dir_fd=folder), "rb") as file:
                    content = cast(BinaryIO, _UnchangedFile(file, listed))  # only read is used of it
                    last_run = take(source, listed, content, at=at)
            except _ChangedError:
                is_settling = True
            except OSError as error:
                problems.append(f"{listed.name}: {_reason(error)}")
            except SourceProblemError as error:
                problems.append(str(error))
            else:
                _move(source, folder, listed, problems)
    return Collected(last_run, is_settling, tuple(problems))


def inside_feed_folders(address: str) -> Path:
    """The folder itself, links followed. Raises SourceProblemError: not there, or outside of FEED_FOLDERS."""
    try:
        folder = Path(address).resolve(strict=True)
        roots = [root.resolve() for root in settings.FEED_FOLDERS]
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceProblemError(f"the folder cannot be opened: {_reason(error)}") from error
    if not any(folder.is_relative_to(root) for root in roots):
        raise SourceProblemError("the folder is not in or below one of FEED_FOLDERS")
    return folder


@contextmanager
def _opened(address: str) -> Iterator[int]:
    """A descriptor: what is done by it happens in this folder, even if its path is replaced meanwhile."""
    try:
        descriptor = os.open(inside_feed_folders(address), _FOLDER)
    except OSError as error:
        raise SourceProblemError(f"the folder cannot be opened: {_reason(error)}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _listing(folder: int, problems: list[str]) -> list[ListedFile]:
    """The files, no links; a name that cannot be shown is a problem."""
    listing = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if not stat.S_ISREG(status.st_mode):
                        continue
                    if is_printable(entry.name):
                        listing.append(ListedFile(entry.name, status.st_size, status.st_mtime_ns))
                    else:
                        problems.append(f"{ascii(entry.name)}: the name is not text")
    except OSError as error:
        raise SourceProblemError(f"the folder cannot be read: {_reason(error)}") from error
    return listing


def _move(source: FeedSource, folder: int, listed: ListedFile, problems: list[str]) -> None:
    """Into `taken`, under a name that is free in it. A file that has replaced it meanwhile is not moved."""
    try:
        with suppress(FileExistsError):
            os.mkdir(TAKEN, private_files.FOLDER, dir_fd=folder)
        taken = os.open(TAKEN, _FOLDER, dir_fd=folder)
        try:
            if _is_listed(os.stat(listed.name, dir_fd=folder, follow_symlinks=False), listed):
                present, name, number = set(os.listdir(taken)), listed.name, 0
                while name in present:
                    name = f"{listed.modified_ns}-{number}-{listed.name}"[:255]
                    number += 1
                os.rename(listed.name, name, src_dir_fd=folder, dst_dir_fd=taken)
        finally:
            os.close(taken)
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(f"{listed.name}: taken, but it cannot be moved to {TAKEN}: {_reason(error)}")
        return
    SeenFile.objects.filter(source=source, name=listed.name).delete()


def _is_listed(status: os.stat_result, listed: ListedFile) -> bool:
    is_same = (status.st_size, status.st_mtime_ns) == (listed.size, listed.modified_ns)
    return stat.S_ISREG(status.st_mode) and is_same


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
