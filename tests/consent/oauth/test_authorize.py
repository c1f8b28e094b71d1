"""GET /oauth/authorize/"""

import json
from urllib.parse import quote

import pytest
from django.conf import settings

from consent.models import Client, ClientStatus, ConsentRequest, RequestStatus
from tests.consent.oauth.third_party import CHALLENGE, DETAILS, VERIFIER, ThirdParty, answered
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory, request_at

STORED_PAGE = "/oauth/authorize/{key}/"


def is_page(response) -> bool:
    """A page of ours, without a redirect, and nothing stored."""
    return (
        response.status_code == 400
        and "Location" not in response
        and b"contact the website or app" in response.content
        and not ConsentRequest.objects.exists()
    )


def refusal(response) -> dict[str, str]:
    """What a third party reads from an error redirect; nothing was stored."""
    assert response.status_code == 303
    assert response["Location"].startswith("https://app.example.com/callback?")
    assert not ConsentRequest.objects.exists()
    return answered(response["Location"])


@pytest.mark.spec("X-11")
def test_a_good_request_is_stored_and_its_page_shown_from_the_copy(third_party):
    response = third_party.ask()

    stored = ConsentRequest.objects.get()
    assert response.status_code == 303
    assert request_at(response["Location"]) == stored
    assert stored.client == third_party.client
    assert stored.redirect_uri == third_party.redirect_uri
    assert (stored.state, stored.code_challenge) == ("st-1", CHALLENGE)
    assert stored.status == RequestStatus.WAITING
    assert stored.details["parts"][0]["type"] == "usage_data"
    assert not stored.prompt_login
    assert stored.redirect_uri_sent


