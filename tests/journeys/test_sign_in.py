"""Passkeys, the authenticator app and the warning before a login ends, in a real browser."""

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from accounts.services.enrolment import issue_link
from cdsc_portal.lib.time import clock
from tests.factories.accounts import StaffFactory, UserFactory
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import electricity_and_gas, request_of
from tests.journeys.pages.base import log_in

pytestmark = pytest.mark.journey


def give_a_device(page, *, verifies=True, autofill=False):
    """A device that holds passkeys, as a phone or laptop does: Chromium's virtual authenticator.

    It answers at once, the autofill of a login page too; with `autofill` False the browser has none.
    """
    if not autofill:
        page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    return browser, browser.send("WebAuthn.addVirtualAuthenticator", {"options": device})["authenticatorId"]


def make_a_passkey(page):
    page.goto(reverse("my_settings"))
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("My laptop")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()


def log_out(page):
    page.goto(reverse("account_logout"))
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.wait_for_url("**/")


@pytest.mark.spec("F-39")
def test_a_passkey_is_made_used_for_a_waiting_request_and_renamed(browser_page):
    home = electricity_and_gas()
    request = request_of(home)
    page = browser_page()
    give_a_device(page)
    log_in(page, home.owner.email, reverse("my_settings"))
    make_a_passkey(page)
    log_out(page)

    page.goto(request.page)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_role("heading", name="Request to share your data").wait_for()

    page.goto(reverse("my_settings"))
    assert page.get_by_role("strong").get_by_text("My laptop").is_visible()
    page.get_by_role("link", name="Rename My laptop").click()
    page.get_by_label("Name of the passkey").fill("Kitchen laptop")
    page.get_by_role("button", name="Save the name").click()
    assert page.get_by_role("strong").get_by_text("Kitchen laptop").is_visible()
    page.get_by_role("link", name="Remove Kitchen laptop").click()
    page.get_by_role("button", name="Remove the passkey").click()
    page.get_by_text("None. With a passkey").wait_for()
    assert not Authenticator.objects.exists()


def test_a_passkey_is_offered_in_the_field_of_the_address_and_logs_in(browser_page):
    page = browser_page()
    give_a_device(page, autofill=True)
    log_in(page, UserFactory().email, reverse("my_settings"))
    make_a_passkey(page)
    log_out(page)

    page.goto("/accounts/login/?next=/my/people/")  # Chromium's device takes the first offer by itself

    page.wait_for_url("**/my/people/")
    page.get_by_role("heading", name="People", level=1).wait_for()


def test_the_passkey_comes_first_and_without_scripts_not_at_all(browser_page):
    page = browser_page()
    page.goto("/accounts/login/")
    labels = page.locator("main button").all_inner_texts()
    assert labels[:2] == ["Log in with a passkey", "Log in"]
    assert page.locator("input[name=login]").get_attribute("autocomplete") == "username webauthn"

    plain = browser_page(scripts=False)
    plain.goto("/accounts/login/")
    assert not plain.get_by_role("button", name="Log in with a passkey").is_visible()


