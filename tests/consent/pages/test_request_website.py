"""A company's website on its request: linked where the utility confirmed it, marked where nobody did."""

import pytest

from cdsc_portal.lib.time import clock
from consent.services.offer import build_offer
from tests.factories.consent import ClientFactory, ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}


@pytest.mark.spec("X-17")
@pytest.mark.parametrize(
    ("site", "confirmed", "words"),
    [
        ("https://roofs.example.com/", True, "has checked that https://roofs.example.com/ is theirs"),
        (
            "https://roofs.example.com/",
            False,
            "The company says that https://roofs.example.com/ is its website",
        ),
        ("", False, "The company has named no website"),
    ],
)
def test_a_website_that_nobody_confirmed_is_marked(home, browser, site, confirmed, words):
    client = ClientFactory(client_uri=site, uri_confirmed=confirmed)
    request = ask(USAGE, user=home.owner, client=client)

    page = browser.get(request.page).content.decode()

    assert words in page
    assert ("Not checked by" in page) != confirmed
    assert f'href="{site or "none"}"' in page or not confirmed


@pytest.mark.spec("P-09")
def test_an_unconfirmed_website_that_changes_meanwhile_is_named(home):
    client = ClientFactory(client_uri="https://roofs.example.com/", uri_confirmed=False)
    request = ask(USAGE, user=home.owner, client=client)
    before = build_offer(request, home.owner, clock.now())

    client.client_uri = "https://elsewhere.example.com/"

    assert before.digest != build_offer(request, home.owner, clock.now()).digest
