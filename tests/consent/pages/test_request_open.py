"""Opening a request: who may read it, in which state, and what the page says."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import Role
from cdsc_portal.lib.time import clock
from consent.models import ConsentRequest, Grant, RequestStatus
from consent.scopes.catalogue import SCOPES
from consent.services.clients import suspend_client
from consent.services.offer import build_offer
from consent.wording import badge_in_words, period_in_words
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import (
    PASSWORD,
    MembershipFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ClientFactory, ask, request_at
from tests.support.titles import title_of

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


def address(request):
    return request.page


def page_of(browser, request):
    return browser.get(request.page).content.decode()


def free(request):
    """The request as nobody has opened it yet."""
    ConsentRequest.objects.filter(pk=request.pk).update(user=None)
    return request


@pytest.mark.spec("F-34", "F-35", "X-16", "F-16", "F-17s", "F-18")
def test_who_is_not_logged_in_is_asked_to_and_comes_back(home):
    request = free(ask(USAGE, user=home.owner))

    response = Browser().get(address(request))

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={address(request)}"
    assert ConsentRequest.objects.get().user is None


@pytest.mark.spec("X-16")
def test_the_first_who_opens_a_request_keeps_it(home, browser):
    request = free(ask(USAGE, user=home.owner))
    other = household()
    theirs = Browser()
    theirs.force_login(other.owner)
    browser.get(address(request))

    response = theirs.get(address(request))
    posted = theirs.post(address(request), {"decision": "approve"}, follow=True)

    assert response.status_code == posted.status_code == 403
    assert "opened with another login" in response.content.decode()
    assert home.contract.contract_number not in response.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.spec("F-36", "F-37")
def test_who_does_not_want_to_log_in_goes_back_and_decides_nothing(home):
    request = free(ask(USAGE, user=home.owner))
    login = Browser().get(f"{reverse('account_login')}?next={address(request)}").content.decode()
    cancel = f"{address(request)}cancel/"

    response = Browser().get(cancel)

    assert cancel in login
    assert response.status_code == 303
    assert parse_qs(urlsplit(response["Location"]).query)["error"] == ["access_denied"]
    assert ConsentRequest.objects.get().status == RequestStatus.WAITING


@pytest.mark.spec("P-02", "F-66")
def test_the_seven_founding_scopes_stand_in_order_with_badge_and_period(home, browser):
    ongoing, past = {"start": "-1y", "end": "+1y"}, {"start": "-1y", "end": "now"}
    requested = (
        ("generation_mix", past),
        ("bill_statements", past),
        ("bill_data", past),
        ("usage_data", ongoing),
        ("customer_supply_history", past),
        ("customer_supply_details", {}),
        ("customer_distribution_details", {"end": "+1y"}),
    )
    request = ask(*({"type": name, "services": "all", **dates} for name, dates in requested), user=home.owner)
    offer = build_offer(request, home.owner, clock.now())

    page = page_of(browser, request).split("<fieldset")[1:8]

    assert [part.scope.id for part in offer.parts] == [name for name, _dates in reversed(requested)]
    for part, shown in zip(offer.parts, page, strict=True):
        assert f'id="card-{part.scope.id}"' in shown
        assert badge_in_words(part.period) in shown
        assert period_in_words(part.scope, part.period, at=offer.at) in shown
    assert [badge_in_words(part.period).split()[0] for part in offer.parts] == [
        "Ongoing",
        "One",
        "One",
        "Ongoing",
        *["One"] * 3,
    ]


@pytest.mark.spec("F-87", "F-163")
def test_not_you_gives_the_request_back_for_another_login(home, browser):
    request = ask(USAGE, user=home.owner)
    browser.get(address(request))

    response = browser.post(address(request), {"action": "other-login"})

    login, _, page = response["Location"].partition("?next=")
    assert login == reverse("account_login")
    assert request_at(page).user is None
    assert browser.get(address(request)).status_code == 404  # it was that login's address
    assert "_auth_user_id" not in browser.session


@pytest.mark.spec("X-16", "C-40")
def test_a_get_with_a_decision_in_it_decides_nothing(home, browser):
    request = ask(USAGE, user=home.owner)

    browser.get(address(request), {"decision": "approve", "share-usage_data": "on"})

    assert not Grant.objects.exists()


@pytest.mark.spec("X-16")
def test_a_decision_without_its_form_token_is_refused_in_words(home):
    request = ask(USAGE, user=home.owner)
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(home.owner)

    response = browser.post(address(request), {"decision": "approve"})

    assert response.status_code == 403
    assert "Nothing was" in response.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.spec("X-16")
def test_the_page_cannot_be_framed_or_stored_and_ends_only_at_the_company(home, browser):
    response = browser.get(address(ask(USAGE, user=home.owner)))

    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example.com;" in f"{policy};"
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.spec("F-49", "F-50", "F-51", "F-57", "F-65", "X-20", "F-24", "F-43", "F-104", "F-105")
def test_the_page_says_who_asks_for_what_why_and_until_when_in_order(home, browser):
    client = ClientFactory(name="Sunny Roofs (demo)", purpose="To size your <b>roof</b>.")
    request = ask(USAGE, user=home.owner, client=client)

    page = page_of(browser, request)

    in_order = [
        "River Valley Power (demo)",
        "Request to share your data",
        "<strong>Sunny Roofs (demo)</strong> asks to see data about your energy service. You can say no.",
        "Written by Sunny Roofs (demo)",
        "To size your &lt;b&gt;roof&lt;/b&gt;.",
        "1 kind of data of 1 service, until",
        title_of("usage_data"),
        str(SCOPES["usage_data"].sentence),
        "Ongoing until",
        "Not included:",
        "Readings from",
        home.contract.contract_number,
        request.reference,
        "Check what you share",
        "Share selected data",
        "Logged in as",
    ]
    places = [page.find(words) for words in in_order]
    assert -1 not in places, in_order[places.index(-1)]
    assert places == sorted(places)


@pytest.mark.spec("F-91", "F-96")
def test_no_word_of_the_trade_reaches_the_customer(home, browser):
    page = page_of(browser, ask(USAGE, BILLS, user=home.owner)).lower()

    shown = page.split("<main")[1].split("</main>")[0]
    text = " ".join(part.split(">")[-1] for part in shown.split("<"))
    assert not {"scope", "grant", "token", "client"} & set(text.replace(".", " ").split())


@pytest.mark.spec("F-58", "F-59", "F-60")
@pytest.mark.parametrize("confirmed", [True, False])
def test_the_company_is_linked_only_where_its_address_is_confirmed(home, browser, confirmed):
    client = ClientFactory(client_uri="https://roofs.example.com/", uri_confirmed=confirmed)

    page = page_of(browser, ask(USAGE, user=home.owner, client=client))

    link = '<a href="https://roofs.example.com/" target="_blank" rel="noopener">'
    assert (link in page) is confirmed


@pytest.mark.spec("P-03", "F-129")
def test_services_left_out_of_the_request_start_unticked(home, browser, opened):
    request = ask({"type": "usage_data", "start": "-1y", "end": "now"}, user=home.owner)

    form = opened(browser, request)

    assert form.ticked("contract-usage_data") == []
    assert form.ticked("share-usage_data") == ["on"]


@pytest.mark.spec("P-03")
def test_a_list_of_services_offers_only_those(home, browser, opened):
    other = add_service(owner=home.owner, account=home.account)
    usage = {**USAGE, "services": [other.contract.contract_number]}

    page = page_of(browser, ask(usage, user=home.owner))

    assert other.contract.public_id in page
    assert home.contract.public_id not in page


@pytest.mark.spec("F-159", "F-160", "F-161", "F-162", "C-22", "F-23")
def test_services_of_somebody_else_lead_to_a_page_that_declines_with_an_error(home, browser):
    request = ask({**USAGE, "services": ["9999999-9"]}, user=home.owner)

    page = page_of(browser, request)
    declined = browser.post(address(request), {"decision": "deny"})

    assert "do not appear to be yours" in page
    assert "9999999-9" in page
    assert request.client.name in page
    assert parse_qs(urlsplit(declined["Location"]).query)["error"] == ["no_preselections"]


@pytest.mark.spec("P-15")
def test_a_viewer_reads_the_request_and_learns_who_can_decide(home):
    viewer = UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    request = ask(USAGE, user=viewer)
    browser = Browser()
    browser.force_login(viewer)

    page = page_of(browser, request)
    form = PostedForm.on(browser, browser.get(address(request)))
    sent = {**form.data, "decision": "approve", "share-usage_data": "on"}
    forged = browser.post(address(request), {**sent, "contract-usage_data": home.contract.public_id})

    assert f"{home.owner.name} can decide" in page
    assert 'value="approve"' not in page
    assert forged.status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.spec("P-15")
def test_a_delegate_whose_time_is_over_cannot_share(home):
    delegate = UserFactory()
    MembershipFactory(
        customer=home.customer,
        user=delegate,
        role=Role.DELEGATE,
        may_share=True,
        until=clock.now() - timedelta(days=1),
    )
    browser = Browser()
    browser.force_login(delegate)
    request = ask(USAGE, user=delegate)

    page = page_of(browser, request)

    assert "no service with such data" in page
    assert home.contract.contract_number not in page


@pytest.mark.spec("P-08")
def test_choices_sent_after_the_login_ran_out_are_kept_for_the_same_person(home, browser, opened):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    request = ask(USAGE, user=home.owner)
    form = opened(browser, request)
    form.untick("contract-usage_data", gas.contract.public_id)
    browser.session.flush()

    form.press("decision", "approve")
    log_in_again(browser, home.owner)
    page = browser.get(address(request))

    assert "Nothing was shared. Your choices are as you left them." in page.content.decode()
    assert PostedForm.on(browser, page).ticked("contract-usage_data") == [home.contract.public_id]
    assert not Grant.objects.exists()


@pytest.mark.spec("P-08")
def test_choices_are_not_shown_to_whoever_logs_in_next(home, browser, opened):
    request = ask(USAGE, user=home.owner)
    form = opened(browser, request)
    browser.session.flush()
    form.press("decision", "approve")

    log_in_again(browser, household().owner)
    page = browser.get(address(request))

    assert page.status_code == 403
    assert home.contract.public_id not in page.content.decode()


def test_a_request_that_waited_too_long_says_so(home, browser):
    request = ask(USAGE, user=home.owner)
    ConsentRequest.objects.update(expires=clock.now() - timedelta(seconds=1))

    response = browser.get(address(request))

    assert response.status_code == 410
    assert "has expired" in response.content.decode()


def test_the_script_gets_only_the_summary(home, browser, opened):
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))
    form.untick("share-bill_data")

    summary = form.press("action", "update", headers={"X-Part": "summary"}).content.decode()

    assert "<html" not in summary
    assert f"Not shared: {title_of('bill_data')}." in html.fromstring(summary).text_content()


@pytest.mark.spec("P-10", "F-125", "F-126", "F-127", "F-128")
@pytest.mark.parametrize(("services", "is_long"), [(10, False), (11, True)])
def test_eleven_services_can_be_searched_ten_need_not(home, browser, services, is_long):
    for _number in range(services - 1):
        add_service(owner=home.owner, account=home.account)

    page = page_of(browser, ask(USAGE, user=home.owner))

    assert (f"{services} of {services} ticked") in page
    assert ("data-search" in page) is is_long
    assert ("Show only what is ticked" in page) is is_long


@pytest.mark.spec("F-123", "F-125", "F-128")
def test_search_and_tick_none_work_without_scripts(home, browser, opened):
    lake = add_service(owner=home.owner, account=home.account, address="7 Lake Road, Riverton")
    for _number in range(10):
        add_service(owner=home.owner, account=home.account)
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill("search-usage_data", "lake")

    response = form.press("action", "none-usage_data")

    again = PostedForm.on(browser, response)
    assert lake.contract.public_id not in again.ticked("contract-usage_data")
    assert len(again.ticked("contract-usage_data")) == 11
    assert response.content.decode().count("<li data-choice") == 12
    assert response.content.decode().count(" hidden>") >= 11


@pytest.mark.parametrize("services", [11, 40])
def test_the_page_costs_the_same_queries_for_eleven_services_and_forty(
    home, browser, services, django_assert_num_queries
):
    for _number in range(services - 1):
        add_service(owner=home.owner, account=home.account)
    request = ask(USAGE, BILLS, user=home.owner)

    # session, user, request; scopes closed, limits; contracts, regions, meters, role, grants; the session: 3
    with django_assert_num_queries(13):
        browser.get(address(request))


def log_in_again(browser, user):
    browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


@pytest.mark.spec("F-20", "F-21")
def test_a_company_suspended_while_its_request_waits_is_not_offered_a_yes(home, browser):
    request = ask(USAGE, user=home.owner)
    suspend_client(client=request.client)

    response = browser.get(address(request))

    assert response.status_code == 403
    assert "may not receive this data at the moment" in response.content.decode()
    assert 'value="approve"' not in response.content.decode()
    assert address(request) not in html.fromstring(response.content).xpath("//a/@href")
    # a no needs nothing of the form, and goes back to the company
    assert "error=access_denied" in browser.post(address(request), {"decision": "deny"})["Location"]
