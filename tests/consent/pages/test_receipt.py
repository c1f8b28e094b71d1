"""The receipt: the proof of what was agreed, readable and stoppable without a login, personal only with one."""

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import ServiceContract
from cdsc_portal.lib.time import clock
from consent.models import Actor, Client, Grant, GrantEvent, Receipt
from consent.scopes.catalogue import SCOPES
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.offer import build_offer
from consent.transitions import GrantStatus
from consent.wording import badge_in_words, period_in_words
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.consent import ClientFactory, ReceiptFactory, approve, ask, receipt_page_of
from tests.support.titles import title_of

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


@pytest.fixture
def receipt(home):
    client = ClientFactory(
        name="Sunny Roofs (demo)",
        purpose="To size your roof.",
        client_uri="https://roofs.example.com/",
        uri_confirmed=True,
        terms_uri="https://roofs.example.com/terms",
    )
    approve(ask(USAGE, BILLS, user=home.owner, client=client))
    return Receipt.objects.get()


def page_of(receipt, browser=None):
    return (browser or Browser()).get(receipt_page_of(receipt)).content.decode()


def words_of(page):
    return " ".join(page.text_content().split())


@pytest.mark.spec("F-177", "F-184", "F-185", "F-187", "F-188", "F-189", "F-191", "F-192", "F-194")
def test_anyone_with_the_address_reads_what_was_agreed(receipt):
    address = receipt_page_of(receipt)
    page = Browser().get(address).content.decode()

    for words in (
        receipt.number,
        "River Valley Power (demo)",
        "Sharing",
        title_of("usage_data"),
        "Readings from",
        "1 electricity service",
        "To size your roof.",
        "Written by Sunny Roofs (demo)",
        'href="https://roofs.example.com/" target="_blank" rel="noopener nofollow"',
        'href="https://roofs.example.com/terms" target="_blank" rel="noopener nofollow"',
        f"{address}stop/",
    ):
        assert words in page


@pytest.mark.spec("F-171", "F-172", "F-174", "F-186")
def test_each_approval_has_one_at_once_with_its_time_and_a_number_of_its_own(home):
    with time_machine.travel("2026-11-24T16:00:00+00:00", tick=False):
        for _time in range(2):
            approve(ask(USAGE, user=home.owner))
    receipts = Receipt.objects.all()

    assert {receipt.grant for receipt in receipts} == set(Grant.objects.all())
    assert len({receipt.number for receipt in receipts}) == 2
    for receipt in receipts:
        assert "<dt>Time</dt><dd>November 24, 2026, 8:00 AM (Pacific Time)</dd>" in page_of(receipt)


@pytest.mark.spec("F-195", "F-196s")
def test_it_says_what_is_shared_in_the_words_of_the_request(home, browser):
    details = [{"type": name, "services": "all", "start": "-1y", "end": "+1y"} for name in SCOPES]
    request = ask(*details, user=home.owner)
    offer = build_offer(request, home.owner, clock.now())
    form = html.fromstring(browser.get(request.page).content.decode())
    approve(request)

    shown = words_of(html.fromstring(page_of(Receipt.objects.get())))

    for part in offer.parts:
        scope, dates = part.scope, period_in_words(part.scope, part.period, at=offer.at)
        sentences = [scope.title, scope.sentence, badge_in_words(part.period), dates, scope.excludes]
        sentences += [words for pair in scope.includes for words in pair]
        assert [words for words in sentences if str(words) not in shown] == []
        assert [words for words in sentences if str(words) not in words_of(form)] == []


@pytest.mark.spec("F-193")
def test_it_says_how_to_reach_support(receipt, settings):
    settings.SUPPORT_URL = "https://utility.example.com/contact"

    page = page_of(receipt)

    assert "Give support the receipt number." in page
    assert '<a href="https://utility.example.com/contact" target="_blank" rel="noopener">' in page


@pytest.mark.spec("P-12", "F-189", "F-190")
def test_logged_out_it_hides_names_addresses_and_numbers(home, receipt, browser):
    private = (
        home.owner.name,
        home.contract.contract_number,
        home.contract.address,
        home.account.account_number,
    )

    logged_out, logged_in = page_of(receipt), page_of(receipt, browser)

    assert not [value for value in private if value in logged_out]
    assert "Log in to see them" in logged_out
    assert not [value for value in private if value not in logged_in]


@pytest.mark.spec("P-12", "F-190")
def test_another_customer_who_is_logged_in_sees_no_more_than_the_public(home, receipt):
    browser = Browser()
    browser.force_login(household().owner)

    page = page_of(receipt, browser)

    assert home.contract.contract_number not in page
    assert home.owner.name not in page


