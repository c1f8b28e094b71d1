"""Loaded by pytest before Django's settings: tests run as a development server with files of their own.

With no DATABASE_URL the embedded PostgreSQL is started, and stopped at the end if it was this run that started it.
"""

import os
from pathlib import Path

from cdsc_portal import embedded_postgres

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DEVELOPMENT", "1")
os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "test"))

_data_dir = Path(os.environ["VAR_DIR"]) / "postgres"
# where several processes run the tests, the one that began them starts the server first and stops it last
_begins = "PYTEST_XDIST_WORKER" not in os.environ
_ours = _begins and not os.environ.get("DATABASE_URL") and not embedded_postgres.is_running(_data_dir)


def pytest_unconfigure() -> None:
    if _ours:
        embedded_postgres.stop(_data_dir)
