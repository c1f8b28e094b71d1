"""Two calls at the same moment, on connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connections
from django.http import HttpResponse

from consent.models import AccessToken, Client, RefreshToken
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.consent import ClientFactory, GrantFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(call: Callable[[], HttpResponse], times: int) -> list[int]:
    """The sorted status codes of `times` calls that start together."""
    ready = Barrier(times, timeout=120)

    def call_in_thread(_number: int) -> int:
        ready.wait()
        try:
            return call().status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(call_in_thread, range(times)))


@pytest.mark.spec("X-03")
def test_of_six_uses_of_one_code_one_succeeds_and_its_tokens_die():
    quick = ClientFactory(client_type=Client.CLIENT_PUBLIC)  # no secret to hash, so that the calls do meet
    third_party = ThirdParty(quick)
    for _round in range(5):
        code = third_party.code_for(GrantFactory(client=quick))

        statuses = at_once(partial(third_party.exchange, code), 6)

        assert statuses == [200, 400, 400, 400, 400, 400]
        assert not AccessToken.objects.exists()


@pytest.mark.spec("X-04")
def test_twenty_refreshes_at_once_leave_one_living_pair():
    third_party = ThirdParty(ClientFactory())
    first = third_party.tokens_for(GrantFactory(client=third_party.client))

    statuses = at_once(lambda: third_party.refresh(first["refresh_token"]), 20)

    assert statuses == [200] * 20
    assert RefreshToken.objects.filter(rotated=None, revoked=None).count() == 1
    assert (
        AccessToken.objects.count() == 2
    )  # the first one, which was never lost, and that of the living pair


@pytest.mark.spec("X-08")
def test_of_three_browsers_with_one_request_uri_one_gets_the_page():
    third_party = ThirdParty(ClientFactory())
    request_uri = third_party.push().json()["request_uri"]
    targets: list[str] = []

    def arrive() -> HttpResponse:
        response = third_party.arrive(request_uri)
        targets.append(response["Location"])
        return response

    at_once(arrive, 3)

    assert sum(target.startswith("/oauth/authorize/") for target in targets) == 1
