"""A journal in a folder that many processes share: one file a process, one JSON object a line, only added to."""

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import orjson

from cdsc_portal.lib.runtime import private_files
from cdsc_portal.lib.time import clock

_open: dict[
    tuple[int, Path], IO[bytes]
] = {}  # by process, since a child that was forked has a file of its own


def append(folder: Path, entry: Mapping[str, object]) -> None:
    """Write `entry` to this process's file and flush it to the disk. Raises OSError, with nothing half written kept.

    A line that a full disk cut off is closed by the next one, and `entries` leaves it out.
    """
    key = (os.getpid(), folder)
    if key not in _open:
        private_files.make_folder(folder)
        name = f"{socket.gethostname()}-{os.getpid()}-{clock.now():%Y%m%dT%H%M%S%f}.jsonl"
        _open[key] = private_files.open_file(folder / name, "ab")
    file = _open[key]
    file.write(b"\n" + orjson.dumps(entry) + b"\n")
    file.flush()
    os.fsync(file.fileno())


def entries(folder: Path) -> Iterator[dict[str, Any]]:
    """Every whole entry of all files, by the instant in its member `at`; none where there is no folder.

    Raises OSError where a file cannot be read.
    """
    lines = [
        line
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
        if line.strip()
    ]
    whole = []
    for line in lines:
        try:
            entry = orjson.loads(line)
        except (
            ValueError
        ):  # cut off by a full disk or a power cut, so its transaction was not committed either
            continue
        if isinstance(entry, dict) and isinstance(entry.get("at"), str):
            whole.append(entry)
    yield from sorted(whole, key=lambda entry: entry["at"])
