"""POST /oauth/token/ with a code."""

from datetime import datetime, timedelta

import pytest
import time_machine

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, AuthorizationCode, Client, ClientStatus, RefreshToken
from consent.transitions import GrantStatus
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.consent import ClientFactory, GrantFactory


@pytest.mark.spec("X-10")
def test_a_code_gives_tokens_that_say_what_was_granted(third_party, grant):
    response = third_party.exchange(third_party.code_for(grant))

    body = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["scope"] == "usage_data"
    assert body["authorization_details"] == grant.authorization_details
    assert body["grant_id"] == grant.public_id
    assert datetime.fromisoformat(body["access_ends"]) == grant.access_ends
    assert body["access_token"] != body["refresh_token"]


@pytest.mark.spec("X-18")
def test_neither_code_nor_tokens_are_stored_in_the_clear(third_party, grant):
    code = third_party.code_for(grant)
    body = third_party.exchange(code).json()

    stored = [
        *AuthorizationCode.objects.values_list("code", flat=True),
        *AccessToken.objects.values_list("token", "token_checksum"),
        *RefreshToken.objects.values_list("token", "token_checksum"),
    ]

    for secret in (code, body["access_token"], body["refresh_token"]):
        assert secret not in str(stored)


@pytest.mark.spec("X-03")
def test_a_second_use_of_a_code_fails_and_ends_the_first_tokens(third_party, grant):
    code = third_party.code_for(grant)
    first = third_party.exchange(code).json()

    second = third_party.exchange(code)

    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert third_party.introspect(first["access_token"]) == {"active": False}
    assert third_party.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    grant.refresh_from_db()
    assert grant.status == GrantStatus.ACTIVE


@pytest.mark.spec("X-03")
def test_a_code_lives_sixty_seconds(third_party, grant):
    code = third_party.code_for(grant)

    with time_machine.travel(clock.now() + timedelta(seconds=60)):
        late = third_party.exchange(code)

    assert late.json()["error"] == "invalid_grant"
    assert third_party.exchange(code).status_code == 200


@pytest.mark.spec("X-03")
def test_a_code_of_another_client_opens_nothing_and_stays_good(third_party, rival, grant):
    code = third_party.code_for(grant)

    stolen = rival.exchange(code)

    assert stolen.json()["error"] == "invalid_grant"
    assert third_party.exchange(code).status_code == 200


@pytest.mark.spec("X-02")
@pytest.mark.parametrize(
    ("verifier", "error"),
    [(None, "invalid_request"), ("another-verifier-of-more-than-43-characters-01", "invalid_grant")],
)
def test_a_code_needs_the_verifier_of_its_challenge(third_party, grant, verifier, error):
    refused = third_party.exchange(third_party.code_for(grant), code_verifier=verifier)

    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert not AccessToken.objects.exists()


@pytest.mark.spec("X-02")
def test_a_verifier_without_a_challenge_is_refused(third_party, grant):
    code = third_party.code_for(grant)
    AuthorizationCode.objects.update(code_challenge="", code_challenge_method="")

    refused = third_party.exchange(code)

    assert refused.status_code == 400
    assert not AccessToken.objects.exists()


@pytest.mark.spec("X-01")
def test_the_redirect_address_of_the_request_must_come_again(third_party, grant):
    code = third_party.code_for(grant)

    refused = third_party.exchange(code, redirect_uri=third_party.redirect_uri + "/")

    assert refused.json()["error"] == "invalid_grant"


@pytest.mark.spec("X-01")
def test_a_code_of_a_native_app_is_bound_to_the_port_of_its_request(db):
    native = ThirdParty(
        ClientFactory(client_type=Client.CLIENT_PUBLIC, redirect_uris="http://127.0.0.1/callback")
    )
    native.redirect_uri = "http://127.0.0.1:51004/callback"
    code = native.code_for(GrantFactory(client=native.client))

    refused = native.exchange(code, redirect_uri="http://127.0.0.1:51005/callback")

    assert refused.json()["error"] == "invalid_grant"
    assert native.exchange(code).status_code == 200


@pytest.mark.spec("X-01")
def test_a_code_needs_the_redirect_address_where_the_request_sent_one(third_party, grant):
    """RFC 6749 4.1.3; the code stays good, since nothing was guessed."""
    code = third_party.code_for(grant)

    refused = third_party.exchange(code, redirect_uri=None)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert "redirect_uri" in refused.json()["error_description"]
    assert third_party.exchange(code).status_code == 200


@pytest.mark.spec("X-01")
@pytest.mark.parametrize(
    ("sent", "status"),
    [(None, 200), ("https://app.example.com/callback", 200), ("https://app.example.com/", 400)],
)
def test_where_the_request_sent_none_the_code_may_come_without(third_party, grant, sent, status):
    code = third_party.code_for(grant, redirect_uri_sent=False)

    assert third_party.exchange(code, redirect_uri=sent).status_code == status


@pytest.mark.spec("X-03")
def test_of_the_two_codes_of_a_double_click_one_gives_tokens(third_party, grant):
    code, other = third_party.code_for(grant), third_party.code_for(grant)
    first = third_party.exchange(code).json()

    refused = third_party.exchange(other)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert third_party.introspect(first["access_token"])["active"]


@pytest.mark.spec("X-03")
def test_a_code_that_was_made_while_another_was_exchanged_gives_no_tokens(third_party, grant):
    first = third_party.tokens_for(grant)

    refused = third_party.exchange(third_party.code_for(grant))

    assert refused.json()["error"] == "invalid_grant"
    assert third_party.introspect(first["access_token"])["active"]


