"""POST /oauth/token/ with a refresh token."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, Grant
from consent.transitions import GrantStatus
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.consent import ClientFactory, GrantFactory


def later(seconds: float):
    return time_machine.travel(clock.now() + timedelta(seconds=seconds))


@pytest.mark.spec("X-04")
def test_a_refresh_gives_a_new_pair(third_party, grant):
    first = third_party.tokens_for(grant)

    second = third_party.refresh(first["refresh_token"]).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["authorization_details"] == grant.authorization_details
    assert third_party.introspect(second["access_token"])["active"]


@pytest.mark.spec("X-04")
def test_a_retry_within_thirty_seconds_gets_a_pair_that_replaces_the_lost_one(third_party, grant):
    with time_machine.travel(clock.now(), tick=False) as moment:
        first = third_party.tokens_for(grant)
        lost = third_party.refresh(first["refresh_token"]).json()
        moment.shift(29)
        again = third_party.refresh(first["refresh_token"])

    assert again.status_code == 200
    assert again.json()["refresh_token"] != lost["refresh_token"]
    assert third_party.introspect(again.json()["access_token"])["active"]
    assert third_party.introspect(first["access_token"])["active"]
    assert third_party.introspect(lost["access_token"]) == {"active": False}
    assert third_party.introspect(lost["refresh_token"]) == {"active": False}
    assert third_party.refresh(again.json()["refresh_token"]).status_code == 200


@pytest.mark.spec("X-04")
def test_use_of_a_replaced_refresh_token_ends_the_family(third_party, grant):
    first = third_party.tokens_for(grant)
    lost = third_party.refresh(first["refresh_token"]).json()
    again = third_party.refresh(first["refresh_token"]).json()

    stolen = third_party.refresh(lost["refresh_token"])

    assert stolen.json()["error"] == "invalid_grant"
    assert third_party.introspect(again["access_token"]) == {"active": False}
    assert third_party.refresh(again["refresh_token"]).json()["error"] == "invalid_grant"
    assert Grant.objects.get().status == GrantStatus.ACTIVE


@pytest.mark.spec("X-04")
def test_a_public_clients_retry_ends_the_family(db):
    """Nothing tells its retry from a thief's."""
    public = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))
    first = public.tokens_for(GrantFactory(client=public.client))
    second = public.refresh(first["refresh_token"]).json()

    again = public.refresh(first["refresh_token"])

    assert again.json()["error"] == "invalid_grant"
    assert not AccessToken.objects.exists()
    assert public.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert Grant.objects.get().status == GrantStatus.ACTIVE


@pytest.mark.spec("X-04")
def test_a_retry_that_is_refused_replaces_nothing(third_party, grant):
    first = third_party.tokens_for(grant)
    second = third_party.refresh(first["refresh_token"]).json()

    refused = third_party.refresh(first["refresh_token"], scope="bill_data")

    assert refused.json()["error"] == "invalid_scope"
    assert third_party.introspect(second["access_token"])["active"]


@pytest.mark.spec("X-04")
def test_later_reuse_ends_the_family_and_never_the_grant(third_party, grant):
    first = third_party.tokens_for(grant)
    second = third_party.refresh(first["refresh_token"]).json()

    with later(31):
        reused = third_party.refresh(first["refresh_token"])

    assert reused.json()["error"] == "invalid_grant"
    assert third_party.introspect(second["access_token"]) == {"active": False}
    assert third_party.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert Grant.objects.get().status == GrantStatus.ACTIVE


@pytest.mark.spec("X-04")
def test_reuse_after_the_next_generation_was_used_is_no_retry(third_party, grant):
    first = third_party.tokens_for(grant)
    second = third_party.refresh(first["refresh_token"]).json()
    third = third_party.refresh(second["refresh_token"]).json()

    reused = third_party.refresh(first["refresh_token"])

    assert reused.json()["error"] == "invalid_grant"
    assert third_party.introspect(third["access_token"]) == {"active": False}


@pytest.mark.spec("X-04")
def test_another_grants_tokens_survive_the_end_of_a_family(third_party, grant):
    other = third_party.tokens_for(GrantFactory(client=third_party.client))
    first = third_party.tokens_for(grant)
    third_party.refresh(first["refresh_token"])

    with later(31):
        third_party.refresh(first["refresh_token"])

    assert third_party.introspect(other["access_token"])["active"]


