"""Offers bind requests: their limits, their defaults, and which of a type may be asked for."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from consent.models import ConsentRequest, ScopeOffer
from consent.scopes.offer_types import offer_types
from consent.services.access_requests import allowed_scopes
from consent.services.decision import ClientNotAllowed
from consent.services.scope_offers import make_first_offers
from tests.consent.api.reader import Reader, issue_token
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, approve, ask

pytestmark = pytest.mark.django_db
BOTH = ["usage_data", "usage_data.year"]


@pytest.fixture
def year() -> ScopeOffer:
    return ScopeOffer.objects.create(
        offer_id="usage_data.year",
        type="usage_data",
        days_back=366,
        field_limits={"start": {"default": "-1y"}},
    )


def error(answer) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query).get("error_description", [""])[0]


def sent(*details) -> dict[str, str]:
    return {"authorization_details": json.dumps(details)}


def stored() -> list[dict]:
    return ConsentRequest.objects.get().details["parts"]


def test_each_type_has_an_offer_from_the_start_and_none_is_made_twice():
    make_first_offers()

    assert set(ScopeOffer.objects.values_list("type", flat=True)) == set(offer_types())
    assert ScopeOffer.objects.count() == len(offer_types())
    assert ScopeOffer.objects.get(offer_id="bill_data").grant_admin.offer_id == "cds_grant_admin_1"


@pytest.mark.spec("R-09", "R-57")
def test_a_further_offer_is_asked_for_by_its_id_and_within_its_own_limits(year):
    party = ThirdParty(ClientFactory(allowed_scopes=BOTH))

    wide = error(party.ask(**sent({"type": "usage_data.year", "start": "-2y", "end": "now"})))
    both = error(party.ask(**sent({"type": "usage_data.year"}, {"type": "usage_data"})))
    named = error(party.ask(scope="usage_data usage_data.year", authorization_details=None))
    first = party.ask(**sent({"type": "usage_data", "start": "-2y", "end": "now"}))

    assert "usage_data.year.start" in wide and "366 days" in wide
    assert "another offer" in both and "another offer" in named
    assert not error(first)


@pytest.mark.spec("R-53")
@pytest.mark.parametrize(
    "how",
    [
        sent({"type": "usage_data.year", "end": None}),
        {"scope": "usage_data.year", "authorization_details": None},
    ],
)
def test_a_default_counts_where_a_field_or_the_whole_detail_is_left_out(year, how):
    ThirdParty(ClientFactory(allowed_scopes=BOTH)).ask(**how)

    (part,) = stored()
    assert (part["scope"], part["type"], part["start"], part["end"]) == (
        "usage_data",
        "usage_data.year",
        "-1y",
        None,
    )


def test_null_is_read_as_left_out():
    ThirdParty(ClientFactory()).ask(
        **sent({"type": "usage_data", "start": None, "end": None, "services": None})
    )

    (part,) = stored()
    assert (part["start"], part["end"], part["services"]) == (None, None, None)


def test_a_grant_of_a_further_offer_opens_its_data_and_says_its_id(year):
    home = household()
    client = ClientFactory(allowed_scopes=BOTH)
    grant = approve(
        ask({"type": "usage_data.year", "start": "-1y", "services": "all"}, user=home.owner, client=client)
    )
    reader = Reader(client)
    reader.token = issue_token(grant)

    assert (grant.authorization_details[0]["type"], grant.scope) == ("usage_data.year", "usage_data.year")
    assert reader.get("/usage_data").status_code == 200
    assert reader.get("/bill_data").status_code == 403


def test_what_is_not_registered_unknown_or_closed_is_not_open(year):
    client = ClientFactory(allowed_scopes=["usage_data", "usage_data.month"])
    assert allowed_scopes(client) == {"usage_data"}

    client = ClientFactory(allowed_scopes=BOTH)
    ScopeOffer.objects.filter(offer_id="usage_data").update(is_open=False)
    assert allowed_scopes(client) == {"usage_data.year"}
    assert "not open" in error(
        ThirdParty(client).ask(scope="customer_usage_data", authorization_details=None)
    )


def test_a_request_that_waits_cannot_be_approved_once_its_offer_is_closed(year):
    client = ClientFactory(allowed_scopes=BOTH)
    request = ask(
        {"type": "usage_data.year", "services": "all", "start": "-1y"}, user=household().owner, client=client
    )
    ScopeOffer.objects.filter(pk=year.pk).update(is_open=False)

    with pytest.raises(ClientNotAllowed):
        approve(request)