def test_a_passkey_that_fails_says_so_and_the_password_still_works(browser_page):
    user = UserFactory()
    page = browser_page()
    browser, device = give_a_device(page)
    log_in(page, user.email, reverse("my_settings"))
    make_a_passkey(page)
    log_out(page)
    browser.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    browser.send("WebAuthn.clearCredentials", {"authenticatorId": device})

    page.goto("/accounts/login/?next=/help/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("The passkey did not work.").wait_for()
    assert_no_axe_faults(page)
    page.locator("input[name=login]").fill(user.email)
    page.locator("input[name=password]").fill("correct horse battery staple")
    page.get_by_role("button", name="Log in", exact=True).click()

    page.get_by_role("heading", name="One more step").wait_for()


@pytest.mark.parametrize("width", [360, 1280])
def test_staff_set_up_a_passkey_before_their_pages_and_come_in_with_it(browser_page, settings, width):
    settings.STAFF_SECOND_FACTOR = True
    staff = StaffFactory()
    page = browser_page(width=width)
    give_a_device(page)

    log_in(page, staff.email, "/admin/")
    page.get_by_role("heading", name="You need a link for the second step").wait_for()
    shot(page, f"second-step-link-needed-{width}")
    assert_fits(page)
    assert_no_axe_faults(page)
    secret = issue_link(user=staff, by=None, at=clock.now())
    page.goto(reverse("second_step_link", args=[secret]))
    page.get_by_role("heading", name="Set up a second step").wait_for()
    shot(page, f"second-step-staff-{width}")
    assert_fits(page)
    assert_no_axe_faults(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("link", name="I have kept the codes").click()
    page.wait_for_url("**/admin/")
    log_out(page)

    page.goto("/admin/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url("**/admin/")


@pytest.mark.spec("F-36", "F-37")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_company_hears_no_when_somebody_cancels_at_the_code(browser_page, company_site, scripts):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    page = browser_page(scripts=scripts, also=[company_site.host])
    page.goto(request.page)

    page.get_by_role("link", name="Get a code by e-mail").click()
    page.get_by_label("E-mail address").fill(home.owner.email)
    page.get_by_role("button", name="Send the code").click()
    page.get_by_role("heading", name="Enter the code").wait_for()
    page.get_by_role("link", name="Cancel and go back").click()
    page.get_by_text("Welcome back").wait_for()

    assert "error=access_denied" in company_site.called[0]


@pytest.mark.spec("F-40", "P-08")
def test_a_dialog_warns_two_minutes_ahead_and_staying_keeps_the_login(browser_page):
    page = browser_page()
    page.clock.install(time=datetime.now(UTC))
    log_in(page, UserFactory().email, "/accounts/login/?next=/styleguide/")
    assert not page.get_by_role("dialog").is_visible()

    page.clock.fast_forward("01:58:30")
    page.get_by_role("heading", name="You will be logged out in 2 minutes").wait_for()
    shot(page, "session-warning-1280")
    assert_no_axe_faults(page)
    with page.expect_response("**/accounts/stay/") as answer:
        page.get_by_role("button", name="Stay logged in").click()
    assert answer.value.status == 204
    page.get_by_role("dialog").wait_for(state="hidden")

    page.clock.fast_forward("02:00:01")
    page.get_by_role("heading", name="You were logged out").wait_for()
    assert page.get_by_role("dialog").get_by_role("link", name="Log in").is_visible()


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
def test_the_dialog_says_when_a_login_cannot_be_kept_any_longer(browser_page, settings, width, theme):
    settings.SESSION_HOURS = 1
    page = browser_page(width=width, theme=theme)
    page.clock.install(time=datetime.now(UTC))
    log_in(page, UserFactory().email, "/accounts/login/?next=/styleguide/")

    page.clock.fast_forward("00:58:30")
    page.get_by_role("heading", name="Your login ends in 2 minutes").wait_for()
    shot(page, f"session-last-{width}")
    assert_fits(page)
    assert_no_axe_faults(page)
    assert not page.get_by_role("button", name="Stay logged in").is_visible()
    page.get_by_role("button", name="Go on", exact=True).click()
    assert not page.get_by_role("dialog").is_visible()

    page.clock.fast_forward("00:01:31")
    page.get_by_role("heading", name="You were logged out").wait_for()


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
def test_staff_are_warned_on_their_pages_too(browser_page, width, theme):
    page = browser_page(width=width, theme=theme)
    page.clock.install(time=datetime.now(UTC))
    log_in(page, StaffFactory().email, "/accounts/login/?next=/admin/find/")

    page.clock.fast_forward("00:28:30")
    page.get_by_role("heading", name="You will be logged out in 2 minutes").wait_for()
    shot(page, f"session-warning-staff-{width}")
    assert_no_axe_faults(page)
    with page.expect_response("**/accounts/stay/") as answer:
        page.get_by_role("button", name="Stay logged in").click()

    assert answer.value.status == 204


@pytest.mark.spec("F-41")
def test_somebody_who_logged_out_in_another_tab_is_told_at_once(browser_page):
    page = browser_page()
    page.clock.install(time=datetime.now(UTC))
    log_in(page, UserFactory().email, "/accounts/login/?next=/styleguide/")
    other = page.context.new_page()
    log_out(other)

    page.clock.fast_forward("01:58:30")
    page.get_by_role("button", name="Stay logged in").click()

    page.get_by_role("heading", name="You were logged out").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_dark_is_chosen_and_stays_chosen_for_the_person(browser_page, scripts):
    user = UserFactory()
    page = browser_page(scripts=scripts)
    page.goto("/accounts/login/")

    page.get_by_text("Display").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 23, 30)"
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    log_in(page, user.email, "/accounts/login/?next=/help/")

    elsewhere = browser_page(scripts=scripts)
    log_in(elsewhere, user.email, "/accounts/login/?next=/help/")
    assert elsewhere.locator("html").get_attribute("data-theme") == "dark"
