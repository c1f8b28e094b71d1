"""X-03: a code that was seen by somebody else is worth nothing, and its replay ends what it had given."""

import pytest

pytestmark = pytest.mark.spec("X-03")


@pytest.mark.parametrize(
    "more", [{}, {"code_verifier": "guessed" * 7}, {"redirect_uri": "https://evil.example.com/"}]
)
def test_a_replay_ends_the_first_tokens_however_wrong_the_rest_of_it_is(third_party, shared, reads, more):
    code = third_party.code_for(shared)
    tokens = third_party.exchange(code).json()
    assert reads(tokens["access_token"]) == 200

    refused = third_party.exchange(code, **more)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert reads(tokens["access_token"]) == 401
    assert third_party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_another_clients_replay_ends_nothing(third_party, rival, shared, reads):
    code = third_party.code_for(shared)
    tokens = third_party.exchange(code).json()

    refused = rival.exchange(code)

    assert refused.json()["error"] == "invalid_grant"
    assert reads(tokens["access_token"]) == 200
