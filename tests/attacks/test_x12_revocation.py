"""X-12: nobody ends another's tokens by the revocation endpoint, nor learns there whether they exist."""

import pytest

pytestmark = pytest.mark.spec("X-12")


@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "id_token", "\x00"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("caller", ["rival", "public"])
def test_a_lying_hint_of_a_foreign_client_ends_nothing(
    request, third_party, shared, reads, caller, kind, hint
):
    attacker = request.getfixturevalue(caller)
    tokens = third_party.tokens_for(shared)
    sent = {} if hint is None else {"token_type_hint": hint}

    foreign = attacker.post("/oauth/revoke/", {"token": tokens[kind], **sent})
    unknown = attacker.post("/oauth/revoke/", {"token": "unknown", **sent})

    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert reads(tokens["access_token"]) == 200
    assert third_party.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token"])
def test_a_refresh_token_given_back_under_a_lying_hint_takes_its_access_token_along(
    third_party, shared, reads, hint
):
    tokens = third_party.tokens_for(shared)

    third_party.post("/oauth/revoke/", {"token": tokens["refresh_token"], "token_type_hint": hint})

    assert reads(tokens["access_token"]) == 401
