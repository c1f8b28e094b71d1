"""The request page in its other forms: locked, unticked by law, handed over; its links; what changed meanwhile."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as project
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import Membership, OutgoingMail, Role
from cdsc_portal.lib.time import clock
from consent.models import ConsentRequest, Grant, RequestStatus
from consent.pages.waiting_requests import decisions_due
from consent.services.digests import changed_aspects
from consent.services.offer import OFFER_ASPECTS, build_offer
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory, household
from tests.factories.consent import ClientFactory, ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


def address(request):
    return request.page


def logged_in(user):
    browser = Browser()
    browser.force_login(user)
    return browser


def words_of(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


@pytest.mark.spec("F-63", "F-67")
def test_a_locked_request_offers_no_tick_and_no_date_but_its_services(home, browser, opened):
    client = ClientFactory(all_or_nothing=True)
    form = opened(browser, ask(USAGE, BILLS, user=home.owner, client=client))

    response = form.press("decision", "approve")

    assert not [name for name in form.data if name.startswith(("share-", "start-", "end-"))]
    assert form.ticked("contract-usage_data") == [home.contract.public_id]
    assert response.status_code == 303
    assert Grant.objects.get().parts.count() == 2


@pytest.mark.spec("F-67", "P-11")
def test_a_forged_date_on_a_locked_request_is_refused(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner, client=ClientFactory(all_or_nothing=True)))
    form.fill("start-usage_data", "2026-01-01")

    response = form.press("decision", "approve")

    assert response.status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.spec("F-03")
def test_where_the_law_asks_for_it_nothing_starts_ticked(home, browser, opened, settings):
    settings.REQUEST_STARTS_UNTICKED = True
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))

    response = form.press("decision", "approve")

    assert not [name for name in form.data if name.startswith(("share-", "contract-"))]
    assert "Tick at least one kind of data" in words_of(response)


@pytest.fixture
def viewer(home):
    user = UserFactory()
    MembershipFactory(customer=home.customer, user=user, role=Role.VIEWER)
    return user


@pytest.fixture
def handed_over(viewer):
    """A request that the viewer asked the owners to decide."""
    request = ask(USAGE, user=viewer)
    logged_in(viewer).post(address(request), {"action": "ask-owner"})
    return request


@pytest.mark.spec("P-15")
def test_asking_twice_sends_one_mail_and_keeps_the_request_open_a_day(home, viewer, handed_over):
    logged_in(viewer).post(address(handed_over), {"action": "ask-owner"})

    mail = OutgoingMail.objects.get()
    stored = ConsentRequest.objects.get()
    assert (mail.kind, mail.to) == ("needs_decision", home.owner.email)
    assert stored.user == viewer
    assert stored.expires >= stored.handed_over + timedelta(hours=24)


@pytest.mark.spec("P-15", "X-16")
def test_nobody_but_an_owner_of_what_the_viewer_sees_may_open_it(handed_over):
    for somebody in (household().owner, UserFactory()):
        assert logged_in(somebody).get(address(handed_over)).status_code == 403


@pytest.mark.spec("P-15", "X-16")
def test_before_the_viewer_asks_an_owner_may_not_open_it(home, viewer):
    assert logged_in(home.owner).get(address(ask(USAGE, user=viewer))).status_code == 403


@pytest.mark.spec("P-15")
def test_an_owner_decides_about_what_the_viewer_sees_and_no_more(home, browser, opened, handed_over):
    household(owner=home.owner)

    form = opened(browser, handed_over)
    response = form.press("decision", "approve")

    assert form.ticked("contract-usage_data") == [home.contract.public_id]
    assert response["Location"] == address(handed_over)
    assert "takes your answer to" in words_of(browser.get(address(handed_over)))


@pytest.mark.spec("P-15", "F-25")
@pytest.mark.parametrize(("decision", "answer"), [("approve", "code"), ("deny", "error")])
def test_the_answer_goes_back_through_the_viewer(
    home, browser, opened, viewer, handed_over, decision, answer
):
    opened(browser, handed_over).press("decision", decision)
    theirs = logged_in(viewer)

    shown = theirs.get(address(handed_over))
    carried = theirs.post(address(handed_over), {"action": "continue"})

    assert "Your request was decided" in words_of(shown)
    assert answer in parse_qs(urlsplit(carried["Location"]).query)
    assert "code" not in shown.content.decode().split("<main")[1].split("<form")[0]


@pytest.mark.spec("P-08", "P-15")
def test_an_owners_kept_choices_are_not_shown_to_the_viewer_of_the_same_browser(
    home, browser, opened, viewer, handed_over
):
    form = opened(browser, handed_over)
    browser.session.flush()
    form.press("decision", "approve")

    browser.post(reverse("account_login"), {"login": viewer.email, "password": PASSWORD})
    page = browser.get(address(handed_over))

    assert "Your choices are as you left them" not in words_of(page)
    assert "You asked" in words_of(page)


@pytest.mark.spec("P-15")
def test_who_may_decide_cannot_hand_over(home, browser):
    request = ask(USAGE, user=home.owner)

    response = browser.post(address(request), {"action": "ask-owner"})

    assert response.status_code == 403
    assert ConsentRequest.objects.get().handed_over is None


@pytest.mark.spec("P-15")
def test_decisions_due_name_own_requests_and_those_of_viewers(home, viewer, handed_over):
    mine = ask(BILLS, user=home.owner)
    ask(BILLS, user=household().owner)

    due = {waiting.reference: waiting.opened_by for waiting in decisions_due(user=home.owner, at=clock.now())}

    assert due == {mine.reference: "", handed_over.reference: str(viewer)}


@pytest.mark.spec("P-09")
def test_a_role_that_changed_meanwhile_is_named(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))
    MembershipFactory(customer=home.customer, user=UserFactory())
    until = clock.now() + timedelta(days=9)
    Membership.objects.filter(user=home.owner).update(role=Role.DELEGATE, may_share=True, until=until)

    response = form.press("decision", "approve")

    assert "This request has changed" in words_of(response)
    assert "what you may do with this account" in words_of(response)
    assert not Grant.objects.exists()


@pytest.mark.spec("P-09")
def test_days_that_moved_on_overnight_are_named(home):
    request = ask(USAGE, user=home.owner)
    read = build_offer(request, home.owner, clock.now())

    next_day = build_offer(request, home.owner, clock.now() + timedelta(days=1))

    assert changed_aspects(read.digest, next_day.digest, OFFER_ASPECTS) == ("dates",)


@pytest.mark.spec("P-07", "F-83")
def test_a_form_decided_in_another_tab_is_answered_with_the_first_outcome(home, browser, opened):
    request = ask(USAGE, user=home.owner)
    form = opened(browser, request)
    form.press("decision", "deny")

    response = form.press("action", "update", follow=True)

    assert "You decided this on" in words_of(response)
    assert ConsentRequest.objects.get().status == RequestStatus.DENIED


@pytest.mark.spec("F-48", "F-53", "F-59", "F-60", "F-87", "F-88", "F-89")
def test_links_that_lead_away_open_a_new_tab_and_the_others_stay(home, browser):
    client = ClientFactory(
        client_uri="https://roofs.example.com/",
        uri_confirmed=True,
        terms_uri="https://roofs.example.com/terms",
        policy_uri="https://roofs.example.com/privacy",
    )

    page = html.fromstring(browser.get(address(ask(USAGE, user=home.owner, client=client))).content.decode())

    away = [link for link in page.xpath("//a[@href]") if not link.get("href").startswith("#")]
    away = [link for link in away if "accounts/login" not in link.get("href")]
    assert {urlsplit(link.get("href")).path for link in away} >= {"/", "/terms", "/privacy", "/help/"}
    assert all(link.get("target") == "_blank" and "noopener" in link.get("rel") for link in away)
    assert page.xpath("//header//a") == page.xpath("//nav") == []
    assert page.xpath("//footer//button[@value='other-login']")


@pytest.mark.spec("F-112", "F-113", "F-114", "F-115", "F-116")
def test_the_purpose_is_shown_as_typed_and_scrolls_after_ten_lines():
    css = "".join(
        Path(project.BASE_DIR, "static", "css", name).read_text() for name in ("boxes.css", "request.css")
    )
    rules = " ".join(re.findall(r"\.own-words \{(.*?)\}", css, re.DOTALL))

    for rule in ("white-space: pre-wrap;", "word-break: break-word;", "overflow: scroll;", "calc(10 *"):
        assert rule in rules
    assert "min-block-size" not in rules


@pytest.mark.spec("F-69", "F-70", "F-104", "F-105")
@pytest.mark.parametrize("purpose", ["", "To size your roof."])
def test_a_purpose_is_shown_only_where_the_company_gave_one(home, browser, purpose):
    page = words_of(browser.get(address(ask(USAGE, user=home.owner, client=ClientFactory(purpose=purpose)))))

    assert ("To size your roof." in page) is bool(purpose)
    assert ("Written by" in page) is bool(purpose)
