"""Sharing less than before; never more."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consent.models import Actor
from consent.queries.outcomes import current_receipt
from consent.services.decision import NothingChosen, NotOffered, PartDecision, TooWide
from consent.services.narrow import narrow_grant
from consent.services.revoke import revoke_grant
from consent.transitions import TransitionNotAllowed
from tests.factories.accounts import add_service, household
from tests.factories.consent import approve, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(days=2)


@pytest.fixture
def home():
    return household()


@pytest.fixture
def second(home):
    return add_service(owner=home.owner, account=home.account)


@pytest.fixture
def grant(home, second):
    request = ask(
        {"type": "supply_details", "services": "all"},
        {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"},
        {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"},
        user=home.owner,
        at=AT,
    )
    return approve(request, at=AT)


def part(scope, *homes, **fields):
    return PartDecision(scope, frozenset(home.contract.pk for home in homes), **fields)


@pytest.mark.spec("X-10")
def test_a_part_a_service_and_days_can_be_dropped(home, grant):
    decision = (part("usage_data", home, start=date(2026, 6, 1), end=date(2027, 1, 31)),)

    narrow_grant(grant=grant, decision=decision, by=home.owner, at=LATER)

    grant.refresh_from_db()
    assert grant.authorization_details == [
        {
            "type": "usage_data",
            "start": "2026-06-01T07:00:00Z",
            "end": "2027-02-01T08:00:00Z",
            "services": [home.contract.contract_number],
        }
    ]
    kept = grant.parts.get()
    assert list(kept.contracts.all()) == [home.contract]
    assert kept.access_ends == grant.access_ends == datetime(2027, 2, 1, 8, tzinfo=UTC)
    assert grant.modified == LATER


def test_the_former_receipt_stays_as_it_was_and_points_to_the_new_one(home, second, grant):
    former = current_receipt(grant)
    facts = former.facts

    receipt = narrow_grant(grant=grant, decision=(part("usage_data", home),), by=home.owner, at=LATER)

    former.refresh_from_db()
    assert (former.facts, former.superseded_by) == (facts, receipt)
    shown = receipt.facts["parts"]
    assert [entry["contracts"] for entry in shown] == [[home.contract.public_id]]
    assert shown[0]["contracts_left_out"] == [second.contract.public_id]
    assert shown[0]["services"] == "1 electricity service"
    assert {left["scope"] for left in receipt.facts["left_out"]} == {"customer_supply_details", "bill_data"}
    assert current_receipt(grant) == receipt


@pytest.mark.spec("X-20")
def test_a_change_is_an_event_of_its_own(home, grant):
    narrow_grant(grant=grant, decision=(part("usage_data", home),), by=home.owner, at=LATER)

    event = grant.events.last()
    assert (event.from_status, event.to_status, event.by, event.at) == ("active", "active", home.owner, LATER)


@pytest.mark.spec("P-11")
@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        (lambda home: (), NothingChosen),
        (lambda home: (part("usage_data"),), NothingChosen),
        (lambda home: (part("bill_statements", home),), NotOffered),
        (lambda home: (part("usage_data", household()),), NotOffered),
        (lambda home: (part("usage_data", home, include_future=True),), NotOffered),
        (lambda home: (part("usage_data", home, start=date(2025, 11, 23)),), TooWide),
        (lambda home: (part("usage_data", home, end=date(2027, 11, 25)),), TooWide),
    ],
)
def test_nothing_can_be_added(home, grant, parts, refusal):
    before = grant.authorization_details

    with pytest.raises(refusal):
        narrow_grant(grant=grant, decision=parts(home), by=home.owner, at=LATER)

    grant.refresh_from_db()
    assert grant.authorization_details == before


def test_what_was_dropped_once_cannot_come_back(home, second, grant):
    narrow_grant(grant=grant, decision=(part("usage_data", home),), by=home.owner, at=LATER)

    for lost in (part("usage_data", home, second), part("bill_data", home)):
        with pytest.raises(NotOffered):
            narrow_grant(grant=grant, decision=(lost,), by=home.owner, at=LATER)


def test_a_one_time_part_that_is_over_does_not_start_again(home, second, grant):
    before = grant.parts.get(scope="bill_data").access_ends
    decision = (part("usage_data", home, second), part("bill_data", home))

    narrow_grant(grant=grant, decision=decision, by=home.owner, at=LATER)

    assert before < LATER
    assert grant.parts.get(scope="bill_data").access_ends == before


def test_an_end_in_the_past_leaves_at_most_a_day_and_no_refreshing(home, grant):
    decision = (part("usage_data", home, end=date(2026, 11, 1)),)

    narrow_grant(grant=grant, decision=decision, by=home.owner, at=LATER)

    grant.refresh_from_db()
    assert (grant.access_ends, grant.refreshable) == (LATER + timedelta(hours=24), False)


def test_what_has_ended_cannot_be_changed(home, grant):
    revoke_grant(grant=grant, by=home.owner, actor=Actor.CUSTOMER, at=LATER)

    with pytest.raises(TransitionNotAllowed):
        narrow_grant(grant=grant, decision=(part("usage_data", home),), by=home.owner, at=LATER)
