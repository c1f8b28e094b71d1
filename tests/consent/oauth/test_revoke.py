"""POST /oauth/revoke/"""

import pytest

from consent.models import Client, ClientStatus, Grant
from consent.transitions import GrantStatus
from tests.consent.oauth.third_party import FORM

INACTIVE = {"active": False}


@pytest.mark.spec("X-12")
def test_a_revoked_refresh_token_takes_its_access_tokens_along(third_party, grant):
    first = third_party.tokens_for(grant)
    second = third_party.refresh(first["refresh_token"]).json()

    answer = third_party.revoke(second["refresh_token"])

    assert answer.status_code == 200
    assert third_party.introspect(second["access_token"]) == INACTIVE
    assert third_party.introspect(first["access_token"]) == INACTIVE
    assert third_party.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.spec("X-12")
def test_a_revoked_refresh_token_is_not_revived_by_a_retry_of_its_forerunner(third_party, grant):
    first = third_party.tokens_for(grant)
    second = third_party.refresh(first["refresh_token"]).json()
    third_party.revoke(second["refresh_token"])

    retry = third_party.refresh(first["refresh_token"])

    assert retry.json()["error"] == "invalid_grant"


def test_a_revoked_access_token_goes_alone(third_party, grant):
    body = third_party.tokens_for(grant)

    third_party.revoke(body["access_token"])

    assert third_party.introspect(body["access_token"]) == INACTIVE
    assert third_party.refresh(body["refresh_token"]).status_code == 200


@pytest.mark.spec("X-12")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_unknown_and_foreign_tokens_answer_200_and_nothing_happens(third_party, rival, grant, kind):
    token = third_party.tokens_for(grant)[kind]

    answers = [rival.revoke(token), rival.revoke("unknown")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert third_party.introspect(token)["active"]


def test_revoking_tokens_leaves_the_grant_alone(third_party, grant):
    third_party.revoke(third_party.tokens_for(grant)["refresh_token"])

    assert Grant.objects.get().status == GrantStatus.ACTIVE


def test_a_suspended_client_can_still_revoke(third_party, grant):
    token = third_party.tokens_for(grant)["refresh_token"]
    Client.objects.update(status=ClientStatus.SUSPENDED)

    third_party.revoke(token)

    assert grant.refresh_tokens.get().revoked


def test_revoking_needs_the_clients_credentials(third_party, grant):
    token = third_party.tokens_for(grant)["refresh_token"]

    refused = third_party.http.post("/oauth/revoke/", f"token={token}", content_type=FORM)

    assert refused.status_code == 401
    assert not grant.refresh_tokens.get().revoked
