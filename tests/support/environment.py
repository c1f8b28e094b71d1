"""Loaded by pytest before Django's settings: tests run as a development server with files of their own.

With no DATABASE_URL the embedded PostgreSQL starts when a test first needs it; the last run that ends stops it.
"""

import fcntl
import os
import sys
from pathlib import Path

import pytest

from cdsc_portal import embedded_postgres
from tools.messages import compile_if_stale

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("DEVELOPMENT", "1")
os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "test"))
# what is compiled is kept, whatever the shell says: else each run spends half a minute on the libraries anew
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest.register_assert_rewrite("tests")  # helpers' asserts say what they compared, as those of tests do

_var_dir = Path(os.environ["VAR_DIR"])
_var_dir.mkdir(parents=True, exist_ok=True)
_server_lock = (_var_dir / "server.lock").open("w")
_is_worker = "PYTEST_XDIST_WORKER" in os.environ  # its controller holds the lock as long as it lives
if not _is_worker:
    fcntl.flock(_server_lock, fcntl.LOCK_SH)
    compile_if_stale()


def pytest_unconfigure() -> None:
    if _is_worker or os.environ.get("DATABASE_URL"):
        return
    try:
        fcntl.flock(_server_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another run uses the server
    embedded_postgres.stop(_var_dir / "postgres")
