"""A request of an app: its answer goes to a scheme or a port of its own (RFC 8252)."""

import pytest

from tests.factories.consent import ClientFactory, ask

USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
TARGETS = [
    ("com.example.app:/callback", "com.example.app:"),
    ("http://127.0.0.1:51004/callback", "http://127.0.0.1:51004"),
    ("http://[::1]:51004/callback", "http:"),  # policies have no form for IPv6 addresses
]


def form_action(response) -> list[str]:
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    return policy["form-action"].split()


@pytest.mark.spec("X-16", "X-17")
@pytest.mark.parametrize(("target", "source"), TARGETS)
@pytest.mark.parametrize(("decision", "answer"), [("approve", "code="), ("deny", "error=access_denied")])
def test_a_decision_goes_back_to_the_app(home, browser, opened, target, source, decision, answer):
    request = ask(USAGE, user=home.owner, client=ClientFactory(client_type="public"), redirect_uri=target)
    address = request.page

    page = browser.get(address)
    response = opened(browser, request).press("decision", decision)

    assert form_action(page) == ["'self'", source]
    assert response.status_code == 303
    assert response["Location"].startswith(f"{target}?{answer}")


def test_there_is_no_link_back_to_a_scheme(home, browser, opened):
    client = ClientFactory(client_type="public", name="Sunny App (demo)")
    request = ask(USAGE, user=home.owner, client=client, redirect_uri="com.example.app:/callback")
    opened(browser, request).press("decision", "deny")

    decided = browser.get(request.page).content.decode()

    assert "Back to Sunny App" not in decided


def test_who_gives_up_signing_in_goes_back_to_the_app(home, client):
    request = ask(USAGE, user=home.owner, redirect_uri="com.example.app:/callback")

    response = client.get(f"{request.page}cancel/")

    assert response["Location"].startswith("com.example.app:/callback?error=access_denied")
