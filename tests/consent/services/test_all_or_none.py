"""A locked request: shared as it was asked or not at all; the services stay the customer's choice (F-67)."""

from datetime import UTC, date, datetime

import pytest

from consent.models import Grant
from consent.services.approve import approve_request
from consent.services.decision import AllOrNone, PartDecision
from consent.services.offer import build_offer
from tests.factories.accounts import add_service, household
from tests.factories.consent import ClientFactory, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}
MIX = {"type": "generation_mix", "start": "-1y", "end": "now", "services": "all"}


def decide(home, request, *parts):
    offer = build_offer(request, home.owner, AT)
    return approve_request(request=request, decision=parts, by=home.owner, digest=offer.digest, at=AT)


def part(scope, *contracts, **days):
    return PartDecision(scope, frozenset(contract.pk for contract in contracts), **days)


def locked_request(home, *details):
    return ask(*details, user=home.owner, client=ClientFactory(all_or_nothing=True), at=AT)


@pytest.mark.spec("F-63", "F-67")
def test_a_locked_request_without_one_of_its_parts_is_refused():
    home = household()
    request = locked_request(home, USAGE, BILLS)

    with pytest.raises(AllOrNone):
        decide(home, request, part("usage_data", home.contract))

    assert not Grant.objects.exists()


@pytest.mark.spec("F-67", "P-11")
@pytest.mark.parametrize("days", [{"start": date(2026, 1, 1)}, {"end": date(2027, 1, 1)}])
def test_dates_of_a_locked_request_cannot_be_shortened(days):
    home = household()
    request = locked_request(home, USAGE)

    with pytest.raises(AllOrNone):
        decide(home, request, part("usage_data", home.contract, **days))

    assert not Grant.objects.exists()


@pytest.mark.spec("F-67", "F-122")
def test_services_of_a_locked_request_are_still_the_customers_choice():
    home = household()
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    request = locked_request(home, USAGE, BILLS)

    grant = decide(home, request, part("usage_data", gas.contract), part("bill_data", gas.contract))

    assert {row.contracts.get() for row in grant.parts.all()} == {gas.contract}


@pytest.mark.spec("F-67")
def test_what_has_nothing_to_share_is_not_required():
    home = household(commodity="water")
    request = locked_request(home, USAGE, MIX)

    grant = decide(home, request, part("usage_data", home.contract))

    assert [row.scope for row in grant.parts.all()] == ["usage_data"]


@pytest.mark.spec("F-67")
def test_a_request_stays_as_it_was_asked_when_the_company_is_locked_later():
    home = household()
    request = ask(USAGE, BILLS, user=home.owner, at=AT)
    request.client.all_or_nothing = True
    request.client.save()

    grant = decide(home, request, part("usage_data", home.contract))

    assert [row.scope for row in grant.parts.all()] == ["usage_data"]
