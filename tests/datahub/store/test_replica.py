"""Readings from a real streaming replica: never older than the answer says, and nothing else is read there."""

import copy
import os
import shutil
import subprocess
import tempfile
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, connections
from prometheus_client import REGISTRY

from cdsc_portal.lib.db import routes
from cdsc_portal.lib.time import clock
from consent.models import Actor, Disclosure
from consent.services.revoke import revoke_grant
from datahub.store import store_reads
from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.factories.consent import ReceiptFactory
from tests.factories.feeds import load_days
from tests.support.workers import wait_until
from tools.own_postgres import free_port

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/usage_data"
SAME = ("max_connections", "max_worker_processes", "max_wal_senders", "max_locks_per_transaction")


class Replica:
    """Of the server that the tests run on; where we are root it runs as the user who owns that one's socket."""

    def __init__(self) -> None:
        # not below pytest's own folders, which are closed to other users
        self.folder = Path(tempfile.mkdtemp(prefix="cdsc-replica-"))
        self.data, self.port = self.folder / "data", free_port()
        primary = connection.settings_dict
        self.host = primary["HOST"] or primary["OPTIONS"].get("host", "")
        self.user = primary["USER"] or "postgres"
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            running = (Path(cursor.fetchone()[0]) / "postmaster.opts").read_text().split()[0]
        self.programs = Path(running.strip('"')).parent  # of the server's own release
        self.as_owner: list[str] = []
        if os.geteuid() == 0:
            owner = Path(self.host).stat()
            self.as_owner = [
                "setpriv",
                f"--reuid={owner.st_uid}",
                f"--regid={owner.st_gid}",
                "--clear-groups",
            ]
            os.chown(self.folder, owner.st_uid, owner.st_gid)

    def run(self, program: str, *arguments: str) -> None:
        command = [*self.as_owner, str(self.programs / program), "-D", str(self.data), *arguments]
        # files, not pipes: the server that pg_ctl starts would keep a pipe open
        with (self.folder.parent / f"{self.folder.name}.log").open("a+") as log:
            done = subprocess.run(command, cwd="/", stdout=log, stderr=log)
            log.seek(0)
            assert done.returncode == 0, log.read()[-2_000:]

    def start(self) -> None:
        self.run("pg_basebackup", "-h", self.host, "-U", self.user, "-X", "stream", "-c", "fast", "-R")
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SAME)])
            same = " ".join(f"-c {name}={value}" for name, value in cursor.fetchall())
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} {same}"
        )
        self.run("pg_ctl", "start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """As a machine that goes; again, nothing happens."""
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "-m", "immediate")


@pytest.fixture
def replica(monkeypatch):
    """Running, and known to this process as a server would know it."""
    server = Replica()
    server.start()
    known = copy.deepcopy(connection.settings_dict)
    known["OPTIONS"].pop("host", None)
    known |= {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": str(server.port)}
    connections.settings[routes.REPLICA] = known
    wrapper = connections[routes.REPLICA]

    def connect_if_needed():
        """The guard of tests lets them to the databases alone that they empty afterwards."""
        if wrapper.connection is None:
            with wrapper.wrap_database_errors:
                wrapper.connect()

    monkeypatch.setattr(wrapper, "ensure_connection", connect_if_needed)
    monkeypatch.setattr(store_reads._Replica, "away_until", 0.0)
    yield server
    connections[routes.REPLICA].close()
    del connections[routes.REPLICA]
    del connections.settings[routes.REPLICA]
    server.stop()
    shutil.rmtree(server.folder)


@pytest.fixture
def home():
    return household()


@pytest.fixture
def reader(home):
    reader = Reader()
    reader.granted(home.contract)
    return reader


def ask_replica(statement):
    with connections[routes.REPLICA].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def wait_for_replay():
    with connection.cursor() as cursor:
        # inserted, not yet written: a commit here does not wait for the disk
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        (position,) = cursor.fetchone()
    wait_until(lambda: ask_replica(f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"))


def reads(by):
    return REGISTRY.get_sample_value("cdsc_store_reads_total", {"by": by}) or 0.0


def read_by(reader, path=URL):
    """The answer, and who read the store for it."""
    before = {by: reads(by) for by in ("replica", "behind", "away")}
    answer = reader.get(path)
    return answer, {by for by, count in before.items() if reads(by) > count}


def test_a_replica_answers_what_the_primary_would_and_never_less(replica, reader, home):
    load_days(home.meter, date(2026, 3, 2), 2)
    wait_for_replay()
    first, by_first = read_by(reader)

    ask_replica("SELECT pg_wal_replay_pause()::text")
    load_days(home.meter, date(2026, 3, 4), 1)
    second, by_second = read_by(reader)
    ask_replica("SELECT pg_wal_replay_resume()::text")
    wait_for_replay()
    third, by_third = read_by(reader)

    assert (by_first, by_second, by_third) == ({"replica"}, {"behind"}, {"replica"})
    assert first.json()["data"] != second.json()["data"] == third.json()["data"]
    until = [answer.json()["services"][0]["loaded_until"] for answer in (first, second, third)]
    assert until[0] < until[1] == until[2]
    assert Disclosure.objects.count() == 3


def test_a_stop_holds_at_once_however_far_the_replica_is_behind(replica, reader, home):
    load_days(home.meter, date(2026, 3, 2), 2)
    wait_for_replay()
    assert read_by(reader)[1] == {"replica"}
    ask_replica("SELECT pg_wal_replay_pause()::text")

    ReceiptFactory(grant=reader.grant)
    revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())

    assert reader.get(URL).status_code == 401
    ask_replica("SELECT pg_wal_replay_resume()::text")


def test_sums_and_files_are_read_there_too_and_a_replica_that_is_gone_costs_nobody_an_answer(
    replica, reader, home
):
    load_days(home.meter, date(2026, 3, 2), 2)
    wait_for_replay()
    by = {path: read_by(reader, path)[1] for path in ("/usage_sums?by=day",)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    stream = reader.get("/usage_data/file")
    before = reads("replica")
    b"".join(stream.streaming_content)
    streamed = reads("replica") - before

    replica.stop()
    answer, by_last = read_by(reader)
    again, by_again = read_by(reader)

    assert (by, streamed > 0) == ({"/usage_sums?by=day": {"replica"}}, True)
    assert (by_last, by_again) == ({"away"}, {"away"})
    assert answer.json()["data"] == again.json()["data"] != []
