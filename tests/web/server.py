"""The web server of production on the test's database."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from django.conf import settings
from django.db import connection

from cdsc_portal import embedded_postgres
from demo.processes import WEB_SERVER, Processes, free_port

HOST = "share.example.com"
OVER_TLS = {"Host": HOST, "X-Forwarded-Proto": "https"}
KEY = "0123456789" * 5
PATIENCE = 120  # seconds until it answers


@contextmanager
def running_server(folder: Path, *arguments: str, **variables: str) -> Iterator[int]:
    """Its port: without DEVELOPMENT, behind a proxy, one process unless `variables` say otherwise."""
    port = free_port()
    processes = Processes(folder, _environment(folder) | variables)
    try:
        processes.start(
            "web",
            [*WEB_SERVER, "--bind", f"127.0.0.1:{port}", *arguments],
            DJANGO_SETTINGS_MODULE="cdsc_portal.settings",
        )
        _await(f"http://127.0.0.1:{port}/health/live", processes)
        yield port
    finally:
        processes.stop()


def _environment(folder: Path) -> dict[str, str]:
    url = settings.ENV.database_url or embedded_postgres.ensure_running(settings.VAR_DIR / "postgres")
    kept = {name: value for name, value in os.environ.items() if name != "DEVELOPMENT"}
    return kept | {
        "DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}")),
        "SECRET_KEY": KEY,
        "PUBLIC_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "SECURE_PROXY": "1",
        "VAR_DIR": str(folder),
        "WEB_PROCESSES": "1",
    }


def _await(url: str, processes: Processes) -> None:
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        processes.check()
        try:
            requests.get(url, headers=OVER_TLS, timeout=10)
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server does not answer")
