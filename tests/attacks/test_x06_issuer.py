"""X-06: nobody who sends a request decides who the answer says it is from."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client as Browser

pytestmark = pytest.mark.spec("X-06")

METADATA = "/.well-known/oauth-authorization-server"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.com"},
        {"Host": "testserver:6666"},
        {"X-Forwarded-Host": "evil.example.com"},
        {"Forwarded": "host=evil.example.com;proto=https"},
        {"X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "6666"},
    ],
)
def test_no_header_changes_the_issuer_or_an_endpoint(db, settings, headers):
    answer = Browser().get(METADATA, headers=headers)

    assert b"evil" not in answer.content and b"6666" not in answer.content
    assert answer.status_code == 400 or json.loads(answer.content)["issuer"] == settings.PUBLIC_URL


@pytest.mark.parametrize(
    "state",
    [
        "s&iss=https://evil.example.com",
        "s#iss=https://evil.example.com",
        "s%26iss=https://evil.example.com&code=c",
    ],
)
def test_a_state_adds_nothing_to_an_answer(third_party, settings, state):
    refused = third_party.ask(state=state, scope="no_such_scope", authorization_details=None)

    parameters = parse_qsl(urlsplit(refused["Location"]).query)
    assert [value for name, value in parameters if name == "iss"] == [settings.PUBLIC_URL]
    assert dict(parameters)["state"] == state
    assert "code" not in dict(parameters)
