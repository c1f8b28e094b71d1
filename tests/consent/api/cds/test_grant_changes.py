"""PATCH of a grant (CDS-WG1-02 8.6): ended at once, less at once, more once a customer agrees."""

from datetime import datetime, timedelta

import pytest

from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock
from consent.models import Actor, Client, ConsentRequest, Grant, GrantKind, Message
from consent.queries.access import data_access
from consent.services.after_restore import replay_journal, unmet_entries
from consent.services.decision import PartDecision
from consent.services.offer import build_offer
from consent.services.revoke import close_grant, suspend_grant
from tests.consent.api.cds.grant_steps import BILLS, LIST, USAGE, changed, detail, opened, patch, uri
from tests.consent.api.reader import issue_token
from tests.factories.accounts import MembershipFactory, StaffFactory, add_service, household
from tests.factories.consent import ClientFactory, GrantFactory, approve, ask
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.mark.spec("R-158", "R-161", "R-162", "X-14")
def test_closed_ends_it_at_once_with_its_tokens(party, grant):
    token = issue_token(grant)
    assert opened(token)

    answered = changed(party, grant, status="closed")

    assert (answered["status"], answered["enabled_scope"], answered["enabled_authorization_details"]) == (
        "closed",
        "",
        [],
    )
    assert opened(token) == []
    event = grant.events.last()
    assert (event.from_status, event.to_status, event.actor) == ("active", "closed", Actor.CLIENT)
    assert OutgoingMail.objects.filter(kind="closed").count() == 1
    assert changed(party, grant, status="closed")["status"] == "closed"
    assert grant.events.count() == 2


@pytest.mark.spec("R-158")
@pytest.mark.parametrize("status", ["active", "revoked", "suspended", "expired", "", None, 1, ["closed"]])
def test_no_other_status_is_taken(party, grant, status):
    answer = patch(party, grant, status=status)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "status" in answer.json()["error_description"]
    grant.refresh_from_db()
    assert grant.status == "active"


@pytest.mark.spec("R-159", "R-162", "X-20")
def test_a_scope_that_is_left_out_is_gone_at_once_and_nobody_is_asked(party, grant, home):
    token, before = issue_token(grant, scope="usage_data bill_data"), grant.receipts.get()

    answered = changed(party, grant, scope="usage_data")

    assert (answered["status"], answered["scope"], answered["enabled_scope"]) == (
        "active",
        "usage_data",
        "usage_data",
    )
    assert [each["type"] for each in answered["authorization_details"]] == ["usage_data"]
    assert answered["modified"] > answered["created"]
    assert opened(token) == ["usage_data"]
    event = grant.events.last()
    assert (event.actor, event.change, event.by) == (Actor.CLIENT, "given_up", None)
    newer = grant.receipts.get(superseded_by=None)
    before.refresh_from_db()
    assert before.superseded_by == newer
    assert answered["receipt_confirmations"] == [before.number, newer.number]
    mail = OutgoingMail.objects.get(kind="changed")
    assert mail.user == home.owner
    assert not ConsentRequest.objects.filter(status="waiting").exists()


@pytest.mark.spec("R-159")
def test_every_owner_is_told_of_less(party, production, home):
    second = MembershipFactory(customer=home.customer).user
    grant = approve(ask(USAGE, BILLS, user=home.owner, client=production))

    changed(party, grant, scope="bill_data")

    assert {mail.user for mail in OutgoingMail.objects.filter(kind="changed")} == {home.owner, second}


@pytest.mark.spec("R-159", "R-161")
def test_details_become_less_member_by_member(party, home, production):
    other = add_service(owner=home.owner, account=home.account)
    grant = approve(ask(USAGE, BILLS, user=home.owner, client=production))
    read = detail(party.get(uri(grant)).json(), "usage_data")
    later = (datetime.fromisoformat(read["start"]) + timedelta(days=30)).isoformat()
    sooner = (datetime.fromisoformat(read["end"]) - timedelta(days=30)).isoformat()
    kept = home.contract.contract_number
    assert other.contract.contract_number in read["services"]

    for member, value in (
        ("start", later), ("end", sooner), ("services", [kept]), ("resolution", "daily"),
    ):  # fmt: skip
        details = [{"type": "usage_data", member: value}, {"type": "bill_data"}]
        answered = changed(party, grant, authorization_details=details)
        assert (answered["status"], answered["enabled_scope"]) == ("active", "usage_data bill_data"), member
        now = detail(answered, "usage_data")[member]
        if member in ("start", "end"):
            now, value = datetime.fromisoformat(now), datetime.fromisoformat(value)  # noqa: PLW2901
        assert now == value, member
    assert detail(answered, "bill_data")["services"] == sorted([kept, other.contract.contract_number])
    part = grant.parts.get(scope="usage_data")
    assert (part.resolution, part.selections.get().contract) == ("daily", home.contract)


