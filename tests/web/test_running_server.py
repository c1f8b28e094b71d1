"""A server as it runs in production, asked over HTTP: its pages, cookies and the way to https (X-16)."""

import json
from http.cookies import Morsel, SimpleCookie

import pytest
import requests
from django.conf import settings
from django.test import Client as Browser
from lxml import html

from tests.factories.accounts import household
from tests.factories.consent import ask
from tests.web.server import HOST, KEY, OVER_TLS, running_server


@pytest.fixture
def address(transactional_db, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "SECRET_KEY", KEY)
    with running_server(tmp_path) as port:
        yield f"http://127.0.0.1:{port}"


def cookies_of(response: requests.Response) -> dict[str, Morsel[str]]:
    cookies: SimpleCookie = SimpleCookie()
    for line in response.raw.headers.getlist("Set-Cookie"):
        cookies.load(line)
    return dict(cookies)


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


def test_each_line_of_its_log_is_json_in_production(address, tmp_path):
    answer = requests.get(f"{address}/docs/", headers=OVER_TLS | {"X-Request-ID": "call-9"}, timeout=60)

    lines = [json.loads(line) for line in (tmp_path / "logs" / "web.log").read_text().splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == "call-9"]
    assert (line["event"], line["status"], line["reference"]) == (
        "request", 200, answer.headers["X-Request-Reference"],
    )  # fmt: skip
    assert any(line["logger"] == "gunicorn.error" for line in lines if "logger" in line)
