"""X-19: who learnt a client's secret, and got tokens with it, has nothing once its owner says so."""

import pytest

from cdsc_portal.lib.time import clock
from consent.services.credentials import replace_leaked_secret
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory, GrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-19")]


def test_a_thief_of_a_secret_is_out_at_every_door_from_the_next_call_on():
    owner = ThirdParty(ClientFactory())
    thief = ThirdParty(owner.client)
    stolen = thief.tokens_for(GrantFactory(client=owner.client))
    waiting = owner.code_for(GrantFactory(client=owner.client))
    bearer = {"Authorization": f"Bearer {stolen['access_token']}"}
    assert thief.http.get("/usage_data", headers=bearer).status_code == 403  # let in, to a grant of nothing

    owner.secret = replace_leaked_secret(client=owner.client, by=UserFactory(), at=clock.now())

    assert thief.http.get("/usage_data", headers=bearer).status_code == 401
    assert thief.refresh(stolen["refresh_token"]).json()["error"] == "invalid_client"
    assert thief.exchange(waiting).json()["error"] == "invalid_client"
    assert thief.push().status_code == thief.revoke("unknown").status_code == 401
    assert thief.introspect(stolen["access_token"])["error"] == "invalid_client"
    assert owner.introspect(stolen["access_token"]) == {"active": False}
    assert owner.refresh(stolen["refresh_token"]).json()["error"] == "invalid_grant"
    assert owner.exchange(waiting).status_code == 200
