"""POST /oauth/par/ and the browser that comes after it (RFC 9126)."""

import json
from datetime import timedelta

import pytest
import time_machine

from cdsc_portal.lib.time import clock
from consent.models import Client, ClientStatus, ConsentRequest, RequestStatus
from tests.consent.oauth.third_party import FORM, ThirdParty, answered
from tests.factories.consent import ClientFactory, request_at


def pushed_uri(third_party, **changes) -> str:
    return third_party.push(**changes).json()["request_uri"]


@pytest.mark.spec("X-07")
def test_a_pushed_request_is_stored_for_some_minutes(third_party):
    response = third_party.push()

    body = response.json()
    stored = ConsentRequest.objects.get()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert 5 <= body["expires_in"] <= 600
    assert stored.status == RequestStatus.PUSHED
    assert body["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")


@pytest.mark.spec("X-08", "X-18")
def test_the_request_uri_cannot_be_guessed_and_is_not_stored(third_party):
    first, second = pushed_uri(third_party), pushed_uri(third_party)

    secrets = {uri.rpartition(":")[2] for uri in (first, second)}

    assert all(len(secret) >= 43 for secret in secrets)
    assert len(secrets) == 2
    for stored in ConsentRequest.objects.all():
        assert not any(secret in str(vars(stored)) for secret in secrets)


@pytest.mark.spec("X-07")
def test_the_client_is_authenticated_before_anything_else(third_party):
    third_party.secret = "wrong"

    refused = third_party.push(authorization_details="broken")

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.spec("X-07")
def test_a_client_cannot_push_for_another(third_party, rival):
    refused = third_party.push(client_id=rival.client.client_id, redirect_uri="https://broken.example.com/")

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert "client_id" in refused.json()["error_description"]


@pytest.mark.spec("X-07")
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_post_pushes(third_party, method):
    response = getattr(third_party.http, method)("/oauth/par/")

    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")


@pytest.mark.spec("X-07")
@pytest.mark.parametrize("size", [65 * 1024, 300 * 1024])
def test_a_request_too_large_is_refused_by_size(third_party, size):
    refused = third_party.push(authorization_details="x" * size)

    assert refused.status_code == 413
    assert refused.json()["error"] == "invalid_request"


@pytest.mark.spec("X-07")
def test_a_long_request_that_no_address_could_carry_is_taken(third_party):
    many = [{"type": "usage_data", "services": [f"{n:07d}-1" for n in range(2000)]}]

    assert third_party.push(authorization_details=json.dumps(many)).status_code == 201


@pytest.mark.spec("X-07")
def test_a_request_uri_cannot_itself_be_pushed(third_party):
    refused = third_party.push(request_uri=pushed_uri(third_party))

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.spec("X-01", "X-02", "X-05", "X-09")
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uri": "https://app.example.com/callback/"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "no_such_scope"}, "invalid_scope"),
        ({"authorization_details": "[{]"}, "invalid_authorization_details"),
        ({"authorization_details": "[" * 5000}, "invalid_authorization_details"),
        ({"authorization_details": None}, "invalid_request"),
        ({"redirect_uri": "https://user@app.example.com/callback"}, "invalid_request"),
        ({"state": "s" * 4097}, "invalid_request"),
    ],
)
def test_what_is_wrong_is_told_at_once(third_party, change, error):
    refused = third_party.push(**change)

    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert not ConsentRequest.objects.exists()


def test_a_suspended_client_cannot_push(third_party):
    Client.objects.update(status=ClientStatus.SUSPENDED)

    assert third_party.push().json()["error"] == "unauthorized_client"


def test_a_public_client_pushes_with_its_id_alone(db):
    public = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))

    assert public.push().status_code == 201


def test_json_is_no_form(third_party):
    refused = third_party.http.post("/oauth/par/", "{}", content_type="application/json")

    assert refused.status_code == 400
    assert FORM in refused.json()["error_description"]


@pytest.mark.spec("X-11")
def test_the_browser_gets_the_pushed_copy_whatever_its_address_says(third_party):
    request_uri = pushed_uri(third_party)

    response = third_party.arrive(
        request_uri,
        scope="bill_data",
        state="other",
        redirect_uri="https://elsewhere.example.com/",
        authorization_details='[{"type": "bill_data"}]',
    )

    stored = ConsentRequest.objects.get()
    assert request_at(response["Location"]) == stored
    assert [part["scope"] for part in stored.details["parts"]] == ["usage_data"]
    assert (stored.state, stored.redirect_uri) == ("st-1", third_party.redirect_uri)


@pytest.mark.spec("X-08")
def test_a_request_uri_works_once(third_party):
    request_uri = pushed_uri(third_party)
    third_party.arrive(request_uri)

    again = third_party.arrive(request_uri)

    assert again.status_code == 303
    assert again["Location"].startswith(third_party.redirect_uri + "?")
    assert answered(again["Location"])["error"] == "invalid_request_uri"


@pytest.mark.spec("X-08", "F-14")
def test_an_expired_request_uri_goes_back_to_the_only_registered_address(third_party):
    request_uri = pushed_uri(third_party)

    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        late = third_party.arrive(request_uri, state="from-address")

    assert answered(late["Location"])["error"] == "invalid_request_uri"
    assert answered(late["Location"])["state"] == "from-address"


@pytest.mark.spec("X-08", "F-14")
def test_another_clients_request_uri_opens_nothing_and_stays_good(third_party, rival):
    request_uri = pushed_uri(third_party)

    stolen = rival.arrive(request_uri)

    assert answered(stolen["Location"])["error"] == "invalid_request_uri"
    assert "/oauth/authorize/" in third_party.arrive(request_uri)["Location"]


@pytest.mark.spec("X-08", "F-14")
@pytest.mark.parametrize(
    "more",
    [{}, {"redirect_uri": "https://elsewhere.example.com/"}],
)
def test_a_bad_request_uri_without_a_trusted_target_is_a_page(third_party, more):
    third_party.client.redirect_uris += " https://app.example.com/other"
    third_party.client.save()

    response = third_party.arrive("urn:ietf:params:oauth:request_uri:unknown", **more)

    assert response.status_code == 400
    assert "Location" not in response
