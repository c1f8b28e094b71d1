"""What a page of another origin may call, as browsers ask (CORS)."""

import base64

import pytest
from django.test import Client as Browser

from consent.models import Client
from tests.consent.api.reader import Reader
from tests.consent.oauth.third_party import FORM, ThirdParty
from tests.factories.accounts import household
from tests.factories.consent import SECRET, ClientFactory, GrantFactory

pytestmark = pytest.mark.django_db
PAGE = {"Origin": "https://app.example.com"}
OPEN = ["/oauth/token/", "/oauth/token", "/oauth/revoke/", "/oauth/par/"]
CLOSED = [
    "/oauth/introspect/",
    "/oauth/authorize/",
    "/my/usage/",
    "/admin/",
    "/grid/residual_mix",
    "/api/feeds/1/files",
]


@pytest.fixture
def spa() -> ThirdParty:
    """A browser app: a public client that sends the origin of its page."""
    public = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))
    public.http = Browser(headers=PAGE)
    return public


def preflight(path, method, headers=""):
    headers_sent = {
        **PAGE,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    return Browser().options(path, headers=headers_sent)


def may_be_read(answer) -> bool:
    assert "Access-Control-Allow-Credentials" not in answer
    return answer.get("Access-Control-Allow-Origin") == "*"


def test_a_browser_app_gets_renews_and_gives_back_its_tokens(spa):
    pushed = spa.push()
    exchanged = spa.exchange(spa.code_for(GrantFactory(client=spa.client)))
    renewed = spa.refresh(exchanged.json()["refresh_token"])
    revoked = spa.revoke(renewed.json()["refresh_token"])

    answers = [pushed, exchanged, renewed, revoked]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert all(may_be_read(answer) for answer in answers)


def test_a_browser_app_reads_what_was_refused_and_why(spa, settings):
    unknown = spa.exchange("unknown")
    settings.OAUTH_CALLS_PER_MINUTE = 0
    often = spa.exchange("unknown")

    assert (unknown.status_code, often.status_code) == (400, 429)
    assert may_be_read(unknown)
    assert may_be_read(often)
    assert "Retry-After" in often["Access-Control-Expose-Headers"].split(", ")


@pytest.mark.parametrize("path", OPEN)
def test_a_preflight_permits_a_form_and_no_secret(path):
    answer = preflight(path, "POST", "authorization")

    assert (answer.status_code, answer.content, answer["Allow"]) == (204, b"", "POST, OPTIONS")
    assert may_be_read(answer)
    assert answer["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert answer["Access-Control-Allow-Headers"] == ""


@pytest.mark.parametrize("path", CLOSED)
def test_nothing_else_is_open_to_pages(path):
    assert not may_be_read(preflight(path, "POST"))
    assert not may_be_read(Browser().post(path, headers=PAGE))
    assert not may_be_read(Browser().get(path, headers=PAGE))


@pytest.mark.spec("X-18")
@pytest.mark.parametrize("how", ["basic", "body"])
@pytest.mark.parametrize("secret", [SECRET, "wrong"])
def test_no_page_reads_the_answer_to_a_call_with_a_secret(how, secret):
    """A secret that a page holds is everybody's."""
    client = ClientFactory()
    sent = f"grant_type=refresh_token&refresh_token=unknown&client_id={client.client_id}"
    headers = dict(PAGE)
    if how == "basic":
        headers["Authorization"] = (
            "Basic " + base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
        )
    else:
        sent += f"&client_secret={secret}"

    answers = [
        Browser().post(path, sent, content_type=FORM, headers=headers)
        for path in ("/oauth/token/", "/oauth/revoke/")
    ]

    assert {answer.status_code for answer in answers} <= {400, 401}
    assert not any(may_be_read(answer) for answer in answers)


def test_a_page_reads_data_with_a_token_and_the_headers_that_matter(spa):
    home, reader = household(), Reader(spa.client)
    reader.granted(home.contract)

    answer = reader.get("/usage_data", Accept="text/csv", **PAGE)

    exposed = answer["Access-Control-Expose-Headers"].split(", ")
    assert answer.status_code == 200
    assert may_be_read(answer)
    assert {"ETag", "Link", "Retry-After"} < set(exposed)
    assert {name for name in answer.headers if name.startswith("CDSC-")} - set(exposed) == set()


def test_a_page_reads_why_data_were_refused(monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError

    reader = Reader()
    reader.token = "a token that nobody issued"
    unknown = reader.get("/usage_data", **PAGE)
    monkeypatch.setattr("consent.api.gated.data_access", broken)
    failed = reader.get("/usage_data", **PAGE)

    assert (unknown.status_code, failed.status_code) == (401, 500)
    assert may_be_read(unknown)
    assert may_be_read(failed)


def test_a_preflight_of_data_needs_no_token_and_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = preflight("/usage_data", "GET", "authorization, if-none-match")

    assert (answer.status_code, answer["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert may_be_read(answer)
    assert {"Authorization", "If-None-Match"} <= set(answer["Access-Control-Allow-Headers"].split(", "))
    assert int(answer["Access-Control-Max-Age"]) > 0


def test_the_metadata_is_for_everybody():
    assert may_be_read(Browser().get("/.well-known/oauth-authorization-server", headers=PAGE))
    assert may_be_read(preflight("/.well-known/oauth-authorization-server", "GET"))