@pytest.mark.spec("F-09", "F-10", "F-11", "F-164", "F-165", "F-166", "F-08")
@pytest.mark.parametrize(
    "change",
    [
        {"response_type": None},
        {"response_type": "id_token"},
        {"client_id": None},
        {"client_id": "nobody"},
        {"redirect_uri": "https://elsewhere.example.com/callback"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_an_untrusted_request_is_a_page(third_party, change):
    assert is_page(third_party.ask(**change))


def test_a_name_that_no_client_can_have_is_a_page(third_party):
    answer = third_party.ask(client_id="nobody\x00")

    assert (answer.status_code, "Location" in answer) == (400, False)
    assert not ConsentRequest.objects.exists()


@pytest.mark.spec("X-05")
def test_the_implicit_flow_is_a_page(third_party):
    assert is_page(third_party.ask(response_type="token"))


@pytest.mark.spec("X-01")
@pytest.mark.parametrize(
    "almost",
    [
        "https://app.example.com/callback/",
        "https://app.example.com/callback?a=1",
        "https://app.example.com/callback#a",
        "https://app.example.com/Callback",
        "https://APP.example.com/callback",
        "https://app.example.com:443/callback",
        "https://app.example.com/./callback",
        "https://app.example.com@elsewhere.example.com/callback",
        "http://app.example.com/callback",
    ],
)
def test_an_almost_registered_address_is_a_page(third_party, almost):
    assert is_page(third_party.ask(redirect_uri=almost))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope"])
def test_a_parameter_given_twice_is_a_page(third_party, name):
    twice = {**third_party.request(scope="usage_data"), name: ["first", "second"]}

    assert is_page(third_party.http.get("/oauth/authorize/", twice))


def test_without_a_redirect_address_the_only_registered_one_counts(third_party):
    third_party.ask(redirect_uri=None)

    stored = ConsentRequest.objects.get()
    assert (stored.redirect_uri, stored.redirect_uri_sent) == (third_party.redirect_uri, False)


def test_without_a_redirect_address_a_client_with_two_gets_a_page(third_party):
    third_party.client.redirect_uris += " https://app.example.com/other"
    third_party.client.save()

    assert is_page(third_party.ask(redirect_uri=None))


@pytest.mark.spec("X-17")
@pytest.mark.parametrize(
    ("address", "development", "good"),
    [
        ("http://127.0.0.1:9000/callback", True, True),
        ("http://127.0.0.1:9000/callback", False, False),
        ("http://app.example.com/callback", True, False),
    ],
)
def test_plain_http_is_for_this_machine_under_development(db, settings, address, development, good):
    settings.PLAIN_LOOPBACK_REDIRECTS = development
    third_party = ThirdParty(ClientFactory(redirect_uris=address))

    assert is_page(third_party.ask()) is not good


@pytest.mark.spec("X-01")
@pytest.mark.parametrize("address", ["http://127.0.0.1:51004/callback", "http://[::1]:51004/callback"])
def test_a_native_app_comes_back_at_any_port_of_its_loopback_ip(db, settings, address):
    """RFC 8252 7.3; the code is then bound to the port of the request."""
    settings.PLAIN_LOOPBACK_REDIRECTS = False
    registered = "http://127.0.0.1/callback http://[::1]:9000/callback"
    native = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC, redirect_uris=registered))

    answer = native.ask(redirect_uri=address)

    assert answer["Location"].startswith("/oauth/authorize/")
    assert ConsentRequest.objects.get().redirect_uri == address


@pytest.mark.spec("X-01", "X-17")
@pytest.mark.parametrize(
    "address",
    ["http://localhost:51004/callback", "http://127.0.0.1:51004/other", "http://[::1", "http://[::1]:99999/"],
)
def test_a_native_app_comes_back_nowhere_else(db, settings, address):
    settings.PLAIN_LOOPBACK_REDIRECTS = False
    native = ThirdParty(
        ClientFactory(client_type=Client.CLIENT_PUBLIC, redirect_uris="http://127.0.0.1/callback")
    )

    assert is_page(native.ask(redirect_uri=address))


@pytest.mark.spec("X-17")
@pytest.mark.parametrize(("client_type", "good"), [("public", True), ("confidential", False)])
def test_an_apps_own_scheme_is_answered_for_a_public_client(db, client_type, good):
    app = ThirdParty(ClientFactory(client_type=client_type, redirect_uris="com.example.app:/callback"))

    answer = app.ask(scope="no_such_scope", authorization_details=None)

    if not good:
        assert is_page(answer)
        return
    assert (answer.status_code, answered(answer["Location"])["error"]) == (303, "invalid_scope")
    assert answer["Location"].startswith("com.example.app:/callback?error=")


@pytest.mark.spec("X-17")
@pytest.mark.parametrize("client_type", ["public", "confidential"])
@pytest.mark.parametrize("user", ["user", "user:word", "app.example.com", ""])
def test_an_address_with_user_info_is_a_page_though_it_was_registered(db, client_type, user):
    address = f"https://{user}@elsewhere.example.com/callback"
    third_party = ThirdParty(ClientFactory(client_type=client_type, redirect_uris=address))

    assert is_page(third_party.ask())


@pytest.mark.spec("X-01")
def test_a_port_of_this_machine_counts_as_any_other_text(db):
    third_party = ThirdParty(ClientFactory(redirect_uris="http://127.0.0.1:9000/callback"))

    assert is_page(third_party.ask(redirect_uri="http://127.0.0.1:9001/callback"))


@pytest.mark.spec("X-02", "R-24")
@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge": None},
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
    ],
)
def test_pkce_with_s256_is_demanded_at_the_first_get(third_party, change):
    problem = refusal(third_party.ask(**change))

    assert problem["error"] == "invalid_request"
    assert "code_challenge" in problem["error_description"]


@pytest.mark.spec("X-06")
def test_an_error_carries_state_and_issuer(third_party):
    problem = refusal(third_party.ask(scope="no_such_scope", authorization_details=None))

    assert problem["error"] == "invalid_scope"
    assert problem["state"] == "st-1"
    assert problem["iss"] == settings.PUBLIC_URL


@pytest.mark.spec("X-09")
@pytest.mark.parametrize(
    ("details", "field"),
    [
        ([{"type": "no_such_type"}], "authorization_details[0].type"),
        ([{"type": "usage_data", "stert": "-1y"}], "authorization_details[0].stert"),
        ([*DETAILS, {"start": "-1y"}], "authorization_details[1].type"),
        ([{"type": "usage_data", "services": "some"}], "authorization_details[0].services"),
    ],
)
def test_wrong_details_are_told_by_field_and_nothing_is_shown(third_party, details, field):
    problem = refusal(third_party.ask(authorization_details=json.dumps(details)))

    assert problem["error"] == "invalid_authorization_details"
    assert field in problem["error_description"]


