"""What goes through many grants by itself: one that fails stops no other, is logged, and fails the task."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from accounts.models import OutgoingMail
from cdsc_portal.lib.runtime.each import SomeFailed
from cdsc_portal.lib.time import clock
from consent import tasks
from consent.mail import grant_events
from consent.models import Grant
from consent.services import reminders
from tests.factories.accounts import household
from tests.factories.consent import (
    ClientFactory,
    GrantFactory,
    GrantPartFactory,
    ReceiptFactory,
    approve,
    ask,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.fixture
def now(monkeypatch):
    def set_to(at):
        monkeypatch.setattr(clock, "now", lambda: at)

    return set_to


@pytest.fixture
def three():
    """Alike but for their owners, in the order in which they are worked on."""
    client = ClientFactory()
    usage = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
    grants = [approve(ask(usage, user=household().owner, client=client, at=AT), at=AT) for _ in range(3)]
    grants.sort(key=lambda grant: (grant.access_ends, grant.pk))
    return grants


def spoil(grant, monkeypatch):
    """Each mail about this grant fails within its transaction, after it was changed."""
    facts_of = grant_events._facts_of

    def broken(other, *rest, **named):
        if other.pk == grant.pk:
            raise RuntimeError("Ada Demo, meter 55-1042")
        return facts_of(other, *rest, **named)

    monkeypatch.setattr(grant_events, "_facts_of", broken)


def test_the_others_end_and_the_one_that_failed_ends_next_time(three, now, monkeypatch):
    now(three[0].access_ends)
    with monkeypatch.context() as broken, capture_logs() as logged:
        spoil(three[0], broken)
        with pytest.raises(SomeFailed, match="1 failed, 2 done"):
            tasks.expire_grants()

    assert [Grant.objects.get(pk=grant.pk).status for grant in three] == ["active", "expired", "expired"]
    (line,) = logged
    assert (line["event"], line["row"], line["log_level"]) == (
        "grant.not_expired",
        three[0].public_id,
        "error",
    )

    assert tasks.expire_grants() == 1
    assert OutgoingMail.objects.filter(kind="ended").count() == 3


def test_the_others_are_reminded_and_the_one_that_failed_is_next_time(three, now, monkeypatch):
    now(three[0].access_ends - timedelta(days=30))
    with monkeypatch.context() as broken, capture_logs() as logged:
        spoil(three[0], broken)
        with pytest.raises(SomeFailed, match="1 failed, 2 done"):
            tasks.remind()

    assert OutgoingMail.objects.filter(kind="ends_in_30_days").count() == 2
    assert [line["row"] for line in logged] == [three[0].public_id]
    assert tasks.remind() == 1


def test_the_others_get_their_yearly_list(now, monkeypatch):
    homes = [household() for _ in range(2)]
    for home in homes:
        grant = GrantFactory(user=home.owner, access_ends=None, created=AT)
        GrantPartFactory(grant=grant, contracts=[home.contract])
        ReceiptFactory(grant=grant, created=AT)
    now(AT + timedelta(days=365))
    first, second = sorted((home.owner for home in homes), key=lambda owner: owner.pk)
    with monkeypatch.context() as broken, capture_logs() as logged:
        write = reminders._yearly_list

        def fail_for_first(user, at):
            if user.pk == first.pk:
                raise RuntimeError("Ada Demo")
            return write(user, at)

        broken.setattr(reminders, "_yearly_list", fail_for_first)
        with pytest.raises(SomeFailed, match="1 failed, 1 done"):
            tasks.list_once_a_year()

    assert [mail.to for mail in OutgoingMail.objects.filter(kind="yearly")] == [second.email]
    assert [line["row"] for line in logged] == [first.public_id]
