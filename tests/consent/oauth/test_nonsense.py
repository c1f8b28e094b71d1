"""What cannot be read is refused at the endpoints for programs: never an answer of 500."""

import pytest


@pytest.mark.parametrize("endpoint", ["token", "par", "introspect", "revoke"])
@pytest.mark.parametrize("name", ["nobody\x00", "nobody%00"])
def test_a_name_that_no_client_can_have_is_an_unknown_client(third_party, endpoint, name):
    third_party.client.client_id = name

    sent = {"token": "unknown", "refresh_token": "unknown", "grant_type": "refresh_token"}

    refused = third_party.post(f"/oauth/{endpoint}/", sent)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.spec("X-09")
@pytest.mark.parametrize(
    "details", ["[" * 5000, "[" * 5000 + "]" * 5000, '[{"a":' * 2000, "9" * 5000, "[NaN]"]
)
def test_details_that_no_reader_takes_are_refused(third_party, grant, details):
    code = third_party.code_for(grant)

    refused = third_party.exchange(code, authorization_details=details)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_authorization_details")
    assert third_party.exchange(code).status_code == 200


@pytest.mark.spec("X-09")
def test_details_that_no_reader_takes_are_refused_at_refresh(third_party, grant):
    refresh_token = third_party.tokens_for(grant)["refresh_token"]

    refused = third_party.refresh(refresh_token, authorization_details="[" * 5000)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_authorization_details")
    assert third_party.refresh(refresh_token).status_code == 200


@pytest.mark.parametrize("endpoint", ["token", "par", "introspect", "revoke"])
@pytest.mark.parametrize("credentials", ["\xe9\xe9\xe9\xe9", "====", "Zm9v", "/////w=="])
def test_credentials_that_no_reader_takes_are_those_of_nobody(third_party, endpoint, credentials):
    refused = third_party.http.post(
        f"/oauth/{endpoint}/",
        "grant_type=refresh_token&refresh_token=1&token=1",
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Basic {credentials}",
    )

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(("length", "status"), [("many", 400), ("-1", 400), ("9" * 5000, 413)])
def test_a_length_that_cannot_be_is_an_invalid_request(third_party, length, status):
    refused = third_party.http.post(
        "/oauth/token/",
        "grant_type=refresh_token",
        content_type="application/x-www-form-urlencoded",
        CONTENT_LENGTH=length,
    )

    assert (refused.status_code, refused.json()["error"]) == (status, "invalid_request")


@pytest.mark.parametrize(
    "body", ["grant_type=a&grant_type=b", "grant_type=%00", "grant_type=%ff", "", "code=1&code_verifier=2"]
)
def test_a_body_that_cannot_be_read_is_an_invalid_request(third_party, body):
    response = third_party.http.post("/oauth/token/", body, content_type="application/x-www-form-urlencoded")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.spec("X-18")
def test_parameters_in_the_address_are_refused(third_party, grant):
    code = third_party.code_for(grant)

    refused = third_party.post(f"/oauth/token/?code={code}", {"grant_type": "authorization_code"})

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
