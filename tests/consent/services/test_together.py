"""Two decisions at the same moment."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from accounts.models import OutgoingMail, Role
from accounts.services.roles import end_role
from consent.models import Actor, Grant, Receipt
from consent.services.approve import approve_request
from consent.services.decision import AlreadyDecided, DecisionRefused
from consent.services.offer import build_offer
from consent.services.revoke import revoke_grant
from tests.factories.accounts import MembershipFactory, household
from tests.factories.consent import approve, ask, everything
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.mark.spec("P-07")
def test_approvals_at_once_make_one_grant_one_receipt_one_mail():
    home = household()
    request = ask({"type": "usage_data", "services": "all"}, user=home.owner, at=AT)
    offer = build_offer(request, home.owner, AT)

    def press():
        try:
            return approve_request(
                request=request, decision=everything(offer), by=home.owner, digest=offer.digest, at=AT
            ).pk
        except AlreadyDecided as earlier:
            return earlier.grant.pk

    answers = at_once(4, press)

    assert len(answers) == 4
    assert set(answers) == {Grant.objects.get().pk}
    assert (Receipt.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_stops_at_once_are_one_event_and_one_mail():
    home = household()
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner, at=AT), at=AT)

    at_once(4, lambda: revoke_grant(grant=grant, by=home.owner, actor=Actor.CUSTOMER, at=AT))

    assert grant.events.filter(to_status="revoked").count() == 1
    assert OutgoingMail.objects.filter(kind="stopped").count() == 1


@pytest.mark.spec("P-15")
def test_an_approval_and_the_end_of_the_owners_role_take_turns():
    home = household()
    MembershipFactory(customer=home.customer, role=Role.OWNER)
    request = ask({"type": "usage_data", "services": "all"}, user=home.owner, at=AT)
    offer = build_offer(request, home.owner, AT)
    waiting = threading.Event()

    def leave():
        try:
            with transaction.atomic():
                role = home.owner.memberships.get()
                end_role(membership=role, by=home.owner, at=AT)
                waiting.set()
                time.sleep(0.3)  # the approval begins meanwhile
        finally:
            connection.close()

    leaving = threading.Thread(target=leave)
    leaving.start()
    assert waiting.wait(timeout=120)
    with pytest.raises(DecisionRefused):
        approve_request(
            request=request, decision=everything(offer), by=home.owner, digest=offer.digest, at=AT
        )
    leaving.join()

    assert not Grant.objects.exists()
