"""X-16: no other site, no other session and no other method decides for a customer."""

import pytest
from django.test import Client as Browser

from consent.models import Grant, RequestStatus
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import household
from tests.factories.consent import ask

pytestmark = pytest.mark.spec("X-16")

USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}


@pytest.fixture
def victim(home) -> Browser:
    """The owner's browser, which the server checks as it checks every browser."""
    victim = Browser(enforce_csrf_checks=True)
    victim.force_login(home.owner)
    return victim


def undecided(request) -> bool:
    request.refresh_from_db()
    return request.status == RequestStatus.WAITING and not Grant.objects.exists()


@pytest.mark.parametrize("token", [None, "", "a" * 64, "of another session"])
def test_a_form_of_another_site_decides_nothing(home, victim, token):
    request = ask(USAGE, user=home.owner)
    form = PostedForm.on(victim, victim.get(request.page))
    if token == "of another session":
        attacker, other = household().owner, Browser()
        other.force_login(attacker)
        theirs = PostedForm.on(other, other.get(ask(USAGE, user=attacker).page))
        (token,) = theirs.data["csrfmiddlewaretoken"]
    form.data.pop("csrfmiddlewaretoken")
    if token is not None:
        form.fill("csrfmiddlewaretoken", token)

    assert form.press("decision", "approve").status_code == 403
    assert undecided(request)


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://testserver.evil.example.com"])
def test_the_right_token_from_another_origin_decides_nothing(home, victim, origin):
    request = ask(USAGE, user=home.owner)
    form = PostedForm.on(victim, victim.get(request.page))

    assert form.press("decision", "approve", headers={"Origin": origin}).status_code == 403
    assert undecided(request)


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_no_other_method_decides(home, browser, method):
    request = ask(USAGE, user=home.owner)
    form = PostedForm.on(browser, browser.get(request.page))
    name = {"X-HTTP-Method-Override": "POST"}

    if method in {"get", "head"}:
        getattr(browser, method)(
            request.page, {**form.data, "decision": "approve", "_method": "POST"}, headers=name
        )
    else:
        getattr(browser, method)(request.page, headers=name)

    assert undecided(request)
