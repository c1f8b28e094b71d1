"""Ways for a grant to end: each once, on the record, and told."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import OutgoingMail
from consent.models import Actor
from consent.services.revoke import (
    close_grant,
    expire_grants,
    resume_grant,
    revoke_grant,
    suspend_grant,
)
from consent.signals import grant_ended
from consent.transitions import TransitionNotAllowed
from tests.factories.accounts import StaffFactory, household
from tests.factories.consent import GrantFactory, approve, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


@pytest.fixture
def ended():
    """Keys of grants that were announced as ended."""
    heard = []

    def hear(grant, **_news):
        heard.append(grant.pk)

    grant_ended.connect(hear)
    yield heard
    grant_ended.disconnect(hear)


def shared(**detail):
    home = household()
    request = ask({"type": "usage_data", "end": "+1y", "services": "all"} | detail, user=home.owner, at=AT)
    return approve(request, at=AT)


@pytest.mark.spec("X-20")
def test_stopping_is_recorded_with_who_when_and_why_and_ends_the_tokens(ended):
    grant = shared()

    stopped = revoke_grant(
        grant=grant, by=grant.user, actor=Actor.CUSTOMER, at=LATER, reason="No longer used"
    )

    event = stopped.events.last()
    assert (stopped.status, stopped.modified) == ("revoked", LATER)
    assert (event.from_status, event.to_status) == ("active", "revoked")
    assert (event.by, event.actor, event.at) == (grant.user, "customer", LATER)
    assert event.reason == "No longer used"
    assert ended == [grant.pk]


def test_stopping_twice_changes_nothing(ended):
    grant = shared()
    revoke_grant(grant=grant, by=None, actor=Actor.LINK, at=LATER)

    revoke_grant(grant=grant, by=None, actor=Actor.LINK, at=LATER + timedelta(hours=1))

    assert grant.events.count() == 2
    assert OutgoingMail.objects.filter(kind="stopped").count() == 1
    assert ended == [grant.pk]


def test_what_the_company_ended_cannot_be_stopped_afterwards():
    grant = shared()
    close_grant(grant=grant, at=LATER)

    with pytest.raises(TransitionNotAllowed, match="closed"):
        revoke_grant(grant=grant, by=grant.user, actor=Actor.CUSTOMER, at=LATER)


def test_a_paused_grant_keeps_its_tokens_returns_and_can_be_stopped(ended):
    grant, staff = shared(), StaffFactory()

    paused = suspend_grant(grant=grant, by=staff, at=LATER, reason="Complaint")
    assert (paused.status, ended) == ("suspended", [])
    assert resume_grant(grant=grant, by=staff, at=LATER, reason="Settled").status == "active"
    suspend_grant(grant=grant, by=staff, at=LATER, reason="Again")
    assert revoke_grant(grant=grant, by=grant.user, actor=Actor.CUSTOMER, at=LATER).status == "revoked"


def test_only_what_is_over_expires_and_each_only_once(ended):
    over, running = shared(), shared(end="+2y")
    stopped = revoke_grant(grant=shared(), by=None, actor=Actor.LINK, at=LATER)
    endless = GrantFactory(access_ends=None)
    end = datetime(2027, 11, 24, 16, tzinfo=UTC)
    ended.clear()

    assert expire_grants(at=end - timedelta(seconds=1)) == 0
    assert expire_grants(at=end) == 1
    assert expire_grants(at=end) == 0

    assert ended == [over.pk]
    for grant, status in (
        (over, "expired"),
        (running, "active"),
        (stopped, "revoked"),
        (endless, "active"),
    ):
        grant.refresh_from_db()
        assert grant.status == status
    assert OutgoingMail.objects.get(kind="ended").user == over.user
