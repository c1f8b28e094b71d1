"""X-13: the introspection endpoint tells a stranger nothing, and a client nothing of what is not its own."""

import pytest

from tests.consent.oauth.third_party import FORM

pytestmark = pytest.mark.spec("X-13")


def test_a_token_is_no_credential_to_ask_about_tokens(third_party, shared):
    token = third_party.tokens_for(shared)["access_token"]

    refused = third_party.http.post(
        "/oauth/introspect/",
        f"token={token}",
        content_type=FORM,
        headers={"Authorization": f"Bearer {token}"},
    )

    assert refused.status_code == 401
    assert "active" not in refused.json()


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_no_hint_tells_a_rival_of_a_token(third_party, rival, shared, kind, hint):
    token = third_party.tokens_for(shared)[kind]

    answer = rival.post("/oauth/introspect/", {"token": token, "token_type_hint": hint})

    assert answer.json() == {"active": False}


@pytest.mark.parametrize("token", ["a" * 5000, "\u202e", "' OR '1'='1", "%00", "../", "{}", " "])
def test_odd_tokens_are_just_not_active(third_party, shared, token):
    third_party.tokens_for(shared)

    assert third_party.introspect(token) == {"active": False}
