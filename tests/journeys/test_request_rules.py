"""What the request page promises, in a real browser: what starts ticked, what is kept, what cannot be widened."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, Role
from cdsc_portal.lib.time import clock
from consent.models import Grant, Receipt, RequestStatus
from consent.scopes.catalogue import SCOPES
from consent.services.offer import build_offer
from consent.wording import period_in_words
from tests.factories.accounts import MembershipFactory, UserFactory, add_service, household
from tests.factories.consent import ask
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import (
    EVERYTHING,
    USAGE_AND_BILLS,
    arrive,
    electricity_and_gas,
    request_of,
    sunny_roofs,
)
from tests.journeys.pages.base import log_in

pytestmark = pytest.mark.journey

HISTORY = {"type": "customer_supply_history", "start": "-1y", "end": "now", "services": "all"}
SHARE, DENY = "Share selected data", "Do not share"


def address(request):
    return request.page


def services(page):
    return page.locator("[data-choice] input")


@pytest.mark.spec("P-02", "F-49", "F-65", "F-66")
def test_seven_scopes_stand_in_order_with_badge_and_period_as_stored(browser_page):
    home = electricity_and_gas()
    request = request_of(home, *reversed((*EVERYTHING, HISTORY)))
    page = browser_page()
    arrive(page, home, address(request))

    cards = page.locator("fieldset[id^=card-]")

    offer = build_offer(request, home.owner, clock.now())
    sentences = {part.scope.id: period_in_words(part.scope, part.period, at=offer.at) for part in offer.parts}
    parts = {part["scope"]: part for part in request.details["parts"]}
    order = [scope for scope in SCOPES if scope in parts]
    assert [card.get_attribute("id") for card in cards.all()] == [f"card-{scope}" for scope in order]
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for card, scope in zip(cards.all(), order, strict=True):
        words = card.inner_text()
        lasting = (parts[scope]["end"] or "now").startswith("+")
        assert ("Ongoing until" if lasting else "One time") in words, scope
        assert card.get_by_role("checkbox").first.is_checked()
        assert f"Period: {sentences[scope]}" in words
    assert "and new ones until" in page.locator("#card-usage_data").inner_text()
    assert "Nothing later." in page.locator("#card-bill_data").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.spec("P-03", "F-129", "F-131")
def test_only_what_was_asked_by_name_starts_ticked(browser_page, scripts):
    home = electricity_and_gas()
    named = {**USAGE_AND_BILLS[0], "services": [home.contract.contract_number]}
    unnamed = {"type": "bill_data", "start": "-1y", "end": "+1y"}
    page = browser_page(scripts=scripts)

    arrive(page, home, address(ask(unnamed, user=home.owner)))
    assert services(page).count() == 2
    assert page.locator("[data-choice] input:checked").count() == 0

    page.goto(address(ask(named, user=home.owner)))
    assert services(page).count() == page.locator("[data-choice] input:checked").count() == 1

    page.goto(address(request_of(home)))
    assert page.locator("[data-choice] input:checked").count() == 2
    assert not page.get_by_label("Services I add to these accounts later").is_checked()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.spec("P-06")
def test_enter_in_any_field_decides_nothing(browser_page, scripts):
    home = electricity_and_gas()
    for _number in range(10):
        add_service(owner=home.owner, account=home.account)
    request = request_of(home)
    page = browser_page(scripts=scripts)
    arrive(page, home, address(request))
    fields = "#request input:not([type=hidden]):not([type=file])"
    named = page.locator(fields).evaluate_all("all => [...new Set(all.map(one => one.id))].filter(id => id)")
    assert {"search-usage_data", "share-usage_data", "end-bill_data", "only-usage_data"} <= set(named)

    for field in named:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.get_by_label("Share until").select_option("day")  # shows the field of the day
        with page.expect_navigation():
            page.locator(f"#{field}").press("Enter")
        assert urlsplit(page.url).path == address(request), field

    request.refresh_from_db()
    assert request.status == RequestStatus.WAITING


@pytest.mark.spec("P-07", "F-83")
def test_two_tabs_and_a_double_click_give_one_grant_receipt_and_mail(browser_page, company_site):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    first = browser_page(also=[company_site.host])
    arrive(first, home, address(request))
    second = first.context.new_page()
    second.goto(address(request))

    first.get_by_role("button", name=SHARE).dblclick()
    first.get_by_text("Welcome back").wait_for()
    second.get_by_role("button", name=SHARE).click()
    second.get_by_text("Welcome back").wait_for()

    assert Grant.objects.count() == Receipt.objects.count() == OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.spec("P-08")
def test_choices_survive_a_lost_login_for_the_same_person_only(browser_page, scripts):
    home, stranger = electricity_and_gas(), household()
    request = request_of(home)
    page = browser_page(scripts=scripts)
    arrive(page, home, address(request))
    page.get_by_label("Gas").uncheck()
    page.context.clear_cookies(name="sessionid")

    page.get_by_role("button", name=SHARE).click()
    page.locator("input[name=login]").wait_for()
    assert not Grant.objects.exists()
    sign_in(page, home.owner.email)
    text = page.locator("main").inner_text()
    shot(page, f"request-kept-{scripts}")

    assert "Nothing was shared. Your choices are as you left them." in text
    assert not page.get_by_label("Gas").is_checked()
    assert page.get_by_label("Electricity").is_checked()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name=SHARE).click()
    sign_in(page, stranger.owner.email)
    assert "opened with another login" in page.locator("main").inner_text()
    assert home.contract.contract_number not in page.content()
    assert not Grant.objects.exists()


def sign_in(page, email):
    log_in(page, email, page.url)


CHANGES = {
    "the company’s name or website": lambda home, client: setattr(client, "name", "Other Roofs (demo)"),
    "what the company says it wants the data for": lambda home, client: setattr(
        client, "purpose", "To sell it."
    ),
    "the company’s terms or privacy policy": lambda home, client: setattr(
        client, "terms_uri", "https://roofs.example.com/terms"
    ),
    "the services to choose from": lambda home, client: add_service(owner=home.owner, account=home.account),
    "what you may do with this account": lambda home, client: home.owner.memberships.update(role=Role.VIEWER),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.spec("P-09")
def test_what_changed_since_the_page_was_read_is_named_and_nothing_is_shared(browser_page, change):
    home = electricity_and_gas()
    request = request_of(home)
    page = browser_page(width=360)
    arrive(page, home, address(request))
    CHANGES[change](home, request.client)
    request.client.save()

    page.get_by_role("button", name=SHARE).click()
    page.get_by_role("alert").wait_for()

    named = page.get_by_role("alert").get_by_role("listitem").all_inner_texts()
    assert [words.partition("\n")[0].replace("'", "’") for words in named] == [change]
    assert "Before: " in named[0] and "Now: " in named[0]
    assert not Grant.objects.exists()
    shot(page, "request-changed-360")
    assert_fits(page)
    assert_no_axe_faults(page)


@pytest.mark.spec("P-09")
def test_dates_that_passed_midnight_since_the_page_was_read_are_named(browser_page):
    home = electricity_and_gas()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    with time_machine.travel(midnight - timedelta(minutes=10)) as travel:
        request = request_of(home)
        page = browser_page()
        arrive(page, home, address(request))
        travel.move_to(midnight + timedelta(minutes=10))

        page.get_by_role("button", name=SHARE).click()
        page.get_by_role("alert").wait_for()

    (named,) = page.get_by_role("alert").get_by_role("listitem").all_inner_texts()
    assert named.startswith("the dates\n") and "Before: " in named and "Now: " in named
    assert not Grant.objects.exists()


@pytest.mark.parametrize(("count", "is_long"), [(10, False), (11, True)])
@pytest.mark.spec("P-10", "F-125", "F-126", "F-127", "F-128")
def test_from_eleven_services_on_there_is_a_search_a_count_and_show_ticked(browser_page, count, is_long):
    home = household()
    for number in range(count - 1):
        add_service(owner=home.owner, account=home.account, address=f"{number} Lake Road, Riverton")
    page = browser_page()
    arrive(page, home, address(request_of(home, USAGE_AND_BILLS[0])))

    assert page.get_by_label("Search by number").count() == is_long
    assert page.get_by_label("Show only what is ticked").count() == is_long
    if is_long:
        services(page).first.uncheck()
        page.get_by_text("10 of 11 ticked").wait_for()
        page.get_by_label("Show only what is ticked").check()
        assert page.locator("[data-choice]:visible").count() == 10
        box = page.get_by_role("region", name="Services")
        assert box.evaluate("box => box.scrollHeight > box.clientHeight")


FORGED = {
    "another kind of data": {"share-bill_statements": "on"},
    "another's service": {"contract-usage_data": "foreign"},
    "services added later, which were not offered": {"future-customer_supply_details": "on"},
    "earlier days": {"start-usage_data": "2001-01-01"},
    "later days": {"end-usage_data": "2090-01-01"},
    "an old page": {"digest": "0.0.0.0.0.0.0"},
    "a form that is not this server's": {"csrfmiddlewaretoken": "0" * 32},
}


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.spec("P-11", "X-11", "X-16")
def test_a_forged_form_shares_nothing_and_says_so(browser_page, forged):
    home, stranger = electricity_and_gas(), household()
    page = browser_page()
    arrive(page, home, address(request_of(home)))
    extra = {
        name: stranger.contract.public_id if value == "foreign" else value
        for name, value in FORGED[forged].items()
    }

    page.evaluate(
        """(extra) => { const form = document.getElementById("request");
        for (const [name, value] of Object.entries(extra)) {
          for (const old of form.querySelectorAll(`[name="${name}"]`)) if (old.type !== "checkbox") old.remove();
          const field = document.createElement("input"); field.type = "hidden";
          field.name = name; field.value = value; form.append(field); } }""",
        extra,
    )
    page.get_by_role("button", name=SHARE).click()
    page.wait_for_load_state()

    words = page.locator("main").inner_text()
    assert "Nothing was shared" in words or "nothing was shared" in words
    assert not Grant.objects.exists()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.spec("P-11", "C-37", "F-63")
def test_removing_the_last_kind_of_data_is_an_error_that_keeps_the_form(browser_page, width):
    home = electricity_and_gas()
    page = browser_page(width=width)
    arrive(page, home, address(request_of(home)))
    for tick in page.locator("input[name^=share-]").all():
        tick.uncheck()
    page.get_by_text("Nothing is ticked, so nothing would be shared.").wait_for()

    page.get_by_role("button", name=SHARE).click()
    alert = page.get_by_role("alert")
    alert.get_by_role("link").click()

    assert page.evaluate("document.activeElement.id") == "share-usage_data"
    assert alert.get_by_role("link").inner_text() == page.locator("#share-usage_data-error").inner_text()
    assert not Grant.objects.exists()
    assert_no_axe_faults(page)


@pytest.mark.parametrize(("width", "scripts"), [(360, True), (1280, False)])
@pytest.mark.spec("P-15")
def test_a_viewer_asks_an_owner_who_decides_and_the_answer_goes_back(
    browser_page, company_site, width, scripts
):
    home, viewer = electricity_and_gas(), UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    request = ask(*USAGE_AND_BILLS, user=viewer, client=sunny_roofs(company_site))
    theirs = browser_page(width=width, scripts=scripts, also=[company_site.host])
    log_in(theirs, viewer.email, address(request))
    shot(theirs, f"request-viewer-{width}")
    assert theirs.get_by_role("button", name=SHARE).count() == 0
    theirs.get_by_role("button", name="Ask Person").click()
    theirs.get_by_text("You asked Person").wait_for()
    mail = OutgoingMail.objects.get()

    owners, mailed = (
        browser_page(width=width, scripts=scripts),
        reverse("my_request", args=[request.reference]),
    )
    arrive(owners, home, mailed)
    assert f"{viewer.name} asks you to decide" in owners.locator("main").inner_text()
    shot(owners, f"request-handed-over-{width}")
    owners.get_by_role("button", name=SHARE).click()
    owners.get_by_role("heading", name="You decided this on").wait_for()
    theirs.reload()
    theirs.get_by_role("button", name="Continue to Sunny Roofs").click()
    theirs.get_by_text("Welcome back").wait_for()

    assert mail.to == home.owner.email
    assert mailed in words_of(mail).text
    assert Grant.objects.get().user == home.owner
    assert "code=" in theirs.url


@pytest.mark.spec("P-15")
def test_a_delegate_shares_where_allowed_and_the_receipt_names_both(browser_page, company_site):
    home, delegate, joint = electricity_and_gas(), UserFactory(name="Dee Legate"), UserFactory()
    until = clock.now() + timedelta(days=30)
    MembershipFactory(customer=home.customer, user=joint)
    MembershipFactory(customer=home.customer, user=delegate, role=Role.DELEGATE, may_share=True, until=until)
    page = browser_page(also=[company_site.host])
    log_in(
        page, delegate.email, address(ask(*USAGE_AND_BILLS, user=delegate, client=sunny_roofs(company_site)))
    )
    assert "You decide for Person" in page.locator("main").inner_text()

    page.get_by_role("button", name=SHARE).click()
    page.get_by_text("Welcome back").wait_for()

    personal = Receipt.objects.get().personal
    assert personal["approver"]["name"] == "Dee Legate"
    assert {owner["email"] for owner in personal["owners"]} == {home.owner.email, joint.email}
    recipients = set(OutgoingMail.objects.values_list("to", flat=True))
    assert recipients == {delegate.email, home.owner.email, joint.email}


@pytest.mark.parametrize("may_share", [False, True])
@pytest.mark.spec("P-15")
def test_an_ended_or_not_allowed_delegate_cannot_share(browser_page, may_share):
    home, delegate = electricity_and_gas(), UserFactory()
    ends = clock.now() + timedelta(days=-1 if may_share else 30)
    MembershipFactory(
        customer=home.customer, user=delegate, role=Role.DELEGATE, may_share=may_share, until=ends
    )
    page = browser_page()

    log_in(page, delegate.email, address(ask(*USAGE_AND_BILLS, user=delegate)))

    assert page.get_by_role("button", name=SHARE).count() == 0
    assert page.get_by_role("button", name=DENY).is_visible()
