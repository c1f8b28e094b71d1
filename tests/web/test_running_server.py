"""A server as it runs in production, asked over HTTP: its pages, cookies and the way to https (X-16)."""

import os
import sys
import time
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from lxml import html

from cdsc_portal import embedded_postgres
from cdsc_portal.demo.processes import Processes, free_port
from tests.factories.accounts import household
from tests.factories.consent import ask

HOST = "share.example.com"
OVER_TLS = {"Host": HOST, "X-Forwarded-Proto": "https"}
KEY = "0123456789" * 5
PATIENCE = 120  # seconds until it answers


@pytest.fixture
def address(transactional_db, tmp_path, monkeypatch):
    """Of one worker without DEVELOPMENT, behind a proxy, on the test's database."""
    monkeypatch.setattr(settings, "SECRET_KEY", KEY)
    port = free_port()
    processes = Processes(tmp_path, _environment(tmp_path))
    try:
        processes.start(
            "web",
            [sys.executable, "-m", "gunicorn", "cdsc_portal.wsgi", "--bind", f"127.0.0.1:{port}"],
            DJANGO_SETTINGS_MODULE="cdsc_portal.settings",
        )
        _await(f"http://127.0.0.1:{port}/health/live", processes)
        yield f"http://127.0.0.1:{port}"
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
    }


def _await(url: str, processes: Processes) -> None:
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        processes.check()
        try:
            requests.get(url, headers=OVER_TLS, timeout=10)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server does not answer")


def cookies_of(response: requests.Response) -> dict[str, Morsel[str]]:
    found: SimpleCookie = SimpleCookie()
    for line in response.raw.headers.getlist("Set-Cookie"):
        found.load(line)
    return dict(found)


@pytest.mark.spec("X-16")
def test_pages_are_kept_to_https_and_to_themselves_and_cookies_to_the_server(address):
    home, visitor = household(), Browser()
    visitor.force_login(home.owner)
    session = visitor.cookies[settings.SESSION_COOKIE_NAME]
    request = ask({"type": "usage_data", "start": "-1y", "services": "all"}, user=home.owner)
    page = request.page

    shown = requests.get(
        address + page, headers=OVER_TLS | {"Cookie": f"{session.key}={session.value}"}, timeout=60
    )
    plain = requests.get(address + page, headers={"Host": f"{HOST}:6666"}, timeout=60, allow_redirects=False)

    assert shown.status_code == 200 and "Share selected data" in shown.text
    styles = [link.get("href") for link in html.fromstring(shown.text).xpath("//link[@rel='stylesheet']")]
    assert styles
    for style in styles:  # nobody collected them
        assert requests.get(address + style, headers=OVER_TLS, timeout=60).status_code == 200, style
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert shown.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    sent = cookies_of(shown)
    assert {session.key, settings.CSRF_COOKIE_NAME} <= set(sent)
    for cookie in sent.values():
        assert (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"]) == (True, True, "Lax")
    assert (plain.status_code, plain.headers["Location"]) == (301, f"https://{HOST}{page}")
    assert not cookies_of(plain)
