"""X-17: nobody registers a client from outside, and what a client says of itself is text."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser

from consent.models import Client
from tests.factories.consent import ClientFactory, ask

pytestmark = pytest.mark.spec("X-17")

USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.mark.parametrize(
    "address",
    [
        "/oauth/register", "/oauth/register/", "/oauth/registration/", "/oauth/clients/", "/oauth/applications/",
        "/oauth/applications/register/", "/register", "/connect/register", "/api/clients/", "/oauth/authorized_tokens/",
    ],
)  # fmt: skip
def test_no_address_registers_a_client(browser, address):
    registration = {"client_name": "Evil (demo)", "redirect_uris": ["https://evil.example.com/"]}

    answers = [
        caller.post(address, registration, content_type="application/json") for caller in (Browser(), browser)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert not Client.objects.exists()


def test_what_a_client_says_of_itself_is_shown_as_text(home, browser):
    client = ClientFactory(name=SCRIPT, purpose=SCRIPT)

    page = browser.get(ask(USAGE, user=home.owner, client=client).page).content.decode()

    assert "alert(1)" in page
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "captcha" not in page.lower()


@pytest.mark.parametrize("name", ["client_uri", "terms_uri", "policy_uri"])
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)//https://a.example.com", "data:text/html,hello", "//evil"]
)
def test_no_address_of_a_client_is_a_script(db, name, address):
    with pytest.raises(ValidationError) as refused:
        Client(name="Evil (demo)", **{name: address}).full_clean()

    assert name in refused.value.message_dict
