"""A PostgreSQL of one's own serves as well as the one that comes with the project."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.apps import apps

from cdsc_portal.web.staff_roles import ADMINISTRATOR, OURS, ROLES
from tools.files import ROOT
from tools.own_postgres import OwnPostgres

# what an installation does first, whether it says that all is well, and what each role may do
COMMANDS = """
import json
import sys

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
call_command("check", databases=["default"], stdout=sys.stderr)
call_command("migrate", check_unapplied=True, stdout=sys.stderr)

from django.contrib.auth.models import Group

named = ("name", "permissions__content_type__app_label", "permissions__codename")
print(json.dumps([(role, f"{app}.{codename}") for role, app, codename in Group.objects.values_list(*named)]))
"""


@pytest.fixture
def own_postgres():
    """The URL of a server started for this test, over TCP, with a password."""
    with tempfile.TemporaryDirectory(prefix="cdsc-own-") as folder:
        Path(folder).chmod(0o711)  # the database's folder in it may be another user's
        with OwnPostgres(Path(folder) / "postgres", password="invented") as postgres:
            yield postgres.url


@pytest.mark.long
def test_one_migrate_makes_an_empty_postgresql_of_ones_own_ready(own_postgres, tmp_path):
    environment = {
        **os.environ,
        "DEVELOPMENT": "1",
        "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings",
        "DATABASE_URL": own_postgres,
        "VAR_DIR": str(tmp_path / "var"),
    }

    python = [sys.executable, "-c", COMMANDS]
    done = subprocess.run(python, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    may = {(role, name) for role, name in json.loads(done.stdout)}

    everything = {
        (ADMINISTRATOR, f"{app}.{verb}_{model._meta.model_name}")
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        for verb in model._meta.default_permissions
    }
    assert {(role, name) for role, names in ROLES.items() for name in names} - may == set()
    assert everything - may == set()
    assert not (tmp_path / "var" / "postgres").exists()  # none of its own was started