@pytest.mark.spec("R-161")
def test_what_is_sent_back_as_it_was_read_changes_nothing(party, grant):
    read = party.get(uri(grant)).json()

    answered = changed(
        party,
        grant,
        scope=read["scope"],
        authorization_details=read["authorization_details"],
        junk=1,
        expires=None,
    )

    assert answered == read
    assert grant.events.count() == 1
    assert changed(party, grant) == read
    assert changed(party, grant, modified="x", client_id=7, enabled_scope="") == read


def test_a_service_that_joined_later_stays_when_details_are_sent_back(party, home, production):
    request = ask(USAGE, user=home.owner, client=production)
    offer = build_offer(request, home.owner, clock.now())
    decision = [PartDecision(part.scope.id, part.contracts, include_future=True) for part in offer.parts]
    grant = approve(request, decision=decision)
    add_service(owner=home.owner, account=home.account)
    token, read = issue_token(grant), party.get(uri(grant)).json()

    assert changed(party, grant, authorization_details=read["authorization_details"]) == read
    assert len(data_access(token, at=clock.now()).parts[0].contracts) == 2
    answered = changed(
        party, grant, authorization_details=[{"type": "usage_data", "services_added_later": False}]
    )
    assert "services_added_later" not in answered["authorization_details"][0]
    assert len(answered["authorization_details"][0]["services"]) == 2  # and what joined has a name now
    add_service(owner=home.owner, account=home.account)
    assert len(data_access(token, at=clock.now()).parts[0].contracts) == 2


@pytest.mark.spec("R-159", "R-160", "R-162")
def test_a_further_scope_needs_a_customer_and_what_was_allowed_goes_on(party, home, production):
    grant = approve(ask(USAGE, user=home.owner, client=production))
    token, before = issue_token(grant, scope="usage_data bill_data"), party.get(uri(grant)).json()

    answered = changed(party, grant, scope="usage_data bill_data")

    assert (answered["status"], answered["scope"]) == ("needs_authorization", "usage_data bill_data")
    assert (answered["enabled_scope"], answered["enabled_authorization_details"]) == (
        "usage_data", before["authorization_details"],
    )  # fmt: skip
    assert opened(token) == ["usage_data"]
    assert grant.receipts.count() == 1
    assert not OutgoingMail.objects.filter(kind="changed").exists()
    event = grant.events.last()
    assert (event.to_status, event.actor, event.change) == ("needs_authorization", Actor.CLIENT, "requested")
    assert party.get(f"{LIST}?scopes=bill_data").json()["grants"] == [answered]

    back = changed(party, grant, scope="usage_data")
    assert (back["status"], back["scope"], back["enabled_scope"]) == ("active", "usage_data", "usage_data")


@pytest.mark.spec("R-159", "R-160")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("start", "-2y"),
        ("end", "+2y"),
        ("services", ["9999999-9"]),
        ("services_added_later", True),
    ],
)
def test_details_that_reach_further_need_a_customer_too(party, home, production, member, value):
    grant = approve(ask(USAGE, user=home.owner, client=production))
    enabled = party.get(uri(grant)).json()["enabled_authorization_details"]

    answered = changed(party, grant, authorization_details=[{"type": "usage_data", member: value}])

    assert answered["status"] == "needs_authorization"
    assert answered["authorization_details"][0][member] == value
    assert answered["enabled_authorization_details"] == enabled


def test_something_else_altogether_waits_while_what_was_allowed_goes_on(party, home, production):
    grant = approve(ask(USAGE, user=home.owner, client=production))

    answered = changed(party, grant, scope="bill_data")

    assert (answered["status"], answered["scope"], answered["enabled_scope"]) == (
        "needs_authorization", "bill_data", "usage_data",
    )  # fmt: skip


