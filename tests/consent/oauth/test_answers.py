"""What a decision sends back."""

import pytest
from django.conf import settings

from cdsc_portal.lib.time import clock
from consent.models import AuthorizationCode, ConsentRequest
from consent.oauth.answers import error_redirect, login_cancelled, success_redirect
from tests.consent.oauth.third_party import answered


@pytest.fixture
def request_(third_party):
    third_party.ask()
    return ConsentRequest.objects.get()


@pytest.mark.spec("X-06", "F-30")
def test_an_approval_carries_code_state_and_issuer(request_, grant):
    address = success_redirect(request=request_, grant=grant, at=clock.now())

    answer = answered(address)
    assert address.startswith("https://app.example.com/callback?")
    assert set(answer) == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("st-1", settings.PUBLIC_URL)


@pytest.mark.spec("X-03")
def test_each_code_is_new_and_lives_a_minute(request_, grant):
    at = clock.now()

    first = answered(success_redirect(request=request_, grant=grant, at=at))["code"]
    second = answered(success_redirect(request=request_, grant=grant, at=at))["code"]

    assert first != second
    assert {(code.expires - at).total_seconds() for code in AuthorizationCode.objects.all()} == {60}


@pytest.mark.spec("X-06", "F-25")
def test_a_refusal_carries_state_and_issuer(request_):
    answer = answered(error_redirect(request=request_, error="access_denied", description='No "ü"'))

    assert answer == {
        "error": "access_denied",
        "error_description": "No '?'",
        "state": "st-1",
        "iss": settings.PUBLIC_URL,
    }


@pytest.mark.spec("F-37")
def test_a_sign_in_given_up_counts_as_declined(request_):
    assert answered(login_cancelled(request=request_))["error"] == "access_denied"
