"""A backup as it lies in its folder: a dump of the database, files, and a manifest with a digest of each."""

import hashlib
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import orjson
from django.db import connection, transaction

from cdsc_portal.backups import stored_files
from cdsc_portal.lib.db.client_programs import ProgramFailedError, run_program
from cdsc_portal.lib.json.reader import read_json
from cdsc_portal.lib.runtime import private_files
from cdsc_portal.lib.time import clock

DUMP, FILES, MANIFEST = "database", "files", "manifest.json"
_JOBS = "2"
# tables whose rows nobody needs after a restore: what is counted by the minute, and a cache
_EMPTY = ("call_count", "shared_cache")


class BackupError(RuntimeError):
    """What was asked cannot be done; the message says why, in words."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`absent` are files that rows named and the storage did not have when the backup was made."""

    release: str
    at: str
    server: str
    digests: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def write_backup(folder: Path) -> Manifest:
    """Database and files as they were when the dump began. Raises BackupError.

    Files are copied before the dump and again after it: what a row of the dump names was stored when it began, and
    nothing that is named is deleted within the time of a backup. The manifest comes last; without it a folder is none.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty.")
    private_files.make_folder(folder)
    private_files.make_folder(folder / FILES)
    stored_files.copy_new(folder / FILES)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, server = cursor.fetchone()
        at = clock.now()
        named = stored_files.named_files()
        _dump(folder / DUMP, snapshot)
    stored_files.copy_new(folder / FILES)
    manifest = Manifest(
        release=version("cdsc-portal"),
        at=at.isoformat(),
        server=server,
        digests=_digests(folder),
        absent=sorted(name for name in named if not (folder / FILES / name).is_file()),
    )
    with private_files.open_file(folder / MANIFEST, "wb") as file:
        file.write(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Raises BackupError."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BackupError(f"{folder} has no {MANIFEST}: it is no backup, or one that was not finished.")
    return Manifest(**read_json(path.read_bytes()))


def problems_of(folder: Path) -> list[str]:
    """What makes the backup unfit to be restored, a line each: files that are gone, changed, or too many."""
    manifest = read_manifest(folder)
    there = _digests(folder)
    problems = [f"{name} is missing" for name in sorted(manifest.digests.keys() - there.keys())]
    problems += [f"{name} was not in the backup" for name in sorted(there.keys() - manifest.digests.keys())]
    changed = {
        name for name in there.keys() & manifest.digests.keys() if there[name] != manifest.digests[name]
    }
    problems += [f"{name} was changed" for name in sorted(changed)]
    if not problems:
        try:
            run_program("pg_restore", "--list", str(folder / DUMP))
        except ProgramFailedError as error:
            problems.append(str(error))
    return problems


def load_backup(folder: Path) -> int:
    """Fill an empty database and the storage from a verified backup; how many files. Raises BackupError."""
    if problems := problems_of(folder):
        raise BackupError("\n".join(problems))
    if connection.introspection.table_names():
        raise BackupError("The database has tables. Restore into an empty one, made by `createdb`.")
    connection.close()
    _restore(folder / DUMP)
    return stored_files.put_back(folder / FILES)


def _dump(folder: Path, snapshot: str) -> None:
    left_empty = [f"--exclude-table-data={table}" for table in _EMPTY]
    arguments = ["--format=directory", f"--jobs={_JOBS}", f"--snapshot={snapshot}", *left_empty]
    try:
        run_program("pg_dump", *arguments, f"--file={folder}")
    except ProgramFailedError as error:
        raise BackupError(str(error)) from error


def _restore(folder: Path) -> None:
    database = str(connection.settings_dict["NAME"])
    arguments = ["--exit-on-error", f"--jobs={_JOBS}", f"--dbname={database}"]
    try:
        run_program("pg_restore", *arguments, str(folder))
    except ProgramFailedError as error:
        raise BackupError(str(error)) from error


def _digests(folder: Path) -> dict[str, str]:
    """By path below `folder`, without the manifest."""
    digests = {}
    for path in stored_files.files_in(folder):
        if path != folder / MANIFEST:
            with path.open("rb") as file:
                digests[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
