"""What stays on the request page: ticks over a lost login, another language and the back button, the summary while a
new one comes.
"""

from datetime import UTC, datetime

import pytest

from consent.models import Client, Grant, RequestStatus
from tests.journeys.consent_steps import arrive, electricity_and_gas, request_of
from tests.journeys.pages.base import log_in
from tests.support.titles import title_of

pytestmark = pytest.mark.journey


def address(request):
    return request.page


@pytest.mark.spec("P-08")
def test_the_dialog_that_says_the_login_is_over_takes_the_choices_along(browser_page):
    home = electricity_and_gas()
    request = request_of(home)
    page = browser_page()
    page.clock.install(time=datetime.now(UTC))
    arrive(page, home, address(request))
    page.get_by_label("Gas").uncheck()
    page.clock.run_for(1000)
    page.locator("#summary").get_by_text("Services not shared: Gas").wait_for()
    page.context.clear_cookies(name="sessionid")

    page.clock.fast_forward("02:00:01")
    page.get_by_role("dialog").get_by_role("button", name="Log in").click()
    log_in(page, home.owner.email, page.url)

    assert "Nothing was shared. Your choices are as you left them." in page.locator("main").inner_text()
    assert not page.get_by_label("Gas").is_checked()
    assert page.get_by_label("Electricity").is_checked()
    assert not Grant.objects.exists()


def test_another_language_keeps_what_was_ticked_and_decides_nothing(browser_page):
    home = electricity_and_gas()
    request = request_of(home)
    page = browser_page()
    arrive(page, home, address(request))
    page.get_by_label("Gas").uncheck()
    page.get_by_role("group", name=title_of("usage_data")).get_by_text("Details").click()
    page.get_by_label("Last day").first.fill("2027-01-31")

    page.get_by_role("banner").get_by_role("button", name="Español").click()
    page.get_by_role("heading", name="Solicitud para compartir sus datos").wait_for()

    assert not page.get_by_label("Gas").is_checked()
    assert page.get_by_label("Electricidad").is_checked()
    assert page.locator("#end-usage_data").input_value() == "2027-01-31"
    assert page.locator(".notice").count() == 0
    home.owner.refresh_from_db()
    request.refresh_from_db()
    assert (home.owner.language, request.status) == ("es", RequestStatus.WAITING)


def test_the_old_summary_stays_while_a_new_one_is_fetched_and_it_is_said(browser_page):
    home = electricity_and_gas()
    page = browser_page()
    arrive(page, home, address(request_of(home)))
    updating = page.get_by_text("Updating what you share")
    held = []
    page.route("**/oauth/authorize/*/", lambda route: held.append(route))

    before = page.locator("#summary").inner_text()
    seen_before = updating.is_visible()
    page.get_by_label("Gas").uncheck()
    updating.wait_for()
    meanwhile = page.locator("#summary").inner_text()
    held[0].continue_()
    updating.wait_for(state="hidden")

    assert not seen_before
    assert meanwhile == before
    assert "Services not shared: Gas" in page.locator("#summary").inner_text()


@pytest.mark.spec("P-32")
@pytest.mark.parametrize("scripts", [True, False])
def test_back_after_an_update_an_error_or_a_decision_never_asks_to_send_the_form_again(
    browser_page, company_site, scripts
):
    home = electricity_and_gas()
    page = browser_page(scripts=scripts, also=[company_site.host])
    arrive(page, home, address(request_of(home, site=company_site)))
    gas, share_until = page.get_by_label("Gas"), page.get_by_label("Share until")

    gas.uncheck()
    page.get_by_role("button", name="Update summary").click()
    page.wait_for_url("**?checked#summary")
    page.locator("#summary:focus").wait_for()  # the browser moves the focus once it has laid the page out
    share_until.select_option("day")
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_role("heading", name="There is a problem").wait_for()
    page.locator(".error-summary:focus").wait_for()
    page.goto(f"{page.url.partition('/oauth')[0]}/help/")
    page.go_back()
    page.get_by_role("heading", name="There is a problem").wait_for()
    kept = (gas.is_checked(), share_until.input_value())
    Client.objects.update(purpose="Something quite different.")
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_role("heading", name="This request has changed").wait_for()
    page.locator("#changes:focus").wait_for()
    share_until.select_option("6")
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_text("Welcome back").wait_for()

    for _time in range(2):
        page.go_back()
        page.get_by_role("heading", name="You decided this on").wait_for()

    assert kept == (False, "day")
    assert Grant.objects.count() == 1
