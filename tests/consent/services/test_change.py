"""A customer's own change, where the page's checks are past: two at once, and services that join by themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.models import Receipt
from consent.queries.access import data_access
from consent.queries.grant_contents import grant_contents
from consent.services.change import RequestedChange, change_sharing
from consent.services.change_offer import build_change
from consent.services.decision import NotOffered, OfferChanged
from tests.consent.api.reader import issue_token
from tests.factories.accounts import ServiceContractFactory, add_service, household
from tests.factories.consent import approve, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}


@pytest.fixture
def home():
    return household()


@pytest.fixture
def gas(home):
    return add_service(owner=home.owner, account=home.account, commodity="natural_gas")


@pytest.fixture
def grant(home, gas):
    return approve(ask(USAGE, user=home.owner, at=AT), at=AT)


def change(grant, home, *kept, token, digest=None, later=False):
    wanted = RequestedChange(
        data=frozenset({"usage_data"}),
        contracts=frozenset(contract.pk for contract in kept),
        include_future=later,
        days={},
    )
    digest = digest or build_change(grant, user=home.owner, at=LATER).digest
    return change_sharing(
        grant=grant, change=wanted, by=home.owner, digest=digest, form_token=token, at=LATER
    )


@pytest.mark.spec("P-07")
def test_one_form_has_one_outcome(home, gas, grant):
    digest = build_change(grant, user=home.owner, at=LATER).digest

    first = change(grant, home, home.contract, token="one", digest=digest)
    again = change(grant, home, gas.contract, token="one", digest=digest)

    assert first == again
    assert Receipt.objects.count() == 2
    assert set(grant_contents(grant).contracts) == {home.contract.pk}


@pytest.mark.spec("P-09")
def test_what_was_shown_before_another_change_is_refused_under_the_lock(home, gas, grant):
    digest = build_change(grant, user=home.owner, at=LATER).digest
    change(grant, home, home.contract, token="one", digest=digest)

    with pytest.raises(OfferChanged) as refused:
        change(grant, home, home.contract, token="two", digest=digest)

    assert "services" in refused.value.changed


@pytest.mark.spec("P-11")
def test_a_service_that_is_not_shared_is_refused_below_the_page(home, gas, grant):
    with pytest.raises(NotOffered):
        change(grant, home, home.contract, household().contract, token="one")

    assert len(grant_contents(grant).contracts) == 2


@pytest.mark.spec("X-15")
def test_a_service_that_joined_and_was_taken_out_does_not_come_back(home, gas, grant):
    grant.parts.get().future_accounts.set([home.account])
    joined = ServiceContractFactory(billing_account=home.account, cds_created=AT + timedelta(hours=1))
    token = issue_token(grant, expires=LATER + timedelta(days=1))
    before = data_access(token, at=LATER).parts[0].contracts

    change(grant, home, home.contract, gas.contract, token="one", later=True)
    new = ServiceContractFactory(billing_account=home.account, cds_created=LATER + timedelta(hours=1))

    kept = {home.contract.pk, gas.contract.pk}
    assert before == kept | {joined.pk}
    assert data_access(token, at=LATER).parts[0].contracts == kept | {new.pk}
