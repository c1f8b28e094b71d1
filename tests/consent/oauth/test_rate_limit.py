"""The limit on calls of one client to the endpoints for programs."""

import pytest
import time_machine

from cdsc_portal.lib.time import clock


def test_a_client_that_calls_too_often_is_told_when_to_come_back(third_party, rival, settings):
    settings.OAUTH_CALLS_PER_MINUTE = 3
    with time_machine.travel(clock.now().replace(second=20), tick=False):
        answers = [third_party.revoke("unknown") for _ in range(4)]
        others = [rival.revoke("unknown"), third_party.post("/oauth/introspect/", {"token": "unknown"})]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Retry-After"] == "40"
    assert answers[-1]["Cache-Control"] == "no-store"
    assert [answer.status_code for answer in others] == [200, 200]


def test_the_next_minute_is_a_new_one(third_party, settings):
    settings.OAUTH_CALLS_PER_MINUTE = 1
    with time_machine.travel(clock.now().replace(second=59), tick=False) as traveller:
        third_party.revoke("unknown")
        traveller.shift(1)

        assert third_party.revoke("unknown").status_code == 200


def test_failed_secrets_count_too(third_party, settings):
    settings.OAUTH_FAILURES_PER_MINUTE = 2
    third_party.secret = "wrong"
    with time_machine.travel(clock.now().replace(second=20), tick=False):
        answers = [third_party.revoke("unknown").status_code for _ in range(3)]

    assert answers == [401, 401, 429]


@pytest.mark.spec("X-17")
def test_one_address_cannot_store_requests_without_end(third_party, settings):
    settings.OAUTH_CALLS_PER_MINUTE = 2
    with time_machine.travel(clock.now().replace(second=20), tick=False):
        answers = [third_party.http.get("/oauth/authorize/", {"client_id": "anybody"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[-1]["Retry-After"] == "40"
