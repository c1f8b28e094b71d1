"""What the hourly sweep deletes, and what it keeps so that reuse is still seen."""

from datetime import timedelta

import pytest
import time_machine

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, AuthorizationCode, RefreshToken
from consent.tasks import delete_dead_tokens


@pytest.mark.spec("X-03", "X-04")
def test_while_a_grant_lives_a_spent_code_and_a_rotated_token_are_kept(third_party, grant):
    code = third_party.code_for(grant)
    first = third_party.exchange(code).json()
    third_party.refresh(first["refresh_token"])

    with time_machine.travel(clock.now() + timedelta(hours=2)):
        deleted = delete_dead_tokens()
        reused = third_party.exchange(code)

    assert deleted == 2  # both access tokens
    assert reused.json()["error"] == "invalid_grant"
    assert not RefreshToken.objects.filter(revoked__isnull=True).exists()


def test_a_code_that_nobody_fetched_goes(third_party, grant):
    third_party.code_for(grant)

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        delete_dead_tokens()

    assert not AuthorizationCode.objects.exists()


def test_nothing_outlives_its_grant(third_party, grant):
    third_party.tokens_for(grant)

    with time_machine.travel(grant.access_ends):
        delete_dead_tokens()

    for model in (AuthorizationCode, AccessToken, RefreshToken):
        assert not model.objects.exists()


def test_what_is_in_use_stays(third_party, grant):
    body = third_party.tokens_for(grant)

    assert delete_dead_tokens() == 0
    assert third_party.introspect(body["access_token"])["active"]
