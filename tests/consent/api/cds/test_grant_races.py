"""PATCH of a grant beside what its customer does at the same moment, on real PostgreSQL with threads."""

import pytest

from cdsc_portal.lib.time import clock
from consent.services.stop import stop_sharing
from consent.transitions import TransitionNotAllowed
from tests.consent.api.cds.third_party import third_party
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, approve, ask
from tests.support.threads import at_once

USAGE = {"type": "usage_data", "end": "+1y", "services": "all"}
BILLS = {"type": "bill_data", "end": "+1y", "services": "all"}


def uri(grant):
    return f"/cds/grants/{grant.public_id}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("X-14", "X-20")
def test_a_patch_and_the_customers_stop_at_once_leave_one_end(client):
    party = third_party(client)
    home = household()
    object_ = ClientFactory(registration=party.registration, allowed_scopes=["usage_data", "bill_data"])
    grant = approve(ask(USAGE, BILLS, user=home.owner, client=object_))
    works = [
        lambda: third_party_of(party).send("patch", uri(grant), {"status": "closed"}).status_code,
        lambda: _stop(grant, home.owner),
    ]

    answers = at_once(2, lambda: works.pop()())

    grant.refresh_from_db()
    ends = [event.to_status for event in grant.events.all() if event.to_status in ("closed", "revoked")]
    assert ends == [grant.status]
    assert sorted(map(str, answers)) in (["200", "refused"], ["400", "revoked"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("X-14")
def test_a_narrowing_and_the_customers_stop_at_once_end_stopped(client):
    party = third_party(client)
    home = household()
    object_ = ClientFactory(registration=party.registration, allowed_scopes=["usage_data", "bill_data"])
    grant = approve(ask(USAGE, BILLS, user=home.owner, client=object_))
    works = [
        lambda: third_party_of(party).send("patch", uri(grant), {"scope": "usage_data"}).status_code,
        lambda: _stop(grant, home.owner),
    ]

    answers = at_once(2, lambda: works.pop()())

    grant.refresh_from_db()
    assert grant.status == "revoked"
    assert "revoked" in answers
    assert ("given_up" in [event.change for event in grant.events.all()]) is (200 in answers)


@pytest.mark.django_db(transaction=True)
def test_two_patches_at_once_both_hold(client):
    party = third_party(client)
    home = household()
    object_ = ClientFactory(
        registration=party.registration, allowed_scopes=["usage_data", "bill_data", "bill_statements"]
    )
    statements = {"type": "bill_statements", "end": "+1y", "services": "all"}
    grant = approve(ask(USAGE, BILLS, statements, user=home.owner, client=object_))
    bodies = [{"scope": "usage_data bill_data"}, {"scope": "usage_data"}]

    answers = at_once(2, lambda: third_party_of(party).send("patch", uri(grant), bodies.pop()).status_code)

    grant.refresh_from_db()
    assert answers == [200, 200]
    # the wider one wants what the narrower gave up, where it came second
    assert grant.scope == "usage_data"
    assert (grant.status, grant.requested_scope) in (
        ("active", None), ("needs_authorization", "usage_data bill_data"),
    )  # fmt: skip
    assert grant.receipts.filter(superseded_by=None).count() == 1


def third_party_of(party):
    """The same one from a browser of its own."""
    return type(party)(type(party.browser)(), party.client_id, party.secret, party.token)


def _stop(grant, owner):
    try:
        return stop_sharing(grant=grant, by=owner, at=clock.now()).status
    except TransitionNotAllowed:
        return "refused"