@pytest.mark.spec("X-03")
def test_a_replay_ends_the_tokens_and_the_other_codes_of_its_approval(third_party, grant):
    code, other = third_party.code_for(grant), third_party.code_for(grant)
    elsewhere = third_party.tokens_for(GrantFactory(client=third_party.client))
    first = third_party.exchange(code).json()
    renewed = third_party.refresh(first["refresh_token"]).json()

    third_party.exchange(code)

    assert third_party.introspect(renewed["access_token"]) == {"active": False}
    assert third_party.refresh(renewed["refresh_token"]).json()["error"] == "invalid_grant"
    assert third_party.exchange(other).json()["error"] == "invalid_grant"
    assert third_party.introspect(elsewhere["access_token"])["active"]


@pytest.mark.spec("X-05")
@pytest.mark.parametrize(
    "grant_type",
    ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"],
)
def test_other_grant_types_are_refused(third_party, grant_type):
    sent = {"grant_type": grant_type, "username": "someone@example.com", "password": "something"}

    refused = third_party.post("/oauth/token/", sent)

    assert (refused.status_code, refused.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("lasts", [True, False])
def test_only_a_grant_that_lasts_gives_a_refresh_token(third_party, lasts):
    grant = GrantFactory(client=third_party.client, refreshable=lasts)

    assert ("refresh_token" in third_party.tokens_for(grant)) is lasts


def test_the_only_token_of_a_one_time_grant_lives_until_access_ends(third_party):
    ends = clock.now() + timedelta(hours=24)
    grant = GrantFactory(client=third_party.client, refreshable=False, access_ends=ends)

    body = third_party.tokens_for(grant)

    assert 24 * 3600 - 10 <= body["expires_in"] <= 24 * 3600
    assert AccessToken.objects.get().expires <= ends


def test_no_token_outlives_its_grant(third_party):
    ends = clock.now() + timedelta(minutes=10)
    grant = GrantFactory(client=third_party.client, access_ends=ends)

    body = third_party.tokens_for(grant)

    assert 590 <= body["expires_in"] <= 600
    assert AccessToken.objects.get().expires <= ends


@pytest.mark.spec("X-14")
@pytest.mark.parametrize("status", [GrantStatus.REVOKED, GrantStatus.EXPIRED, GrantStatus.SUSPENDED])
def test_a_grant_that_is_over_gives_no_tokens(third_party, grant, status):
    code = third_party.code_for(grant)
    grant.status = status
    grant.save()

    assert third_party.exchange(code).json()["error"] == "invalid_grant"


def test_a_wrong_secret_is_answered_with_a_basic_challenge(third_party, grant):
    code = third_party.code_for(grant)
    third_party.secret = "wrong"

    refused = third_party.exchange(code)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused["WWW-Authenticate"].startswith("Basic ")
    assert refused["Cache-Control"] == "no-store"


def test_a_confidential_client_cannot_pass_for_a_public_one(third_party, grant):
    code = third_party.code_for(grant)
    third_party.client.client_type = Client.CLIENT_PUBLIC  # here only: it sends its id and no secret

    assert third_party.exchange(code).status_code == 401


def test_a_client_may_send_its_secret_in_the_body(third_party, grant):
    code = third_party.code_for(grant)
    third_party.client.client_type = Client.CLIENT_PUBLIC  # here only: no Authorization header

    assert third_party.exchange(code, client_secret=third_party.secret).status_code == 200


def test_a_public_client_exchanges_its_code_with_its_id_alone(db):
    public = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))

    response = public.exchange(public.code_for(GrantFactory(client=public.client)))

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("status", "error"),
    [(ClientStatus.SUSPENDED, "unauthorized_client"), (ClientStatus.DISABLED, "invalid_client")],
)
def test_a_client_out_of_use_gets_no_tokens(third_party, grant, status, error):
    code = third_party.code_for(grant)
    third_party.client.status = status
    third_party.client.save()

    assert third_party.exchange(code).json()["error"] == error


@pytest.mark.spec("X-10")
def test_other_details_than_those_granted_cannot_be_asked_for(third_party, grant):
    wider = '[{"type": "usage_data", "services": "all"}]'

    refused = third_party.exchange(third_party.code_for(grant), authorization_details=wider)

    assert refused.json()["error"] == "invalid_authorization_details"


def test_get_is_not_allowed(third_party):
    response = third_party.http.get("/oauth/token/")

    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")


def test_every_error_says_in_words_what_is_wrong(third_party, grant):
    """Also those that the library leaves without."""
    first = third_party.tokens_for(grant)
    errors = [
        third_party.exchange("unknown"),
        third_party.exchange(
            third_party.code_for(GrantFactory(client=third_party.client)), code_verifier="x" * 43
        ),
        third_party.exchange(""),
        third_party.refresh("unknown"),
        third_party.refresh(first["refresh_token"], scope="bill_data"),
        third_party.refresh(""),
        third_party.post("/oauth/token/", {"grant_type": "password"}),
        third_party.post("/oauth/token/", {}),
        third_party.post("/oauth/revoke/", {}),
        third_party.post("/oauth/introspect/", {}),
        third_party.post("/oauth/revoke/", {"token": "unknown", "token_type_hint": "unknown"}),
        third_party.http.get("/oauth/token/"),
    ]
    Client.objects.update(status=ClientStatus.SUSPENDED)
    errors.append(third_party.refresh(first["refresh_token"]))

    problems = [answer.json() for answer in errors if answer.status_code != 200]

    assert [error for error in problems if len(error.get("error_description", "")) < 10] == []
    assert {error["error"] for error in problems} == {
        "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type",
    }  # fmt: skip
