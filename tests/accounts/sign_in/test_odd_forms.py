"""Whatever is typed or sent into a form of sign-in is answered in words: never with 500, and nothing of it is kept."""

import hashlib
import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse
from fido2.utils import websafe_encode

from accounts.models import Role, User
from accounts.services.inviting import Offered, invite
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, UserFactory, household
from tests.factories.sign_in import handed_out, mailed_code, sent_mail, with_app, with_listed_passkey

ODD = {
    "NUL": "a\x00b",
    "NUL alone": "\x00",
    "controls": "\x01\x1b[31m\x7f\x85",
    "line breaks": "ana@example.com\r\nBcc: all@example.com",
    "long": "x" * 200_000,
    "long address": "x" * 200_000 + "@example.com",
    "right to left": "\u202eana@example.com\u202c",
    "beyond the plane": "\U0001f600" * 500,
    "half of a pair": "\ud800",
    "no number": "٣" * 6,
    "many digits": "9" * 100_000,
    "deep": "[" * 100_000,
    "deep and whole": "[" * 50_000 + "]" * 50_000,
    "object": '{"id": {}, "rawId": [], "type": null, "response": "x"}',
    "number": "1e999999",
    "no text": "\\u0000",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


def answers(browser, path, *fields, **rest):
    """What POSTs with each odd value in each of `fields` are answered."""
    statuses = set()
    for name, value in ODD.items():
        for field in fields:
            cache.clear()
            body = {**dict.fromkeys(fields, "x"), **rest, field: value}
            if name == "half of a pair":
                body[field] = value.encode("utf-8", "surrogatepass")
            statuses.add((name, browser.post(path, body).status_code))
    return statuses


def refused(statuses):
    return [answer for answer in statuses if answer[1] not in (200, 302, 400, 403, 404, 410, 413, 429)]


def logged_in(user):
    browser = Browser()
    browser.force_login(user)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return browser


def test_at_the_door(client):
    UserFactory(email="ana@example.com")
    statuses = answers(client, reverse("account_login"), "login", "password", "next", "remember")
    statuses |= answers(client, reverse("account_login"), "password", login="ana@example.com")
    statuses |= answers(client, reverse("account_request_login_code"), "email", "next")
    statuses |= answers(client, reverse("account_reset_password"), "email", "next")
    statuses |= answers(client, reverse("mfa_login_webauthn"), "credential")

    assert refused(statuses) == []


def test_codes_by_mail_and_of_apps(client):
    user = with_app(UserFactory(email="ana@example.com"))
    client.post(reverse("account_request_login_code"), {"email": user.email})
    statuses = answers(client, reverse("account_confirm_login_code"), "code", "action")
    other = Browser()
    other.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    statuses |= answers(other, reverse("mfa_authenticate"), "code", "credential")
    statuses |= answers(other, reverse("mfa_authenticate"), "credential")

    assert refused(statuses) == []


def test_the_way_in_with_a_bill(client):
    home = household()
    code = handed_out(home.customer, Role.OWNER)
    statuses = answers(client, reverse("account_activate"), "account_number", "code", "email")
    right = {"account_number": home.account.account_number, "code": code, "email": "new@example.com"}
    cache.clear()
    assert client.post(reverse("account_activate"), right).status_code == 302
    six = mailed_code()
    statuses |= {
        (name, client.post(reverse("account_activate_code"), {"code": ODD[name]}).status_code)
        for name in list(ODD)[:4]
    }
    assert client.post(reverse("account_activate_code"), {"code": six}).status_code == 302
    statuses |= {
        (name, client.post(reverse("account_activate_password"), {"password1": ODD[name]}).status_code)
        for name in ("NUL", "NUL alone")
    }

    assert refused(statuses) == []
    assert not User.objects.filter(email="new@example.com").exists()


def test_an_invitation(client):
    home = household()
    offered = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None)
    invite(email="new@example.com", offered=offered, by=home.owner, at=clock.now())
    link = re.search(r"/accounts/join/[^/]+/", str(sent_mail()[-1].body)).group()
    statuses = answers(client, link, "name", "password1")
    statuses |= {
        (name, client.get(f"/accounts/join/{part}/").status_code)
        for name, part in {"NUL": "%00", "long": "x" * 5_000, "percent": "%ff%fe", "slash": "a%2fb"}.items()
    }

    assert refused(statuses) == []


@pytest.mark.parametrize(
    "key", ["%00-%00", "1-%00", "zzzzzzzzzzzzzzzzzzzzzz-x", "1-" + "x" * 5_000, "1-%ff", "-1-set"]
)
def test_addresses_of_reset_links(client, key):
    statuses = {("link", client.get(f"/accounts/password/reset/key/{key}/").status_code)}

    assert refused(statuses) == []


def test_inside_a_login():
    user = UserFactory(email="ana@example.com")
    browser = logged_in(user)
    statuses = answers(browser, reverse("account_reauthenticate"), "password", "next")
    statuses |= answers(browser, reverse("account_change_password"), "oldpassword", "password1", "password2")
    statuses |= answers(browser, reverse("my_email"), "email")
    statuses |= answers(browser, reverse("my_settings"), "name", "language", "theme")
    statuses |= answers(browser, reverse("mfa_add_webauthn"), "name", "credential")
    statuses |= answers(browser, reverse("mfa_activate_totp"), "code", "next")

    assert refused(statuses) == []
    user.refresh_from_db()
    assert user.email == "ana@example.com"


def test_the_proof_again():
    user = with_app(UserFactory())
    browser = logged_in(user)
    statuses = answers(browser, reverse("mfa_reauthenticate"), "code", "next")
    statuses |= answers(browser, reverse("mfa_reauthenticate_webauthn"), "credential", "next")

    assert refused(statuses) == []


@pytest.mark.parametrize("cookie", ["sessionid", "known_device", "csrftoken", "django_language", "theme"])
def test_cookies(cookie):
    UserFactory(email="ana@example.com")
    statuses = set()
    for name in ("NUL", "controls", "number", "no text"):
        browser = Browser()
        browser.cookies[cookie] = ODD[name].replace(";", "")
        statuses.add((name, browser.get(reverse("account_login")).status_code))
        form = {"login": "ana@example.com", "password": "guess"}
        statuses.add((name, browser.post(reverse("account_login"), form).status_code))

    assert refused(statuses) == []


@pytest.mark.parametrize("signature", [b"", b"no signature", b"\x30" * 500])
def test_a_passkeys_answer_with_a_wrong_signature(signature):
    user = with_listed_passkey(UserFactory())
    page, browser = reverse("mfa_login_webauthn"), Browser()
    options = browser.get(page, headers={"X-Requested-With": "XMLHttpRequest"}).json()
    challenge = options["request_options"]["publicKey"]["challenge"]
    client_data = {"type": "webauthn.get", "challenge": challenge, "origin": "http://testserver"}
    key = Authenticator.objects.get(user=user).data["credential"]["id"]
    answer = {
        "id": key,
        "rawId": key,
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(json.dumps(client_data).encode()),
            "authenticatorData": websafe_encode(hashlib.sha256(b"testserver").digest() + b"\x05\0\0\0\1"),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(str(user.pk).encode()),
        },
    }

    refused = browser.post(page, {"credential": json.dumps(answer)}, follow=True)

    assert "The passkey did not work." in refused.content.decode()
    assert "_auth_user_id" not in browser.session
