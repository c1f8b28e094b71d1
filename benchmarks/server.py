"""The product over HTTP: two workers on the measured database, and clients that keep both busy."""

import http.client
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from cdsc_portal import embedded_postgres
from demo.processes import WEB_SERVER, Processes, answers, free_port, wait_until

WORKERS = 2
_PATIENCE = 30  # seconds until the server must answer


@contextmanager
def running() -> Iterator[int]:
    """A server of WORKERS processes; answers its port."""
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": database_url(), "PYTHONPATH": str(settings.BASE_DIR)}
    processes = Processes(Path(settings.VAR_DIR), environment)
    command = [
        *WEB_SERVER, "--bind", f"127.0.0.1:{port}",
        "--workers", str(WORKERS), "--log-level", "warning",
    ]  # fmt: skip
    try:
        processes.start("bench-web", command, DJANGO_SETTINGS_MODULE="benchmarks.settings")
        address = f"http://127.0.0.1:{port}/bare"
        wait_until("the server", lambda: answers(address), seconds=_PATIENCE, processes=processes)
        yield port
    finally:
        processes.stop()


def seconds_a_call(
    port: int,
    path: str,
    headers: Mapping[str, str],
    *,
    status: int,
    calls: int = 60,
    bodies: Sequence[str] = (),
) -> float:
    """Wall time of `calls` calls from WORKERS clients at once, divided by their number; each posts one of `bodies`."""
    failures: list[int] = []
    waiting = list(bodies)

    def client() -> None:
        with_keep = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(calls // WORKERS):
            body = waiting.pop() if bodies else None
            with_keep.request("POST" if bodies else "GET", path, body, dict(headers))
            answer = with_keep.getresponse()
            answer.read()
            if answer.status != status:
                failures.append(answer.status)
        with_keep.close()

    threads = [threading.Thread(target=client) for _ in range(WORKERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{path} answered {failures[0]}, {status} is due")
    return (time.perf_counter() - began) / calls


def database_url() -> str:
    """The address of the database that is being measured, for another process."""
    url = settings.ENV.database_url or embedded_postgres.ensure_running(settings.VAR_DIR / "postgres")
    return urlunsplit(urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}"))
