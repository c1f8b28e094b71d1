"""Web servers behind PgBouncer in transaction mode, as docs/operations.md says: the one that Debian has."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import requests
from django.db import connection

from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.factories.feeds import load_days
from tests.support.workers import database_url
from tests.web.server import OVER_TLS, running_server
from tools.own_postgres import free_port

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
_POOL = 3


def version_of_pool():
    printed = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.search(r"PgBouncer (\d+)\.(\d+)", printed).groups()))


@contextmanager
def pool():
    """The address of the test's database through it: three sessions, whoever asks."""
    settings = connection.settings_dict
    host = settings["HOST"] or settings["OPTIONS"].get("host", "127.0.0.1")
    folder, port, user = (
        Path(tempfile.mkdtemp(prefix="cdsc-pool-")),
        free_port(),
        settings["USER"] or "postgres",
    )
    command, knows_prepared = [PROGRAM, str(folder / "ini")], version_of_pool() >= (1, 21)
    (folder / "users").write_text(f'"{user}" ""\n')
    (folder / "ini").write_text(
        f"[databases]\n{settings['NAME']} = host={host} port={settings['PORT'] or 5432} user={user}\n"
        f"[pgbouncer]\npool_mode = transaction\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\nauth_file = {folder}/users\ndefault_pool_size = {_POOL}\n"
        f"ignore_startup_parameters = extra_float_digits,options,plan_cache_mode\n"
        + ("max_prepared_statements = 500\n" if knows_prepared else "")
    )
    if os.geteuid() == 0:  # it refuses to run as root; the database's socket may be its owner's alone
        owner = Path(host).stat() if host.startswith("/") else Path("/").stat()
        command = [
            "setpriv",
            f"--reuid={owner.st_uid}",
            f"--regid={owner.st_gid}",
            "--clear-groups",
            *command,
        ]
        shutil.chown(folder, owner.st_uid, owner.st_gid)
        for file in folder.iterdir():
            shutil.chown(file, owner.st_uid, owner.st_gid)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log)
    try:
        time.sleep(1)
        assert process.poll() is None, (folder / "log").read_text()
        yield f"postgresql://{user}@127.0.0.1:{port}/{settings['NAME']}", knows_prepared
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


@pytest.mark.django_db(transaction=True)
def test_calls_and_files_come_whole_through_a_pool_by_transaction(tmp_path):
    home = household()
    load_days(home.meter, date(2026, 3, 2), 20)
    reader = Reader()
    reader.granted(home.contract, scope="usage_data bill_data")
    headers, answers, files = {**OVER_TLS, **reader.bearer}, [], []

    with pool() as (url, knows_prepared):
        variables = {
            "DATABASE_URL": url,
            "DATABASE_SESSION_URL": database_url(),
            "PREPARED_STATEMENTS": "1" if knows_prepared else "0",
        }
        with running_server(tmp_path, **variables) as port:

            def call():
                for path in ("usage_data", "usage_sums?by=day", "bill_data") * 4:
                    answer = requests.get(f"http://127.0.0.1:{port}/{path}", headers=headers, timeout=120)
                    answers.append(answer.status_code)

            def fetch():
                file = requests.get(f"http://127.0.0.1:{port}/usage_data/file", headers=headers, timeout=120)
                files.append(file.json()["values"])

            threads = [threading.Thread(target=work) for work in (*[call] * 4, *[fetch] * 2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(180)

    assert answers == [200] * 48
    assert files == [20 * 96] * 2
