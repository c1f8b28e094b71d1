"""The endpoints answer with and without the slash at their end: no redirect, which would turn POST into GET."""

import pytest

from tests.consent.oauth.third_party import answered


@pytest.fixture
def bare(third_party):
    """A third party that sends everything to addresses without a slash at the end."""
    send = third_party.http.generic

    def generic(method, path, *args, **kwargs):
        address, question, query = path.partition("?")
        return send(method, address.rstrip("/") + question + query, *args, **kwargs)

    third_party.http.generic = generic
    return third_party


def test_a_client_gets_through_without_a_slash(bare, grant):
    pushed = bare.push()
    page = bare.arrive(pushed.json()["request_uri"])
    first = bare.tokens_for(grant)
    second = bare.refresh(first["refresh_token"])
    described = bare.introspect(second.json()["access_token"])
    revoked = bare.revoke(second.json()["refresh_token"])

    assert (pushed.status_code, page.status_code, second.status_code, revoked.status_code) == (
        201,
        303,
        200,
        200,
    )
    assert page["Location"].startswith("/oauth/authorize/")
    assert described["active"]


def test_a_direct_request_keeps_its_query_without_a_slash(bare):
    answer = bare.ask(scope="no_such_scope", authorization_details=None)

    assert answered(answer["Location"])["error"] == "invalid_scope"


def test_calls_count_together_with_and_without_a_slash(third_party, settings):
    settings.OAUTH_CALLS_PER_MINUTE = 2
    sent = {"grant_type": "refresh_token", "refresh_token": "unknown"}

    statuses = [
        third_party.post(path, sent).status_code for path in ("/oauth/token", "/oauth/token/", "/oauth/token")
    ]

    assert statuses == [400, 400, 429]
