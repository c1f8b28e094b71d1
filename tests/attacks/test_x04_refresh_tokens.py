"""X-04: a stolen refresh token never lives beside its owner's, however quickly it is used."""

import pytest

from tests.factories.consent import GrantFactory, GrantPartFactory

pytestmark = pytest.mark.spec("X-04")


def test_a_thief_of_a_public_clients_token_ends_it_for_both_at_once(public, home, reads):
    grant = GrantFactory(client=public.client)
    GrantPartFactory(grant=grant, contracts=[home.contract])
    stolen = public.tokens_for(grant)
    owner = public.refresh(stolen["refresh_token"]).json()
    assert reads(owner["access_token"]) == 200

    thief = public.refresh(stolen["refresh_token"])

    assert thief.json()["error"] == "invalid_grant"
    assert [reads(tokens["access_token"]) for tokens in (stolen, owner)] == [401, 401]
    assert public.refresh(owner["refresh_token"]).json()["error"] == "invalid_grant"


def test_twenty_uses_of_one_token_leave_one_living_pair(third_party, shared, reads):
    first = third_party.tokens_for(shared)

    pairs = [third_party.refresh(first["refresh_token"]).json() for _ in range(20)]

    assert [reads(pair["access_token"]) for pair in pairs] == [401] * 19 + [200]
    assert third_party.refresh(pairs[0]["refresh_token"]).json()["error"] == "invalid_grant"
    assert [reads(pair["access_token"]) for pair in (first, *pairs)] == [401] * 21  # a lost one came: all end
