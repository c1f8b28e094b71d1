"""A PostgreSQL of one's own serves as well as the one that comes with the project."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tools.files import ROOT
from tools.own_postgres import OwnPostgres

COMMANDS = """
import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
call_command("check", databases=["default"])
call_command("migrate", check_unapplied=True)
"""


@pytest.fixture
def own_postgres():
    """The URL of a server started for this test, over TCP, with a password."""
    with tempfile.TemporaryDirectory(prefix="cdsc-own-") as folder:
        Path(folder).chmod(0o711)  # the database's folder in it may be another user's
        with OwnPostgres(Path(folder) / "postgres", password="invented") as postgres:
            yield postgres.url


def test_the_product_runs_on_a_postgresql_of_ones_own(own_postgres, tmp_path):
    environment = {
        **os.environ,
        "DEVELOPMENT": "1",
        "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings",
        "DATABASE_URL": own_postgres,
        "VAR_DIR": str(tmp_path / "var"),
    }

    subprocess.run([sys.executable, "-c", COMMANDS], cwd=ROOT, env=environment, check=True)

    assert not (tmp_path / "var" / "postgres").exists()  # none of its own was started
