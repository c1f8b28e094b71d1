"""Files with customers' data are for the user alone who runs the server: 0600 in folders of 0700."""

import os
from pathlib import Path
from typing import IO, Any

FILE = 0o600
FOLDER = 0o700


def make_folder(folder: Path) -> None:
    """`folder` and what is missing above it; a folder that is there keeps its mode."""
    for part in (*reversed(folder.parents), folder):
        part.mkdir(mode=FOLDER, exist_ok=True)


def open_file(path: Path | str, mode: str) -> IO[Any]:
    """`path`, made where it is missing, to be written as `mode` says."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, FILE))
