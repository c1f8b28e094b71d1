"""A stop is said to be whose it was."""

from datetime import UTC, datetime

import pytest

from accounts.models import Role
from consent.models import Actor
from consent.pages.sharing.sharing_list import sharing_list
from consent.services.revoke import revoke_grant
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.consent import approve, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def _words(home, *, by, actor, reader=None):
    request = ask(
        {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}, user=home.owner, at=AT
    )
    grant = approve(request, at=AT)
    revoke_grant(grant=grant, by=by, actor=actor, reason="", at=AT)
    ((card,),) = sharing_list(user=reader or home.owner, at=AT).ended
    return str(card.status.words)


def test_a_stop_by_the_utility_is_not_said_to_be_the_customers():
    assert _words(household(), by=UserFactory(is_staff=True), actor=Actor.STAFF) == "Ended by us"


def test_a_customer_reads_you_for_their_own_stop():
    home = household()

    assert _words(home, by=home.owner, actor=Actor.CUSTOMER) == "You stopped it"


def test_a_viewer_does_not_read_you_for_an_owners_stop():
    home = household()
    viewer = MembershipFactory(customer=home.customer, role=Role.VIEWER).user

    words = _words(home, by=home.owner, actor=Actor.CUSTOMER, reader=viewer)

    assert words == "Stopped by someone else on the account"
