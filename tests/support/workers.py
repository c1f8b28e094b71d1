"""Real worker processes on a real broker, for tests that start, watch and kill them."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connection
from kombu import Connection

from tools.own_postgres import free_port

BROKERS = ["filesystem", *(["redis"] if shutil.which("redis-server") else [])]
Environ = dict[str, str]


@contextmanager
def surroundings(broker: str, folder: Path) -> Iterator[Environ]:
    """The environment of a worker: the test's database, files and a broker of its own."""
    named = {**os.environ, "DEVELOPMENT": "1", "VAR_DIR": str(folder), "DATABASE_URL": database_url()}
    if broker == "filesystem":
        yield {**named, "REDIS_URL": ""}
        return
    port = free_port()
    server = subprocess.Popen(["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)])
    try:
        wait_until(lambda: _answers(port))
        yield {**named, "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    finally:
        server.kill()
        server.wait()


def connection_to(environment: Environ) -> Connection:
    """To the broker of these workers, for a task that the test sends itself."""
    folder = Path(environment["VAR_DIR"]) / "broker"
    files = {"data_folder_in": "messages", "data_folder_out": "messages", "control_folder": "control"}
    options = {name: str(folder / place) for name, place in files.items()}
    url = environment["REDIS_URL"]
    return Connection(url) if url else Connection("filesystem://", transport_options=options)


def start_worker(environment: Environ, *options: str) -> "subprocess.Popen[bytes]":
    """One that does a task at a time; whoever starts it ends it."""
    command = ["-m", "celery", "-A", "cdsc_portal", "worker", "--pool=solo", "--loglevel=ERROR", *options]
    return subprocess.Popen([sys.executable, *command], env=environment)


def run(environment: Environ, *command: str) -> None:
    subprocess.run([sys.executable, *command], env=environment, check=True, stdout=subprocess.DEVNULL)


def somebody_waits_for_us() -> bool:
    """By the locks: pg_stat_activity stands still while a transaction looks at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0] == 1)


def wait_until(happened: Callable[[], bool]) -> None:
    """Two minutes: a slow machine with much to do takes its time to start a worker."""
    until = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def database_url() -> str:
    database = connection.settings_dict
    login = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    host = database["HOST"]
    query = {**database["OPTIONS"], **({"host": host} if host.startswith("/") else {})}
    address = "" if host.startswith("/") else f"{host}{':' if database['PORT'] else ''}{database['PORT']}"
    return f"postgresql://{login}@{address}/{quote(database['NAME'])}?{urlencode(query)}"


def _answers(port: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