def test_more_and_less_at_once_gives_up_the_one_and_waits_for_the_other(party, home, production):
    grant = approve(ask(USAGE, BILLS, user=home.owner, client=production))
    Client.objects.filter(pk=production.pk).update(
        allowed_scopes=["usage_data", "bill_data", "bill_statements"]
    )

    answered = changed(party, grant, scope="usage_data bill_statements")

    assert (answered["status"], answered["scope"], answered["enabled_scope"]) == (
        "needs_authorization", "usage_data bill_statements", "usage_data",
    )  # fmt: skip
    assert [event.change for event in grant.events.all()] == ["", "given_up", "requested"]
    again = changed(party, grant, scope="usage_data bill_data")
    assert (again["scope"], again["status"], again["enabled_scope"]) == (
        "usage_data bill_data", "needs_authorization", "usage_data",
    )  # fmt: skip


def test_a_paused_grant_becomes_less_or_closed_and_never_more(party, grant):
    suspend_grant(grant=grant, by=StaffFactory(), at=clock.now(), reason="Complaint")

    wider = patch(
        party, grant, authorization_details=[{"type": "usage_data", "end": "+2y"}, {"type": "bill_data"}]
    )
    assert wider.status_code == 400
    answered = changed(party, grant, scope="usage_data")
    assert (answered["status"], answered["scope"], answered["enabled_scope"]) == (
        "suspended",
        "usage_data",
        "",
    )
    assert changed(party, grant, status="closed")["status"] == "closed"


def test_an_object_that_may_not_ask_wants_no_more(party, production, home):
    grant = approve(ask(USAGE, user=home.owner, client=production))
    Client.objects.filter(pk=production.pk).update(status="suspended")

    assert patch(party, grant, scope="usage_data bill_data").status_code == 400
    assert changed(party, grant, status="closed")["status"] == "closed"


@pytest.mark.parametrize("member", ["resolution", "meters", "services_added_later"])
def test_of_what_is_not_shared_yet_a_request_says_no_more_than_requests_can(party, home, production, member):
    grant = approve(ask(BILLS, user=home.owner, client=production))

    answer = patch(
        party, grant, authorization_details=[{"type": "bill_data"}, {"type": "usage_data", member: "x"}]
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_authorization_details")
    assert member in answer.json()["error_description"]


def test_of_a_grant_without_a_user_things_can_only_be_taken_away(party, production, settings, tmp_path):
    settings.CONSENT_JOURNAL = tmp_path
    files = [{"type": "files", "file_id": "1"}, {"type": "files", "file_id": "2"}]
    grant = GrantFactory(
        client=production,
        user=None,
        kind=GrantKind.FILES,
        scope="files",
        authorization_details=files,
        access_ends=None,
    )

    assert patch(party, grant, scope="files usage_data").status_code == 400
    assert (
        patch(party, grant, authorization_details=[*files, {"type": "files", "file_id": "3"}]).status_code
        == 400
    )
    assert patch(party, grant, authorization_details=[]).status_code == 400
    answered = changed(party, grant, authorization_details=files[:1])
    assert answered["enabled_authorization_details"] == files[:1]
    assert grant.events.get().change == "given_up"
    Grant.objects.filter(pk=grant.pk).update(authorization_details=files)  # as an older backup has it
    assert unmet_entries().count == 1
    replay_journal(at=clock.now())
    assert party.get(uri(grant)).json()["status"] == "suspended"
    assert changed(party, grant, status="closed")["status"] == "closed"


def test_the_grant_of_the_token_that_calls_can_be_closed(party):
    own = Grant.objects.get(client=party.admin)

    assert patch(party, own, status="closed").json()["status"] == "closed"
    assert party.get(LIST).status_code == 401


def test_a_grant_of_another_registration_is_not_there(party, stranger, home):
    theirs = approve(ask(USAGE, user=home.owner, client=ClientFactory(registration=stranger.registration)))

    assert patch(party, theirs, status="closed").status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == "active"


def test_a_change_makes_as_many_queries_for_many_services_as_for_few(party, production):
    few, many = household(), household()
    for _ in range(6):
        add_service(owner=many.owner, account=many.account)
    grants = [approve(ask(USAGE, BILLS, user=each.owner, client=production)) for each in (few, many)]

    counts = [count_queries(lambda grant=grant: patch(party, grant, scope="usage_data")) for grant in grants]

    assert counts[0] == counts[1]


def test_the_third_party_gets_a_message_of_less(party, grant):
    before = Message.objects.count()

    changed(party, grant, scope="usage_data")

    assert Message.objects.count() > before
    close_grant(grant=grant, at=clock.now())
