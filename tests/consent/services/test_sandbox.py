"""A client in the sandbox is offered, granted, reads and is told what test customers have, and nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from consent.models import ClientStatus
from consent.queries.access import data_access
from consent.services.approve import approve_request
from consent.services.decision import MayNotDecide, NotOffered, OfferChanged, PartDecision
from consent.services.offer import build_offer
from consent.services.recording import confirm_recorded
from tests.consent.api.reader import Reader
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import StaffFactory, add_service, household
from tests.factories.consent import ClientFactory, approve, ask, everything
from tests.factories.recorded_consent import recorded_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
USAGE = {"type": "usage_data", "end": "+1y", "services": "all"}


@pytest.fixture
def client():
    return ClientFactory(status=ClientStatus.SANDBOX)


def a_test_home():
    home = household()
    home.account.customer.is_test = True
    home.account.customer.save()
    return home


def with_a_real_service():
    """A test customer's home, whose owner also owns what a real customer has."""
    home, real = a_test_home(), household()
    real.account.customer.memberships.update(user=home.owner)
    return home, real


def offered(request, user):
    offer = build_offer(request, user, AT)
    return offer, set(offer.contracts)


def test_an_offer_shows_contracts_of_test_customers_only(client):
    home, real = with_a_real_service()

    _, sandbox = offered(ask(USAGE, user=home.owner, client=client, at=AT), home.owner)
    _, production = offered(ask(USAGE, user=home.owner, at=AT), home.owner)

    assert sandbox == {home.contract.pk}
    assert production == {home.contract.pk, real.contract.pk}


def test_who_is_no_test_customer_is_offered_nothing_not_even_to_look_at(client):
    real = household()

    offer, contracts = offered(ask(USAGE, user=real.owner, client=client, at=AT), real.owner)

    assert (contracts, offer.no_match) == (set(), True)


def test_a_forged_decision_on_a_real_customers_service_is_refused(client):
    home, real = with_a_real_service()
    request = ask(USAGE, user=home.owner, client=client, at=AT)
    forged = (PartDecision("usage_data", frozenset({real.contract.pk})),)

    with pytest.raises(NotOffered):
        approve_request(
            request=request,
            decision=forged,
            by=home.owner,
            digest=build_offer(request, home.owner, AT).digest,
            at=AT,
        )


def test_a_decision_on_a_page_of_before_the_sandbox_is_refused():
    home, _ = with_a_real_service()
    request = ask(USAGE, user=home.owner, at=AT)
    shown = build_offer(request, home.owner, AT)
    type(request.client).objects.update(status=ClientStatus.SANDBOX)

    with pytest.raises(OfferChanged):
        approve_request(
            request=request, decision=everything(shown), by=home.owner, digest=shown.digest, at=AT
        )


def test_a_consent_of_a_real_customer_is_not_recorded(client):
    with pytest.raises(MayNotDecide):
        recorded_of(household(), client=client)


def test_a_consent_recorded_before_the_sandbox_is_not_confirmed():
    recorded = recorded_of(household())
    type(recorded.client).objects.update(status=ClientStatus.SANDBOX)

    with pytest.raises(MayNotDecide):
        confirm_recorded(recorded=recorded, by=StaffFactory(), at=recorded.recorded_at + timedelta(minutes=1))


def test_a_consent_of_a_test_customer_is_recorded_and_confirmed(client):
    recorded = recorded_of(a_test_home(), client=client)

    grant = confirm_recorded(
        recorded=recorded, by=StaffFactory(), at=recorded.recorded_at + timedelta(minutes=1)
    )

    assert grant.status == "active"


def test_a_call_reads_test_customers_only_until_the_client_is_in_production(
    client, django_assert_num_queries
):
    home, real = with_a_real_service()
    reader = Reader(client)
    grant = reader.granted(home.contract, real.contract, future=[home.account, real.account])
    after = {"cds_created": grant.created + timedelta(hours=1)}
    later = {add_service(owner=home.owner, account=each.account, **after).contract for each in (home, real)}

    def read():
        with django_assert_num_queries(1):
            access = data_access(reader.token, at=grant.created + timedelta(minutes=1))
        return set(access.parts[0].contracts)

    in_sandbox = read()
    type(client).objects.update(status=ClientStatus.PRODUCTION)

    assert in_sandbox == {home.contract.pk} | {
        contract.pk for contract in later if contract.billing_account == home.account
    }
    assert read() == {home.contract.pk, real.contract.pk} | {contract.pk for contract in later}


def test_a_whole_approval_of_a_test_customer_reads(client):
    home = a_test_home()

    grant = approve(ask(USAGE, user=home.owner, client=client, at=AT), at=AT)

    assert grant.authorization_details[0]["services"] == [home.contract.contract_number]


def tokens_of_before(client):
    """A third party with tokens of a test customer's and a real one's services, got in production."""
    home, real = with_a_real_service()
    third_party = ThirdParty(client)
    grant = approve(ask(USAGE, user=home.owner, client=client))
    body = third_party.tokens_for(grant)
    type(client).objects.update(status=ClientStatus.SANDBOX)
    return third_party, body, home.contract.contract_number, real.contract.contract_number


def test_token_answers_name_services_of_test_customers_only():
    third_party, body, test, real = tokens_of_before(ClientFactory())

    claims = third_party.refresh(body["refresh_token"]).json()

    assert real in str(body)
    assert claims["authorization_details"][0]["services"] == [test]
    assert real not in str(claims)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_introspection_names_services_of_test_customers_only(kind):
    third_party, body, test, real = tokens_of_before(ClientFactory())

    claims = third_party.introspect(body[kind])

    assert claims["authorization_details"][0]["services"] == [test]
    assert real not in str(claims)


def test_a_sandbox_client_may_repeat_the_details_as_it_was_told_them():
    third_party, body, _, real = tokens_of_before(ClientFactory())
    claims = third_party.introspect(body["access_token"])["authorization_details"]

    refused = third_party.refresh(
        body["refresh_token"], authorization_details=json.dumps(body["authorization_details"])
    )
    repeated = third_party.refresh(body["refresh_token"], authorization_details=json.dumps(claims))

    assert refused.json()["error"] == "invalid_authorization_details"
    assert real not in refused.content.decode()
    assert repeated.status_code == 200


def test_the_details_are_whole_again_in_production():
    client = ClientFactory()
    third_party, body, test, real = tokens_of_before(client)
    type(client).objects.update(status=ClientStatus.PRODUCTION)

    claims = third_party.introspect(body["access_token"])

    assert claims["authorization_details"][0]["services"] == sorted([test, real])