def test_a_joint_owner_reads_it_whole(home, receipt):
    partner = UserFactory()
    MembershipFactory(customer=home.customer, user=partner)
    browser = Browser()
    browser.force_login(partner)

    assert home.contract.contract_number in page_of(receipt, browser)


@pytest.mark.spec("F-176", "F-178")
def test_no_search_engine_keeps_it_and_its_number_does_not_lead_there(receipt):
    response = Browser().get(receipt_page_of(receipt))

    assert "noindex" in response["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()
    assert Browser().get(reverse("receipt", args=[receipt.number])).status_code == 404


@pytest.mark.spec("P-12", "F-188", "F-199")
def test_a_later_name_or_purpose_does_not_change_it(home, receipt, browser):
    Client.objects.update(name="Cloudy Roofs (demo)", purpose="Something else.")
    ServiceContract.objects.update(address="99 New Street, Riverton")

    page = page_of(receipt, browser)

    assert "Sunny Roofs (demo)" in page
    assert 'data-label="Now"><div>Cloudy Roofs (demo)<' in page
    assert "To size your roof." in page
    assert "Something else." not in page
    assert "99 New Street" not in page


@pytest.mark.spec("F-192", "F-199")
def test_the_utilitys_own_terms_are_those_of_then_and_later_ones_stand_beside_them(home, settings):
    settings.TERMS_URL = "https://utility.example.com/terms-1"
    approve(ask(USAGE, user=home.owner))
    first = page_of(Receipt.objects.get())
    settings.TERMS_URL = "https://utility.example.com/terms-2"
    later = page_of(Receipt.objects.get())

    link = '<a href="https://utility.example.com/terms-1" target="_blank" rel="noopener nofollow">'
    assert link in first and link in later
    assert "Our terms of service" not in first
    assert "Our terms of service" in later and "terms-2" in later


@pytest.mark.spec("F-199", "F-200")
def test_a_superseded_receipt_says_so_and_what_holds_now(home, receipt):
    kept = (PartDecision("usage_data", frozenset({home.contract.pk})),)
    newer = narrow_grant(grant=receipt.grant, decision=kept, by=home.owner, at=clock.now())

    address = receipt_page_of(receipt)
    page = Browser().get(address).content.decode()

    assert f"{address}{newer.number}/" in page
    assert newer.number in Browser().get(f"{address}{newer.number}/").content.decode()
    assert Browser().get(f"{address}{ReceiptFactory().number}/").status_code == 404
    assert "Then and now" in page
    assert 'data-label="Now"><div>not shared any more<' in page
    assert title_of("bill_data") in page
    assert f"Asked for, but not shared: {title_of('bill_data')}" in page_of(newer)


@pytest.mark.spec("F-194", "C-40", "P-13")
def test_it_stops_without_a_login_by_post_only(receipt):
    page, browser = receipt_page_of(receipt), Browser()
    address = f"{page}stop/"

    shown = browser.get(address)
    before = Grant.objects.get().status
    response = browser.post(address, {"action": "stop"})

    assert "Stop sharing now" in shown.content.decode()
    assert before == GrantStatus.ACTIVE
    assert response.status_code == 303
    assert response["Location"] == page
    assert Grant.objects.get().status == GrantStatus.REVOKED
    assert GrantEvent.objects.latest("pk").actor == Actor.LINK
    page = page_of(receipt)
    assert "You stopped it" in page
    assert address not in page


def test_the_stop_form_needs_its_token(receipt):
    browser = Browser(enforce_csrf_checks=True)

    response = browser.post(f"{receipt_page_of(receipt)}stop/", {"action": "stop"})

    assert response.status_code == 403
    assert Grant.objects.get().status == GrantStatus.ACTIVE


@pytest.mark.spec("F-187")
def test_what_has_ended_in_another_way_is_left_as_it_is(receipt):
    Grant.objects.update(status=GrantStatus.CLOSED)
    address = f"{receipt_page_of(receipt)}stop/"

    Browser().post(address, {"action": "stop"})

    assert Grant.objects.get().status == GrantStatus.CLOSED
    assert "The company ended it" in page_of(receipt)
    assert "The company ended it" in Browser().get(address).content.decode()


def test_an_erased_receipt_still_proves_what_was_agreed(receipt, browser):
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_receipts(%s)", [[receipt.pk]])

    page = page_of(receipt, browser)

    assert title_of("usage_data") in page
    assert "1 electricity service" in page


def test_the_page_costs_the_same_queries_logged_out(receipt, django_assert_num_queries):
    # receipt with grant, client and user
    address = receipt_page_of(receipt)
    with django_assert_num_queries(1):
        Browser().get(address)