@pytest.mark.spec("X-04")
def test_a_refresh_token_is_bound_to_its_client(third_party, rival, grant):
    first = third_party.tokens_for(grant)

    stolen = rival.refresh(first["refresh_token"])

    assert stolen.json()["error"] == "invalid_grant"
    assert third_party.refresh(first["refresh_token"]).status_code == 200


@pytest.mark.spec("X-04")
def test_no_refresh_reaches_beyond_the_end_of_the_grant(third_party, grant):
    first = third_party.tokens_for(grant)

    with time_machine.travel(grant.access_ends - timedelta(minutes=5)):
        nearly = third_party.refresh(first["refresh_token"]).json()
    with time_machine.travel(grant.access_ends):
        over = third_party.refresh(nearly["refresh_token"])

    assert nearly["expires_in"] <= 300
    assert over.json()["error"] == "invalid_grant"


@pytest.mark.spec("X-10")
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"scope": "usage_data bill_data"}, "invalid_scope"),
        (
            {"authorization_details": '[{"type": "bill_data", "services": "all"}]'},
            "invalid_authorization_details",
        ),
    ],
)
def test_a_refresh_cannot_widen(third_party, grant, more, error):
    first = third_party.tokens_for(grant)

    refused = third_party.refresh(first["refresh_token"], **more)

    assert refused.json()["error"] == error
    assert third_party.refresh(first["refresh_token"]).status_code == 200


@pytest.mark.spec("X-10")
def test_a_refresh_may_ask_for_a_token_of_fewer_scopes(third_party):
    grant = GrantFactory(client=third_party.client, scope="usage_data bill_data")
    first = third_party.tokens_for(grant)

    narrow = third_party.refresh(first["refresh_token"], scope="bill_data").json()
    full = third_party.refresh(narrow["refresh_token"]).json()

    assert narrow["scope"] == "bill_data"
    assert [detail["type"] for detail in narrow["authorization_details"]] == ["bill_data"]
    assert full["scope"] == "usage_data bill_data"


def test_the_details_as_granted_may_come_along(third_party, grant):
    first = third_party.tokens_for(grant)

    same = third_party.refresh(
        first["refresh_token"], authorization_details=json.dumps(grant.authorization_details)
    )

    assert same.status_code == 200


@pytest.mark.spec("X-10")
def test_a_narrowed_grant_narrows_the_next_answer(third_party):
    grant = GrantFactory(client=third_party.client, scope="usage_data bill_data")
    first = third_party.tokens_for(grant)
    grant.scope = "usage_data"
    grant.authorization_details = grant.authorization_details[:1]
    grant.save()

    second = third_party.refresh(first["refresh_token"]).json()

    assert second["scope"] == "usage_data"
    assert second["authorization_details"] == grant.authorization_details


def test_a_suspended_grant_refreshes_again_once_it_is_back(third_party, grant):
    first = third_party.tokens_for(grant)
    Grant.objects.update(status=GrantStatus.SUSPENDED)

    meanwhile = third_party.refresh(first["refresh_token"])
    Grant.objects.update(status=GrantStatus.ACTIVE)

    assert meanwhile.json()["error"] == "invalid_grant"
    assert third_party.refresh(first["refresh_token"]).status_code == 200


def test_a_refresh_and_its_retry_cost_the_same_however_long_the_family(third_party, grant):
    first = third_party.tokens_for(grant)
    short = [queries_of(third_party, first["refresh_token"]) for _retry in range(2)]
    last = third_party.refresh(first["refresh_token"]).json()
    for _generation in range(5):
        last = third_party.refresh(last["refresh_token"]).json()

    long = [queries_of(third_party, last["refresh_token"]) for _retry in range(2)]

    assert long == short
    assert short[1] - short[0] <= 5  # was it used since, and the lost pair's two tokens


def queries_of(third_party, refresh_token):
    with CaptureQueriesContext(connection) as queries:
        assert third_party.refresh(refresh_token).status_code == 200
    return len(queries)
