"""X-01: no spelling of an address that is not the registered one gets an answer sent to it."""

import pytest

from consent.models import ConsentRequest

pytestmark = pytest.mark.spec("X-01")

ALMOST = [
    "https://app.example.com/callback//",
    "https://app.example.com//callback",
    "https://app.example.com/callback/..",
    "https://app.example.com/x/../callback",
    "https://app.example.com/callback%2f",
    "https://app.example.com/%63allback",
    "https://app.example.com/callback;a=1",
    "https://app.example.com/callback?",
    "https://app.example.com/callback#",
    "https://app.example.com/callback?redirect=https://evil.example.com",
    "https://app.example.com./callback",
    "https://app.example.com:443/callback",
    "https://app.example.com:8443/callback",
    "https://app.example.com:/callback",
    "HTTPS://app.example.com/callback",
    "https:app.example.com/callback",
    "https:/app.example.com/callback",
    "https:\\\\app.example.com\\callback",
    "//app.example.com/callback",
    "/callback",
    "callback",
    "https://app.example.com\\@evil.example.com/callback",
    "https://app.example.com:443@evil.example.com/callback",
    "https://evil.example.com#@app.example.com/callback",
    "https://evil.example.com?app.example.com/callback",
    "https://app.example.com.evil.example.com/callback",
    "https://evilapp.example.com/callback",
    "https://app.example.com/callback\r\nSet-Cookie: a=b",
    "https://app.example.com/callback\x00",
    "https://app.example.com/callback\t",
    " https://app.example.com/callback",
    "https://app.example.com/callback https://evil.example.com/",
    "https://[::1]/callback",
    "https://2130706433/callback",
    "https://0x7f000001/callback",
    "https://\u0430pp.example.com/callback",
    "javascript:alert(1)//https://app.example.com/callback",
    "data:text/html,https://app.example.com/callback",
]


@pytest.mark.parametrize("address", ALMOST)
def test_no_trick_with_an_address_gets_a_redirect_whether_sent_or_pushed(third_party, address):
    sent, pushed = third_party.ask(redirect_uri=address), third_party.push(redirect_uri=address)

    assert (sent.status_code, "Location" in sent) == (400, False)
    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")
    assert not ConsentRequest.objects.exists()
