"""From the request to the end of sharing, through the same addresses that browsers and programs use."""

import json
import re

import pytest
from django.urls import reverse

from cdsc_portal.lib.time import clock
from consent.models import Actor, Grant
from consent.services.revoke import revoke_grant
from tests.consent.oauth.third_party import answered
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import household

AUTHORIZATION_DETAILS = [{"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}]


@pytest.fixture
def home(db):
    return household()


def approved_code(third_party, web, home) -> str:
    """Approve what is asked exactly as the page offers it."""
    web.force_login(home.owner)
    address = third_party.push(authorization_details=json.dumps(AUTHORIZATION_DETAILS)).json()["request_uri"]
    page = web.get(third_party.arrive(address)["Location"])
    decided = PostedForm.on(web, page).press("decision", "approve")
    assert decided.status_code == 303
    return answered(decided["Location"])["code"]


@pytest.mark.spec("X-10", "X-11")
def test_the_token_says_what_was_approved_with_dates_fixed(third_party, web, home):
    code = approved_code(third_party, web, home)

    body = third_party.exchange(code).json()

    [detail] = body["authorization_details"]
    assert body["scope"] == "usage_data"
    assert body["grant_id"] == Grant.objects.get().public_id
    assert detail["services"] == [home.contract.contract_number]
    assert all(re.match(r"\d{4}-\d\d-\d\dT", detail[name]) for name in ("start", "end"))
    assert third_party.introspect(body["access_token"])["authorization_details"] == [detail]


@pytest.mark.spec("X-14")
def test_once_sharing_is_stopped_nothing_works_any_more(third_party, web, home):
    body = third_party.exchange(approved_code(third_party, web, home)).json()
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert third_party.http.get(reverse("usage_data"), headers=bearer).status_code == 200

    revoke_grant(grant=Grant.objects.get(), by=home.owner, actor=Actor.CUSTOMER, at=clock.now())

    assert third_party.http.get(reverse("usage_data"), headers=bearer).status_code == 401
    assert third_party.introspect(body["access_token"]) == {"active": False}
    assert third_party.refresh(body["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.spec("X-14")
def test_a_code_that_waited_while_sharing_was_stopped_is_worth_nothing(third_party, web, home):
    code = approved_code(third_party, web, home)

    revoke_grant(grant=Grant.objects.get(), by=home.owner, actor=Actor.CUSTOMER, at=clock.now())

    assert third_party.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.spec("X-12")
def test_a_revoked_token_reads_nothing(third_party, web, home):
    body = third_party.exchange(approved_code(third_party, web, home)).json()
    bearer = {"Authorization": f"Bearer {body['access_token']}"}

    third_party.revoke(body["refresh_token"])

    assert third_party.http.get(reverse("usage_data"), headers=bearer).status_code == 401


@pytest.mark.spec("X-18")
def test_a_token_in_the_address_reads_nothing(third_party, web, home):
    body = third_party.exchange(approved_code(third_party, web, home)).json()

    answer = third_party.http.get(reverse("usage_data"), {"access_token": body["access_token"]})

    assert answer.status_code in (400, 401)
