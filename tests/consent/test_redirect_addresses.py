"""Which addresses a third party may be answered at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.redirect_addresses import has_user_info, is_registered, why_refused

HTTPS = [
    "https://app.example.com/callback",
    "https://app.example.com:8443/cb?tenant=7",
    "https://app.example.com",
]
LOOPBACK = [
    "http://127.0.0.1/callback",
    "http://127.0.0.1:51004/cb?a=b",
    "http://[::1]:51004/",
    "http://[::1]",
]
PRIVATE = [
    "com.example.app:/callback",
    "com.example.app:/oauth2redirect/example-provider",  # RFC 8252 7.1
    "com.example.my-app:/oauth2redirect/example?of=this",
    "org.example2.app:/",
]
NEVER = [
    "",
    "http://app.example.com/callback",
    "ftp://app.example.com/callback",
    "https:///callback",
    "https:/app.example.com/callback",
    "https://app.example.com/callback#part",
    "https://user@app.example.com/callback",
    "https://user:word@app.example.com/callback",
    "https://app.example.com@elsewhere.example.com/callback",
    "https://@app.example.com/",
    "https://app.example.com\\@elsewhere.example.com/",
    "https://app.example.com:0/",
    "https://app.example.com:99999/",
    "https://[::1/",
    "https://app.example.com/a b",
    "https://app.example.com/\n",
    "https://äpp.example.com/",
    "javascript:alert(1)",
    "data:text/html,x",
    "com.example.app://callback",
    "com.example.app:callback",
    "com.example.app:///callback",
    "com.example.app://app.example.com/callback",
    "com.example.app:",
    "com.example.app:?callback",
    "Com.Example.App:/callback",
    "com.:/callback",
    "myapp:/callback",
    "http://127.0.0.1@elsewhere.example.com/",
    "http://user@127.0.0.1/",
    "http://127.0.0.2/callback",
    "http://127.1/callback",
    "http://0.0.0.0/callback",
    "http://127.0.0.1.example.com/callback",
    "http://127.0.0.1:123456/callback",
    "http://127.0.0.1:99999/callback",
    "http://127.0.0.1:/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://2130706433/callback",
]  # fmt: skip


@pytest.mark.spec("X-17")
@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize("plain_loopback", [True, False])
@pytest.mark.parametrize("uri", NEVER)
def test_what_nobody_may_be_answered_at(uri, public, plain_loopback):
    assert why_refused(uri, public=public, plain_loopback=plain_loopback)


@pytest.mark.spec("X-17")
@pytest.mark.parametrize("uri", HTTPS)
@pytest.mark.parametrize("public", [True, False])
def test_https_is_for_all(uri, public):
    assert not why_refused(uri, public=public, plain_loopback=False)


@pytest.mark.spec("X-17")
@pytest.mark.parametrize("uri", [*LOOPBACK, *PRIVATE])
def test_a_device_is_for_public_clients(uri):
    assert not why_refused(uri, public=True, plain_loopback=False)
    assert why_refused(uri, public=False, plain_loopback=False)


@pytest.mark.spec("X-17")
@pytest.mark.parametrize("uri", [*LOOPBACK, "http://localhost:9000/callback"])
def test_this_machine_is_for_all_under_development(uri):
    assert not why_refused(uri, public=False, plain_loopback=True)


@pytest.mark.spec("X-17")
def test_a_name_of_this_machine_may_lead_elsewhere():
    assert why_refused("http://localhost:9000/callback", public=True, plain_loopback=False)


@pytest.mark.spec("X-01")
@given(st.integers(1, 65535), st.integers(1, 65535))
def test_a_native_app_takes_any_port_of_a_loopback_ip(registered, port):
    known = [f"http://127.0.0.1:{registered}/callback", "http://[::1]/callback"]

    assert is_registered(f"http://127.0.0.1:{port}/callback", known, public=True)
    assert is_registered(f"http://[::1]:{port}/callback", known, public=True)
    assert is_registered("http://127.0.0.1/callback", known, public=True)
    assert is_registered(f"http://127.0.0.1:{port}/callback", known, public=False) is (port == registered)


@pytest.mark.spec("X-01")
@pytest.mark.parametrize(
    "almost",
    [
        "http://127.0.0.1:51004/callback/",
        "http://127.0.0.1:51004/callback?a=1",
        "http://127.0.0.1:51004/Callback",
        "http://[::1]:51004/callback",
        "http://localhost:51004/callback",
        "https://127.0.0.1:51004/callback",
        "http://127.0.0.2:51004/callback",
        "http://127.0.0.1:51004@elsewhere.example.com/callback",
        "http://127.0.0.1:51004.example.com/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:51004\\callback",
        "http://127.0.0.1:51004/callback\n",
        "HTTP://127.0.0.1:51004/callback",
    ],
)
def test_nothing_but_the_port_may_differ(almost):
    assert not is_registered(almost, ["http://127.0.0.1:9000/callback"], public=True)


@pytest.mark.spec("X-01")
@pytest.mark.parametrize(
    "almost", ["https://app.example.com:444/cb", "http://localhost:9001/cb", "com.example.app:/d"]
)
def test_every_other_address_counts_letter_by_letter(almost):
    known = ["https://app.example.com/cb", "http://localhost:9000/cb", "com.example.app:/c"]

    assert not is_registered(almost, known, public=True)


@pytest.mark.parametrize("uri", ["https://a@b.example.com/", "https://[::1"])
def test_user_info_is_found_in_anything_that_parses(uri):
    assert has_user_info(uri) is ("@" in uri)
