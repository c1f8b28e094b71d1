"""A Grant Admin's own grant is the child of the grant that it opens, and goes with it (docs/decisions/0074)."""

from datetime import timedelta

import pytest
from django.db import connection

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Grant, Message
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.revoke import (
    change_status,
    close_grant,
    expire_grants,
    resume_grant,
    revoke_grant,
    suspend_grant,
)
from consent.services.third_parties.provided_files import take_back
from consent.transitions import GrantStatus
from tests.consent.api.cds.grant_admin import (
    SCOPE,
    ask_to_open,
    details_of,
    files_party,
    granted,
    object_of,
    provide,
    token_for,
)
from tests.factories.accounts import StaffFactory, household
from tests.factories.consent import approve, ask
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db


def shared(party, *details) -> Grant:
    """A grant of the party's sandbox object by a test customer; of usage for a year unless `details` say otherwise."""
    home = household()
    home.customer.is_test = True
    home.customer.save()
    year = {"type": "usage_data", "end": "+1y"}
    return approve(ask(*(details or [year]), user=home.owner, client=party.sandbox))


def child_of(grant: Grant) -> Grant:
    return Grant.objects.get(parent=grant)


def read(party, grant: Grant) -> dict:
    return party.get(f"/cds/grants/{grant.public_id}").json()


@pytest.mark.spec("R-149", "R-184:parents")
def test_both_grants_name_each_other(party):
    grant = shared(party)
    token_for(party, grant)

    child = child_of(grant)

    assert (child.client, child.kind, child.scope) == (object_of(party, SCOPE), "client", SCOPE)
    assert read(party, child)["parent"] == grant.public_id
    assert read(party, grant)["children"] == [child.public_id]
    listed = party.get(f"/cds/grants?parents={grant.public_id}").json()["grants"]
    assert [each["grant_id"] for each in listed] == [child.public_id]


@pytest.mark.spec("R-92", "R-94", "R-152")
@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda grant: revoke_grant(grant=grant, by=None, actor="link", at=clock.now()), "revoked"),
        (lambda grant: close_grant(grant=grant, at=clock.now()), "closed"),
        (
            lambda grant: change_status(grant, GrantStatus.DISABLED, actor="staff", at=clock.now()),
            "disabled",
        ),
        (lambda grant: change_status(grant, GrantStatus.EXPIRED, actor="system", at=clock.now()), "expired"),
    ],
    ids=["customer", "third-party", "utility", "time"],
)
def test_a_child_ends_as_its_parent_does_with_a_message(party, end, status):
    grant = shared(party)
    token_for(party, grant)

    end(grant)

    child = read(party, child_of(grant))
    assert (child["status"], child["enabled_scope"], child["enabled_authorization_details"]) == (
        status,
        "",
        [],
    )
    message = Message.objects.filter(grant=child_of(grant)).latest("pk")
    assert (message.name, "ended with the grant that it opens" in message.description) == (
        "Grant ended",
        True,
    )
    assert ask_to_open(party, details_of(grant)).status_code == 400
    assert Grant.objects.filter(parent=grant).count() == 1


def test_a_child_that_its_third_party_closed_stays_closed(party):
    grant = shared(party)
    token_for(party, grant)
    party.send("patch", f"/cds/grants/{child_of(grant).public_id}", {"status": "closed"})

    revoke_grant(grant=grant, by=None, actor="link", at=clock.now())

    assert child_of(grant).status == "closed"


@pytest.mark.spec("R-152")
def test_a_child_is_paused_and_goes_on_with_its_parent(party):
    grant, staff = shared(party), StaffFactory()
    token_for(party, grant)

    suspend_grant(grant=grant, by=staff, at=clock.now(), reason="A complaint")
    paused = read(party, child_of(grant))
    resume_grant(grant=grant, by=staff, at=clock.now(), reason="Settled")
    going_on = read(party, child_of(grant))

    assert (paused["status"], paused["enabled_scope"]) == ("suspended", "")
    assert (going_on["status"], going_on["enabled_scope"]) == ("active", SCOPE)
    names = Message.objects.filter(grant=child_of(grant)).order_by("pk").values_list("name", flat=True)
    assert list(names)[-2:] == ["Grant paused", "Grant resumed"]


def test_a_child_that_staff_paused_by_itself_stays_so(party):
    grant, staff = shared(party), StaffFactory()
    token_for(party, grant)
    suspend_grant(grant=child_of(grant), by=staff, at=clock.now(), reason="A leak")

    suspend_grant(grant=grant, by=staff, at=clock.now(), reason="A complaint")
    resume_grant(grant=grant, by=staff, at=clock.now(), reason="Settled")

    assert child_of(grant).status == "suspended"


@pytest.mark.spec("R-152")
def test_a_child_lasts_as_long_as_its_parent(party):
    party.registration.clients.filter(pk=party.sandbox.pk).update(allowed_scopes=["usage_data", "bill_data"])
    grant = shared(party, {"type": "usage_data", "end": "+1y"}, {"type": "bill_data", "end": "+1mo"})
    token_for(party, grant)
    before, at = child_of(grant), clock.now()
    kept = grant.parts.get(scope="bill_data").contracts.values_list("pk", flat=True)

    narrow_grant(grant=grant, decision=[PartDecision("bill_data", frozenset(kept))], by=grant.user, at=at)

    grant.refresh_from_db()
    child = child_of(grant)
    assert child.access_ends == grant.access_ends < before.access_ends
    shown = read(party, child)
    assert shown["expires"] == read(party, grant)["expires"]
    Grant.objects.filter(pk__in=[grant.pk, child.pk]).update(access_ends=at - timedelta(seconds=1))
    assert read(party, child)["status"] == "expired"
    expire_grants(at=clock.now())
    assert child_of(grant).status == "expired"


def test_the_child_of_files_ends_when_staff_take_them_back(client):
    party = files_party(client)
    file = provide(party)
    grant = granted(file)
    token_for(party, grant)

    take_back(file=file, by=StaffFactory(), at=clock.now())

    assert child_of(grant).status == "disabled"


@pytest.mark.django_db(transaction=True)
def test_no_child_is_left_behind_by_a_token_request_that_meets_the_end(client):
    party = files_party(client)
    for _round in range(5):
        grant = shared(party)
        calls = [
            lambda grant=grant: ask_to_open(party, details_of(grant)).status_code,
            lambda grant=grant: revoke_grant(grant=grant, by=None, actor="link", at=clock.now()).status,
        ]

        at_once(2, lambda calls=calls: calls.pop()())
        connection.close()

        assert not Grant.objects.filter(parent=grant, status="active").exists()
        assert not AccessToken.objects.filter(opens=grant).exists()
