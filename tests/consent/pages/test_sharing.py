"""The customer's sharing pages: what is shared, who read what, and the end of it in two clicks."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Role, SupportSession
from cdsc_portal.lib.time import clock
from consent.models import Actor, ConsentRequest, Grant, GrantEvent
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.revoke import revoke_grant
from consent.transitions import GrantStatus
from tests.consent.pages.readers import logged_in, read
from tests.factories.accounts import (
    MembershipFactory,
    StaffFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ClientFactory, approve, ask
from tests.support.titles import title_of

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}
LIST = reverse("sharing_list")


@pytest.fixture
def grant(home):
    return approve(ask(USAGE, BILLS, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))


def page_of(browser, grant, name="sharing_detail"):
    return browser.get(reverse(name, args=[grant.public_id])).content.decode()


@pytest.mark.spec("F-29")
def test_the_list_says_company_data_account_until_and_last_read(home, browser, grant):
    page = browser.get(LIST).content.decode()

    for words in ("Sunny Roofs (demo)", "Sharing", title_of("usage_data"), "Not read yet", "Details"):
        assert words in page
    assert home.account.account_number in page
    assert reverse("sharing_stop", args=[grant.public_id]) in page


def test_a_request_that_waits_is_listed_apart(home, browser):
    request = ask(USAGE, user=home.owner)

    page = browser.get(LIST).content.decode()

    assert "Waiting for your decision" in page
    assert reverse("my_request", args=[request.reference]) in page


def test_who_shares_nothing_reads_why_and_what_next(home, browser):
    page = browser.get(LIST).content.decode()

    assert "No company can read your data." in page


def test_what_ran_out_is_ended_though_no_task_has_run_yet(home, browser, grant):
    Grant.objects.update(access_ends=clock.now() - timedelta(seconds=1))

    page = browser.get(LIST).content.decode()

    assert '<h2 id="ended">Ended</h2>' in page
    assert reverse("sharing_stop", args=[grant.public_id]) not in page


@pytest.mark.parametrize("name", ["sharing_detail", "sharing_reads", "sharing_stop"])
def test_a_stranger_finds_nothing(grant, name):
    stranger = logged_in(household().owner)

    response = stranger.get(reverse(name, args=[grant.public_id]))

    assert response.status_code == 404


@pytest.mark.parametrize("name", ["sharing_detail", "sharing_reads", "sharing_stop"])
def test_nobody_reads_without_a_login(grant, name):
    response = Browser().get(reverse(name, args=[grant.public_id]))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.spec("X-20")
def test_the_detail_says_what_which_until_and_its_history(home, browser, grant):
    page = page_of(browser, grant)

    for words in (
        title_of("usage_data"),
        "Readings from",
        home.contract.contract_number,
        "Receipt ",
        "Sunny Roofs (demo) asked",
        "Approved, by you",
    ):
        assert words in page


@pytest.mark.spec("P-14")
def test_the_page_and_the_download_list_every_disclosure(home, browser, grant):
    reads = [read(grant, home.contract, at=clock.now() - timedelta(hours=hour)) for hour in range(30)]

    page = page_of(browser, grant)
    response = browser.get(reverse("sharing_reads", args=[grant.public_id]))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))

    assert page.count("198.51.100.7") == 25
    assert "Page 1 of 2" in page
    assert [row["read_id"] for row in rows] == [read.number for read in reads]
    assert {row["values"] for row in rows} == {"96"}


@pytest.mark.spec("P-14", "P-33")
def test_the_log_says_what_left_from_the_first_to_the_last_value(home, browser, grant):
    first = datetime(2026, 3, 1, 8, tzinfo=UTC)
    read(grant, home.contract, values=46_897, data=(first, first + timedelta(days=7)))
    read(grant, home.contract, data=(first, first + timedelta(days=1)))
    read(grant, home.contract, values=2, data=(first, first + timedelta(minutes=30)))

    page = page_of(browser, grant)
    response = browser.get(reverse("sharing_reads", args=[grant.public_id]))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))

    assert "March 1, 2026 to March 7, 2026" in page
    assert ">46,897<" in page
    assert ">March 1, 2026<" in page
    assert "March 1, 2026, 12:00 AM to March 1, 2026, 12:30 AM" in page
    assert "allowed" not in page
    assert [row["period_start_utc"] for row in rows] == [first.isoformat()] * 3
    assert rows[0]["period_end_utc"] == (first + timedelta(minutes=30)).isoformat()
    assert rows[0]["allowed_end_utc"]


def test_a_read_from_before_that_was_recorded_says_what_was_allowed(home, browser, grant):
    read(grant, home.contract, at=datetime(2026, 3, 3, 8, tzinfo=UTC))

    assert "allowed: March 2, 2026 to March 2, 2026" in page_of(browser, grant)


def test_an_answer_without_a_value_says_nothing_left(home, browser, grant):
    read(grant, home.contract, values=0)

    page = page_of(browser, grant)

    assert ">nothing<" in page
    assert "allowed" not in page


def test_a_company_that_stopped_reading_is_pointed_out(home, browser, grant):
    read(grant, home.contract, at=clock.now() - timedelta(days=91))

    assert "No reads for 90 days." in page_of(browser, grant)


@pytest.mark.spec("P-13", "C-40")
def test_two_clicks_stop_and_looking_at_the_link_does_not(home, browser, grant):
    address = reverse("sharing_stop", args=[grant.public_id])

    shown = browser.get(address).content.decode()
    before = Grant.objects.get().status
    response = browser.post(address, {"action": "stop"})

    assert '<button class="button" name="action" value="stop">Stop sharing now</button>' in shown
    assert '<button class="button" name="action" value="keep">Keep sharing</button>' in shown
    assert before == GrantStatus.ACTIVE
    assert response.status_code == 303
    assert Grant.objects.get().status == GrantStatus.REVOKED
    page = page_of(browser, grant)
    assert "You stopped it" in page
    assert "Stopped at" in page
    assert "Stopped, by you" in page


def test_keep_sharing_keeps(browser, grant):
    browser.post(reverse("sharing_stop", args=[grant.public_id]), {"action": "keep"})

    assert Grant.objects.get().status == GrantStatus.ACTIVE


def test_stopping_twice_leaves_one_event(browser, grant):
    address = reverse("sharing_stop", args=[grant.public_id])

    browser.post(address, {"action": "stop"})
    browser.post(address, {"action": "stop"})

    assert GrantEvent.objects.filter(to_status=GrantStatus.REVOKED).count() == 1


@pytest.mark.spec("P-15")
def test_a_viewer_sees_and_cannot_stop(home, grant):
    viewer = UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    browser = logged_in(viewer)

    page = page_of(browser, grant)
    response = browser.post(reverse("sharing_stop", args=[grant.public_id]), {"action": "stop"})

    assert home.owner.name in page
    assert "Stop sharing" not in page
    assert response.status_code == 404
    assert Grant.objects.get().status == GrantStatus.ACTIVE


@pytest.mark.spec("P-15")
def test_a_joint_owner_sees_and_may_stop_what_another_shared(home, grant):
    partner = UserFactory()
    MembershipFactory(customer=home.customer, user=partner)
    browser = logged_in(partner)

    page = browser.get(LIST).content.decode()
    browser.post(reverse("sharing_stop", args=[grant.public_id]), {"action": "stop"})

    assert home.owner.name in page
    assert Grant.objects.get().status == GrantStatus.REVOKED


@pytest.mark.spec("P-15")
def test_a_joint_owner_of_one_account_reads_what_they_would_stop_and_still_sees_it_afterwards(home):
    shop = household(owner=home.owner)
    grant = approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))
    read(grant, shop.contract, values=22)
    partner = MembershipFactory(customer=shop.customer).user
    browser, address = logged_in(partner), reverse("sharing_stop", args=[grant.public_id])

    shown = browser.get(address).content.decode()
    response = browser.post(address, {"action": "stop"})
    again = browser.post(address, {"action": "stop"})

    assert f"account {shop.account.account_number}: 1 electricity service" in shown
    assert f"What {home.owner} shares from other accounts goes on." in shown
    assert (response.status_code, again.status_code) == (303, 303)
    assert Grant.objects.get().status == GrantStatus.ACTIVE
    page = browser.get(response["Location"]).content.decode()
    assert "No longer from your accounts" in page
    assert "Stopped at" in page
    assert 'data-label="Values">22<' in page
    assert "Stop sharing" not in page
    listed = browser.get(LIST).content.decode()
    assert "No company can read your data." in listed and "Sunny Roofs (demo)" in listed


def test_reads_of_a_service_that_left_stay_hidden_from_who_never_saw_it(home):
    shop = household(owner=home.owner)
    grant = approve(ask(USAGE, user=home.owner))
    read(grant, home.contract, values=11)
    read(grant, shop.contract, values=22)
    partner = MembershipFactory(customer=shop.customer).user
    kept = (PartDecision("usage_data", frozenset({shop.contract.pk})),)

    narrow_grant(grant=grant, decision=kept, by=home.owner, at=clock.now())

    page = page_of(logged_in(partner), grant)
    assert 'data-label="Values">22<' in page
    assert 'data-label="Values">11<' not in page


def test_the_link_that_stops_everything_is_shown_to_nobody_but_who_gave_it(home, browser, grant):
    partner = logged_in(MembershipFactory(customer=home.customer).user)
    receipt = grant.receipts.get()
    address = reverse("sharing_receipt", args=[grant.public_id, receipt.number])

    theirs = page_of(partner, grant)
    shown = partner.get(address).content.decode()

    assert not re.search(r"/receipts/[\w-]{43}/", theirs + shown + page_of(browser, grant))
    assert address in theirs
    assert home.contract.contract_number in shown
    assert reverse("sharing_stop", args=[grant.public_id]) in shown


def test_the_utilitys_own_note_is_not_shown_and_what_was_written_for_the_customer_is(home, browser, grant):
    revoke_grant(
        grant=grant,
        by=StaffFactory(),
        actor=Actor.STAFF,
        at=clock.now(),
        reason="Caller was Mrs. Hale, angry",
        public_reason="You asked us by phone",
    )

    page = page_of(browser, grant)

    assert "Mrs. Hale" not in page
    assert "Reason: You asked us by phone" in page


def test_a_support_session_is_listed_with_its_reason(home, browser, grant):
    SupportSession.objects.create(
        customer=home.customer,
        by=StaffFactory(),
        person=home.owner,
        reason="Question about a bill",
        at=clock.now(),
        ends=clock.now() + timedelta(hours=1),
    )

    assert "Support looked: Question about a bill" in page_of(browser, grant)


def test_who_sees_one_account_sees_only_its_services_and_reads(home, grant):
    shop = household(owner=home.owner)
    both = approve(ask(USAGE, user=home.owner))
    read(both, home.contract, values=11)
    read(both, shop.contract, values=22)
    clerk = UserFactory()
    MembershipFactory(customer=shop.customer, user=clerk, role=Role.VIEWER)

    page = page_of(logged_in(clerk), both)

    assert shop.contract.contract_number in page
    assert home.contract.contract_number not in page
    assert 'data-label="Values">22<' in page
    assert 'data-label="Values">11<' not in page


def test_less_than_before_shows_in_the_timeline(home, browser, grant):
    kept = (PartDecision("usage_data", frozenset({home.contract.pk})),)

    narrow_grant(grant=grant, decision=kept, by=home.owner, at=clock.now())

    page = page_of(browser, grant)
    assert "Changed: less is shared, by you" in page
    assert f"<li>{title_of('bill_data')}: from “One time” to “not shared any more”</li>" in page
    assert page.count(title_of("bill_data")) == 1


@pytest.mark.parametrize("many", [1, 5])
def test_the_list_costs_the_same_queries_however_many(home, browser, many, django_assert_num_queries):
    for _each in range(many):
        approve(ask(USAGE, BILLS, user=home.owner))
        ask(USAGE, user=home.owner)

    # session, user; in sight, which are open, their times, parts, accounts, stoppable, agreed terms, waiting; session
    # saved: savepoint, update, release
    with django_assert_num_queries(13):
        browser.get(LIST)


@pytest.mark.parametrize("many", [1, 20])
def test_the_detail_costs_the_same_queries_however_much(home, browser, many, django_assert_num_queries):
    for _each in range(many):
        add_service(owner=home.owner, account=home.account)
    grant = approve(ask(USAGE, BILLS, user=home.owner))
    for _each in range(many):
        read(grant, home.contract)

    # session, user; in sight, grant; reads counted and listed; parts, ticked, later accounts, contracts, which
    # are seen, receipts, stoppable, request, events, looks; session saved: savepoint, update, release
    with django_assert_num_queries(19):
        page_of(browser, grant)


def test_a_request_that_ran_out_waits_no_more(home, browser):
    ask(USAGE, user=home.owner)
    ConsentRequest.objects.update(expires=clock.now())

    assert "Waiting for your decision" not in browser.get(LIST).content.decode()
