"""A newer request of a company takes the place of its undecided older ones (P-31)."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Role
from consent.models import ConsentRequest, Grant
from consent.pages.waiting_requests import decisions_due, own_waiting_requests
from consent.services.access_requests import UNDECIDED_RETENTION, bind_request, delete_undecided
from consent.services.approve import approve_request, deny_request
from consent.services.decision import RequestOver
from consent.services.offer import build_offer
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.consent import ClientFactory, approve, ask, everything
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-31")]
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
USAGE = {"type": "usage_data", "services": "all"}


@pytest.fixture
def client():
    return ClientFactory()


def status_of(*requests):
    now = ConsentRequest.objects.in_bulk()
    return [(now[request.pk].status, now[request.pk].superseded_by_id) for request in requests]


def test_older_undecided_requests_of_the_company_give_way_and_lists_show_the_newest(client):
    home = household()
    first, second, third = (ask(USAGE, user=home.owner, client=client, at=AT) for _ in range(3))

    assert status_of(first, second, third) == [
        ("superseded", third.pk),
        ("superseded", third.pk),
        ("waiting", None),
    ]
    assert [request.reference for request in decisions_due(user=home.owner, at=AT)] == [third.reference]
    assert [request.reference for request in own_waiting_requests(user=home.owner, at=AT)] == [
        third.reference
    ]


def test_requests_of_other_companies_other_people_and_decided_ones_stay(client):
    home = household()
    partner = UserFactory()
    MembershipFactory(customer=home.customer, user=partner, role=Role.OWNER)
    others = ask(USAGE, user=home.owner, at=AT), ask(USAGE, user=partner, client=client, at=AT)
    decided = ask(USAGE, user=home.owner, client=client, at=AT)
    approve(decided, at=AT)

    ask(USAGE, user=home.owner, client=client, at=AT)

    assert [status for status, _ in status_of(*others, decided)] == ["waiting", "waiting", "approved"]


def test_one_that_was_handed_over_gives_way_too(client):
    home, viewer = household(), UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    older = ask(USAGE, user=viewer, client=client, at=AT)
    ConsentRequest.objects.filter(pk=older.pk).update(handed_over=AT)

    ask(USAGE, user=viewer, client=client, at=AT)

    assert decisions_due(user=home.owner, at=AT) == ()


def test_an_older_one_that_is_opened_last_gives_way_itself(client):
    home, other = household(), UserFactory()
    older, newer = (ask(USAGE, user=other, client=ClientFactory(), at=AT) for _ in range(2))
    ConsentRequest.objects.update(user=None, client=client)
    for request in (newer, older):
        request.refresh_from_db()
        bind_request(request=request, user=home.owner, at=AT)

    assert status_of(older, newer) == [("superseded", newer.pk), ("waiting", None)]
    assert older.status == "superseded"


@pytest.mark.parametrize("decide", ["approve", "deny"])
def test_a_decision_on_a_superseded_request_is_refused_and_grants_nothing(client, decide):
    home = household()
    older = ask(USAGE, user=home.owner, client=client, at=AT)
    shown = build_offer(older, home.owner, AT)
    ask(USAGE, user=home.owner, client=client, at=AT)

    with pytest.raises(RequestOver):
        if decide == "deny":
            deny_request(request=older, by=home.owner, at=AT)
        approve_request(request=older, decision=everything(shown), by=home.owner, digest=shown.digest, at=AT)

    assert not Grant.objects.exists()


def test_superseded_requests_are_deleted_like_undecided_ones(client):
    home = household()
    older, newer = (ask(USAGE, user=home.owner, client=client, at=AT) for _ in range(2))
    ConsentRequest.objects.filter(pk=newer.pk).update(expires=AT + UNDECIDED_RETENTION)

    assert delete_undecided(at=AT + UNDECIDED_RETENTION + timedelta(days=1)) == 1
    assert not ConsentRequest.objects.filter(pk=older.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_that_open_at_once_only_the_newest_stays(client):
    home, other = household(), UserFactory()
    made = [ask(USAGE, user=other, client=ClientFactory(), at=AT) for _ in range(2)]
    ConsentRequest.objects.update(user=None, client=client)
    turns = [ConsentRequest.objects.get(pk=request.pk) for request in made]

    at_once(2, lambda: bind_request(request=turns.pop(), user=home.owner, at=AT))

    assert status_of(*made) == [("superseded", made[1].pk), ("waiting", None)]
