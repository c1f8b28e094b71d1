"""POST /oauth/introspect/"""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings

from cdsc_portal.lib.time import clock
from consent.models import Client, ClientStatus, Grant
from consent.oauth.tokens import access_ends
from consent.signals import grant_ended
from consent.transitions import GrantStatus
from tests.consent.oauth.third_party import FORM, ThirdParty
from tests.factories.consent import ClientFactory, GrantFactory

INACTIVE = {"active": False}


@pytest.mark.spec("X-10")
def test_an_active_token_says_what_it_opens(third_party, grant):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        token = third_party.tokens_for(grant)["access_token"]
        now = int(clock.now().timestamp())

        assert third_party.introspect(token) == {
            "active": True,
            "token_type": "Bearer",
            "scope": "usage_data",
            "client_id": third_party.client.client_id,
            "exp": now + 3600,
            "iat": now,
            "iss": settings.PUBLIC_URL,
            "authorization_details": grant.authorization_details,
            "grant_id": grant.public_id,
            "access_ends": access_ends(grant),
        }


@pytest.mark.spec("X-13")
def test_no_credentials_no_answer(third_party, grant):
    token = third_party.tokens_for(grant)["access_token"]

    refused = third_party.http.post("/oauth/introspect/", f"token={token}", content_type=FORM)

    assert refused.status_code == 401
    assert "active" not in refused.json()


@pytest.mark.spec("X-13")
def test_a_public_client_cannot_introspect(db):
    public = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))
    token = public.tokens_for(GrantFactory(client=public.client))["access_token"]

    assert public.post("/oauth/introspect/", {"token": token}).status_code == 401


@pytest.mark.spec("X-13")
def test_a_foreign_an_unknown_and_an_expired_token_look_the_same(third_party, rival, grant):
    token = third_party.tokens_for(grant)["access_token"]

    assert rival.introspect(token) == INACTIVE
    assert third_party.introspect("unknown") == INACTIVE
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        assert third_party.introspect(token) == INACTIVE


@pytest.mark.spec("X-14")
def test_the_end_of_a_grant_ends_its_tokens_at_once(third_party, grant):
    waiting = third_party.code_for(grant)
    body = third_party.tokens_for(grant)
    grant.status = GrantStatus.REVOKED
    grant.save()

    grant_ended.send(Grant, grant=grant, at=clock.now())

    assert third_party.introspect(body["access_token"]) == INACTIVE
    assert third_party.introspect(body["refresh_token"]) == INACTIVE
    assert third_party.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"
    assert third_party.exchange(waiting).json()["error"] == "invalid_grant"
    assert not grant.access_tokens.exists()


@pytest.mark.spec("X-14")
@pytest.mark.parametrize("status", [GrantStatus.REVOKED, GrantStatus.SUSPENDED, GrantStatus.FUTURE])
def test_a_grant_that_opens_nothing_now_has_no_active_token(third_party, grant, status):
    token = third_party.tokens_for(grant)["access_token"]
    Grant.objects.update(status=status)

    assert third_party.introspect(token) == INACTIVE


def test_a_suspended_client_has_no_active_token(third_party, grant):
    token = third_party.tokens_for(grant)["access_token"]
    Client.objects.update(status=ClientStatus.SUSPENDED)

    assert third_party.introspect(token) == INACTIVE


def test_a_refresh_token_is_active_until_it_is_used(third_party, grant):
    token = third_party.tokens_for(grant)["refresh_token"]

    before = third_party.introspect(token)
    third_party.refresh(token)

    assert before["active"]
    assert before["exp"] == int(grant.access_ends.timestamp())
    assert third_party.introspect(token) == INACTIVE
