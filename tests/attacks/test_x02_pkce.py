"""X-02: no weaker challenge than S256 is taken from any client, by any way in."""

import pytest

from consent.models import ConsentRequest
from tests.consent.oauth.third_party import CHALLENGE, VERIFIER, answered

pytestmark = pytest.mark.spec("X-02")

WEAK = [
    {"code_challenge": None, "code_challenge_method": None},
    {"code_challenge": None},
    {"code_challenge": ""},
    {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
    {"code_challenge_method": None},
    {"code_challenge_method": ""},
    {"code_challenge_method": "s256"},
    {"code_challenge_method": "S256 plain"},
    {"code_challenge_method": "none"},
    {"code_challenge": CHALLENGE[:42]},
    {"code_challenge": "\u0430" * 43},
    {"code_challenge": CHALLENGE + "\x00"},
    {"code_challenge": CHALLENGE[:-1] + "+"},
    {"code_challenge": "a" * 129},
]


@pytest.mark.parametrize("change", WEAK)
@pytest.mark.parametrize("kind", ["third_party", "public"])
def test_no_weak_challenge_is_taken_from_any_client(request, kind, change):
    attacker = request.getfixturevalue(kind)
    sent, pushed = attacker.ask(**change), attacker.push(**change)

    assert sent.status_code == 400 or answered(sent["Location"])["error"] == "invalid_request"
    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")
    assert not ConsentRequest.objects.exists()


@pytest.mark.parametrize(
    "verifier", [None, "", CHALLENGE, VERIFIER + "0", VERIFIER.upper(), "\u0430" * 43, "\x00"]
)
def test_a_stolen_code_opens_nothing_without_its_verifier(public, shared, verifier):
    shared.client = public.client
    shared.save()

    refused = public.exchange(public.code_for(shared), code_verifier=verifier)

    assert refused.status_code == 400
    assert "access_token" not in refused.json()
