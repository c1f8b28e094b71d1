"""Scopes that staff switch off or limit, for everybody and for one third party."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from cdsc_portal.lib.time import clock
from consent.models import ConsentRequest, ScopeSetting
from consent.oauth.metadata import authorization_server_metadata
from consent.services.access_requests import allowed_scopes
from consent.services.decision import ClientNotAllowed
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, approve, ask

pytestmark = pytest.mark.django_db


def setting(scope: str = "usage_data", **fields) -> ScopeSetting:
    return ScopeSetting.objects.create(scope=scope, modified=clock.now(), **fields)


def test_a_scope_that_is_switched_off_can_be_asked_for_by_nobody_and_is_not_announced():
    client = ClientFactory()
    setting(is_open=False)

    assert "usage_data" not in allowed_scopes(client)
    assert "usage_data" not in authorization_server_metadata()["scopes_supported"]
    assert "bill_data" in allowed_scopes(client)


def test_a_scope_is_switched_off_for_one_client_alone():
    client, other = ClientFactory(), ClientFactory()
    setting(client=client, is_open=False)

    assert "usage_data" not in allowed_scopes(client)
    assert "usage_data" in allowed_scopes(other)
    assert "usage_data" in authorization_server_metadata()["scopes_supported"]


def test_a_request_that_waits_cannot_be_approved_once_its_scope_is_off():
    request = ask({"type": "usage_data", "services": "all"}, user=household().owner)
    setting(is_open=False)

    with pytest.raises(ClientNotAllowed):
        approve(request)


@pytest.mark.parametrize("limit", [{"days_back": 30}, {"days_ahead": 30}])
def test_a_request_that_waits_cannot_be_approved_past_a_limit_that_came_since(limit):
    detail = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
    request = ask(detail, user=household().owner)
    setting(**limit)

    with pytest.raises(ClientNotAllowed):
        approve(request)


def test_waiting_a_day_takes_no_request_past_its_limit():
    at = clock.now()
    first = (at - timedelta(days=30)).date().isoformat()
    detail = {"type": "usage_data", "start": first, "end": "now", "services": "all"}
    request = ask(detail, user=household().owner, at=at)
    setting(days_back=30)

    assert approve(request, at=at + timedelta(hours=23)).status == "active"


@pytest.mark.parametrize(
    ("detail", "field"),
    [
        ({"start": "-400d", "end": "now"}, "usage_data.start"),
        ({"end": "now"}, "usage_data.start"),
        ({"start": "-10d", "end": "+93d"}, "usage_data.end"),
        ({"start": "-30d", "end": "+30d"}, ""),
    ],
)
def test_the_tighter_limit_of_server_and_client_holds(detail, field):
    party = ThirdParty(ClientFactory())
    setting(days_back=365, days_ahead=365)
    setting(client=party.client, days_ahead=90)

    answer = party.ask(authorization_details=json.dumps([{"type": "usage_data", **detail}]))

    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert ConsentRequest.objects.exists() is not bool(field)
    assert field in query.get("error_description", [""])[0]
