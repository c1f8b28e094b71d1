"""A company without a website of its own is answered at the server's own address (F-31, F-32, F-167 to F-170)."""

from urllib.parse import urlsplit

import pytest
from django.test import Client as Browser
from django.urls import reverse

from consent.models import Receipt
from consent.oauth.redirects import default_redirect_uri
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, ask

USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
QUERY = "?response_type=code&state=s&code_challenge=" + "c" * 43 + "&code_challenge_method=S256"


def answered(home, browser, opened, decision):
    """Where the decision on a request without an address of the company's own leads."""
    request = ask(USAGE, user=home.owner)
    request.redirect_uri = default_redirect_uri()
    request.save()
    answer = opened(browser, request).press("decision", decision)
    address = urlsplit(answer["Location"])
    assert address.path == reverse("oauth_done")
    return f"{address.path}?{address.query}"


def own_address(receipt):
    return reverse("sharing_receipt", args=[receipt.grant.public_id, receipt.number])


@pytest.mark.spec("F-31", "R-69")
def test_an_approval_leads_to_the_receipt(home, browser, opened):
    address = answered(home, browser, opened, "approve")

    response = browser.get(address)

    assert response.status_code == 303
    assert response["Location"] == own_address(Receipt.objects.get())


@pytest.mark.spec("F-31")
@pytest.mark.parametrize("somebody", [True, False])
def test_the_code_leads_nobody_else_to_the_receipt(home, browser, opened, somebody):
    address = answered(home, browser, opened, "approve")
    other = Browser()
    if somebody:
        other.force_login(household().owner)

    response = other.get(address)

    assert response.status_code == 200
    assert Receipt.objects.get().number not in response.content.decode()


@pytest.mark.spec("F-32", "R-69", "F-167", "F-168")
def test_a_denial_is_confirmed(home, browser, opened):
    page = browser.get(answered(home, browser, opened, "deny")).content.decode()

    assert "You declined the request" in page
    assert "Nothing was shared" in page


@pytest.mark.spec("F-169", "R-69", "F-170")
@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("&scope=nonsense", "kind of data that this company may not ask for"),
        ("&authorization_details=[]x", "describes the data in a way that we cannot read"),
    ],
)
def test_a_wrong_request_ends_on_a_page_that_says_why(db, sent, why):
    client = ClientFactory(redirect_uris=default_redirect_uri())
    browser = Browser()

    answer = browser.get(f"{reverse('oauth_authorize')}{QUERY}&client_id={client.client_id}{sent}")
    address = urlsplit(answer["Location"])
    page = browser.get(f"{address.path}?{address.query}").content.decode()

    assert why in page
    assert "contact the company or person that gave you the link" in page


@pytest.mark.spec("F-11")
def test_an_address_left_out_is_the_servers_own_where_the_client_has_several(db):
    client = ClientFactory(redirect_uris=f"https://app.example.com/a {default_redirect_uri()}")

    answer = Browser().get(f"{reverse('oauth_authorize')}{QUERY}&client_id={client.client_id}&scope=nonsense")

    assert answer["Location"].startswith(default_redirect_uri())


@pytest.mark.spec("F-169")
def test_words_in_the_address_do_not_reach_the_page(db):
    page = Browser().get(f"{reverse('oauth_done')}?error=odd&error_description=Call+0900").content.decode()

    assert "0900" not in page.split("<main")[1]
    assert "cannot be completed" in page


def test_an_address_without_an_answer_is_no_page(db):
    assert Browser().get(reverse("oauth_done")).status_code == 404
