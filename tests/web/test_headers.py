"""What each answer tells the browser (X-16), read from answers of the running project."""

import pytest

from cdsc_portal.lib.http.security_policy import page_policy
from tests.factories.accounts import StaffFactory

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


def directives(policy: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in policy.split("; "))


@pytest.mark.django_db
@pytest.mark.spec("X-16")
@pytest.mark.parametrize("path", ["/", "/help/", "/accounts/login/", "/nothing-here/", "/health/live"])
def test_a_page_keeps_to_itself(client, path):
    headers = client.get(path).headers

    assert directives(headers["Content-Security-Policy"]) == STRICT
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
def test_pages_let_their_own_forms_through_although_no_referrer_is_sent(client):
    assert '<meta name="referrer" content="same-origin">' in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
def test_admin_has_a_policy_of_its_own_that_no_page_shares(client):
    client.force_login(StaffFactory())

    headers = client.get("/admin/").headers

    policy = directives(headers["Content-Security-Policy"])
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_form_may_end_at_the_origins_it_names_and_nowhere_else():
    policy = directives(page_policy(form_origins=["https://client.example.com"]))

    assert policy["form-action"] == "'self' https://client.example.com"
    assert {name: policy[name] for name in STRICT if name != "form-action"} == {
        name: value for name, value in STRICT.items() if name != "form-action"
    }