@pytest.mark.spec("X-09")
@pytest.mark.parametrize(
    "details",
    ["[" * 5000, "[" * 5000 + "]" * 5000, '[{"type":"usage_data","services":' + "[" * 900 + "]" * 900 + "}]"],
)
def test_details_nested_deeply_are_refused(third_party, details):
    problem = refusal(third_party.ask(authorization_details=details))

    assert problem["error"] in {
        "invalid_authorization_details",
        "invalid_request",
    }  # 10,000 are too long to begin with


@pytest.mark.spec("X-09")
def test_broken_json_is_told_by_line_and_column(third_party):
    problem = refusal(third_party.ask(authorization_details='[{"type":\n "usage_data",]'))

    assert problem["error"] == "invalid_authorization_details"
    assert "line 2 column" in problem["error_description"]


def test_nothing_asked_for_is_an_invalid_request(third_party):
    """Never what the client is registered for (field notes, row 4)."""
    assert refusal(third_party.ask(authorization_details=None))["error"] == "invalid_request"


@pytest.mark.spec("F-12", "F-13")
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "bill_data", "authorization_details": None}, "invalid_scope"),
        ({"authorization_details": '[{"type": "bill_data"}]'}, "invalid_authorization_details"),
    ],
)
def test_a_client_may_ask_only_for_its_own_scopes(third_party, change, error):
    third_party.client.allowed_scopes = ["usage_data"]
    third_party.client.save()

    assert refusal(third_party.ask(**change))["error"] == error


def test_a_request_too_long_for_an_address_is_told_to_be_pushed(third_party):
    many = [{"type": "usage_data", "services": [f"{n:07d}-1" for n in range(900)]}]

    problem = refusal(third_party.ask(authorization_details=json.dumps(many)))

    assert problem["error"] == "invalid_request"
    assert "pushed_authorization_request_endpoint" in problem["error_description"]


@pytest.mark.spec("F-15")
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
        ({"state": "a\nb"}, "invalid_request"),
        ({"state": "s" * 4097}, "invalid_request"),
    ],
)
def test_what_is_not_supported_is_said(third_party, change, error):
    assert refusal(third_party.ask(**change))["error"] == error


def test_an_answer_keeps_the_registered_query(db):
    third_party = ThirdParty(ClientFactory(redirect_uris="https://app.example.com/callback?tenant=7&iss=x"))

    problem = answered(third_party.ask(code_challenge=None)["Location"])

    assert problem["tenant"] == "7"
    assert problem["iss"] == settings.PUBLIC_URL


def test_a_suspended_client_is_told_so(third_party):
    Client.objects.update(status=ClientStatus.SUSPENDED)

    assert refusal(third_party.ask())["error"] == "unauthorized_client"


def test_a_disabled_client_is_unknown(third_party):
    Client.objects.update(status=ClientStatus.DISABLED)

    assert is_page(third_party.ask())


@pytest.mark.parametrize("prompt", ["login", None])
def test_prompt_login_asks_who_is_there_again(third_party, prompt):
    third_party.http.force_login(UserFactory())

    third_party.ask(prompt=prompt)

    assert ("_auth_user_id" in third_party.http.session) is (prompt is None)
    assert ConsentRequest.objects.get().prompt_login is (prompt == "login")


@pytest.mark.spec("X-16")
def test_only_get_asks(third_party):
    response = third_party.http.post("/oauth/authorize/", third_party.request())

    assert response.status_code == 405
    assert not ConsentRequest.objects.exists()


@pytest.mark.spec("X-17")
def test_what_a_link_says_is_shown_as_text_only(third_party):
    page = third_party.http.get(f"/oauth/authorize/?{quote('<script>')}=1&{quote('<script>')}=2")

    assert page.status_code == 400
    assert b"<script>=" not in page.content
    assert b"&lt;script&gt;" in page.content
