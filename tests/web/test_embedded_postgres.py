"""The embedded PostgreSQL starts when a connection is first needed, and not at all where DATABASE_URL names another."""

import json
import os
import subprocess
import sys

import pytest

from cdsc_portal import embedded_postgres
from tests.support.workers import database_url
from tools.files import ROOT

READ_A_TABLE = """
import json
import django

django.setup()
from django.db import connection

with connection.cursor() as cursor:
    cursor.execute("SELECT current_database(), current_setting('data_directory')")
    print(json.dumps(cursor.fetchone()))
"""


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("var")
    yield folder
    embedded_postgres.stop(folder / "postgres")


def run(var_dir, *command: str, **variables: str) -> str:
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTEST_ADDOPTS")
    }
    fixed = {"DEVELOPMENT": "1", "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings", "VAR_DIR": str(var_dir)}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, **fixed, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "command",
    [["manage.py", "check"], ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/lib/test_money.py"]],
    ids=["manage.py check", "a test that reads no table"],
)
def test_what_reads_no_table_starts_no_server(tmp_path, command):
    run(tmp_path, *command)

    assert not (tmp_path / "postgres").exists()


def test_the_first_connection_starts_the_server_and_it_outlives_the_process(var_dir):
    database, data_directory = json.loads(run(var_dir, "-c", READ_A_TABLE))

    assert (database, data_directory) == ("postgres", str(var_dir / "postgres"))
    assert embedded_postgres.is_running(var_dir / "postgres")


def test_a_server_that_this_process_stopped_starts_again(var_dir):
    url = embedded_postgres.ensure_running(var_dir / "postgres")
    embedded_postgres.stop(var_dir / "postgres")

    assert embedded_postgres.ensure_running(var_dir / "postgres") == url
    assert embedded_postgres.is_running(var_dir / "postgres")


@pytest.mark.django_db
def test_with_a_database_url_no_server_is_started(tmp_path):
    database, data_directory = json.loads(run(tmp_path, "-c", READ_A_TABLE, DATABASE_URL=database_url()))

    assert database.startswith("test_")
    assert data_directory != str(tmp_path / "postgres")
    assert not (tmp_path / "postgres").exists()
