"""A watched folder: whole files become runs and are moved to its folder `taken`."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from cdsc_portal.lib.runtime import private_files
from datahub.feeds.sources.base import Collected, Listed, SourceProblemError, is_speakable, take
from datahub.feeds.sources.settling import look_over
from datahub.models import FeedRun, FeedSource, SeenFile

TAKEN = "taken"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # nothing that is swapped in makes us follow or wait


class _ChangedError(Exception):
    """The file was written to while it was read."""


def collect_folder(source: FeedSource, *, at: datetime) -> Collected:
    """Take what is whole, each file once. It is moved when its run is stored; if that fails, it is moved later.

    Raises SourceProblemError: no folder, or not in or below one of FEED_FOLDERS. What cannot be read is named and
    holds up nothing else.
    """
    problems: list[str] = []
    last_run: FeedRun | None = None
    with _opened(source.address) as folder:
        sight = look_over(source, _listed(folder, problems))
        is_settling = sight.is_settling
        for one in sight.taken:
            _move(source, folder, one, problems)
        for one in sight.ready:
            try:
                with _reading(folder, one) as file:
                    last_run = take(source, one, file, at=at)
            except _ChangedError:
                is_settling = True
            except OSError as error:
                problems.append(f"{one.name}: {_reason(error)}")
            except SourceProblemError as error:
                problems.append(str(error))
            else:
                _move(source, folder, one, problems)
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
    """A descriptor: what is done by it happens in this folder, whatever its path leads to by then."""
    try:
        descriptor = os.open(inside_feed_folders(address), _FOLDER)
    except OSError as error:
        raise SourceProblemError(f"the folder cannot be opened: {_reason(error)}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _listed(folder: int, problems: list[str]) -> list[Listed]:
    """The files, no links; a name nobody could read out is a problem."""
    listed = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if not stat.S_ISREG(found.st_mode):
                        continue
                    if is_speakable(entry.name):
                        listed.append(Listed(entry.name, found.st_size, found.st_mtime_ns))
                    else:
                        problems.append(f"{ascii(entry.name)}: the name is not text")
    except OSError as error:
        raise SourceProblemError(f"the folder cannot be read: {_reason(error)}") from error
    return listed


class _Unchanging:
    """Reads a file and fails at its end if it is not what was listed any more."""

    def __init__(self, file: BinaryIO, one: Listed) -> None:
        self.file, self.one = file, one

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        if not piece and not _is(os.fstat(self.file.fileno()), self.one):
            raise _ChangedError
        return piece


@contextmanager
def _reading(folder: int, one: Listed) -> Iterator[BinaryIO]:
    with os.fdopen(os.open(one.name, _FILE, dir_fd=folder), "rb") as file:
        if not _is(os.fstat(file.fileno()), one):
            raise _ChangedError
        yield _Unchanging(file, one)  # type: ignore[misc]  # read is all that is asked of it


def _move(source: FeedSource, folder: int, one: Listed, problems: list[str]) -> None:
    """Into `taken`, under a name that is free there. A file that came in its place meanwhile stays."""
    try:
        with suppress(FileExistsError):
            os.mkdir(TAKEN, private_files.FOLDER, dir_fd=folder)
        taken = os.open(TAKEN, _FOLDER, dir_fd=folder)
        try:
            if _is(os.stat(one.name, dir_fd=folder, follow_symlinks=False), one):
                os.rename(one.name, _free_name(taken, one), src_dir_fd=folder, dst_dir_fd=taken)
        finally:
            os.close(taken)
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(f"{one.name}: taken, but it cannot be moved to {TAKEN}: {_reason(error)}")
        return
    SeenFile.objects.filter(source=source, name=one.name).delete()


def _free_name(taken: int, one: Listed) -> str:
    here = set(os.listdir(taken))
    names = (f"{one.modified_ns}-{number}-{one.name}"[:255] for number in range(len(here) + 1))
    return one.name if one.name not in here else next(name for name in names if name not in here)


def _is(found: os.stat_result, one: Listed) -> bool:
    return stat.S_ISREG(found.st_mode) and (found.st_size, found.st_mtime_ns) == (one.size, one.modified_ns)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
