"""The main job's decision in a real browser: narrowed and approved, or denied, with and without scripts."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from cdsc_portal.lib.time import clock
from consent.models import Grant, RequestStatus
from tests.factories.accounts import add_service
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import (
    arrive,
    electricity_and_gas,
    request_of,
)
from tests.support.titles import title_of

pytestmark = pytest.mark.journey
LOOKS = pytest.mark.parametrize(
    ("width", "scripts"), [(360, True), (360, False), (1280, True), (1280, False)]
)


def address(request):
    return request.page


@LOOKS
@pytest.mark.spec("P-01", "P-04", "F-44", "F-63")
def test_a_customer_narrows_a_request_and_approves(browser_page, company_site, width, scripts):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    page = browser_page(width=width, scripts=scripts, also=[company_site.host])
    arrive(page, home, address(request))
    day = timezone.localdate(clock.now()) - timedelta(days=30)

    bills = page.get_by_role("group", name=title_of("bill_data"))
    bills.get_by_role("checkbox").first.uncheck()
    page.get_by_label("Gas").uncheck()
    page.get_by_role("group", name=title_of("usage_data")).get_by_text("Details").click()
    page.get_by_label("First day").first.fill(day.isoformat())
    if not scripts:
        page.get_by_role("button", name="Update summary").click()
    summary = page.locator("#summary")
    summary.get_by_role("paragraph").filter(has_text=f"Not shared: {title_of('bill_data')}.").wait_for()
    page.evaluate("document.querySelector('#summary details').open = true")
    text = summary.inner_text()
    shot(page, f"request-narrowed-{width}-{scripts}")
    assert_fits(page)
    if scripts:
        assert_no_axe_faults(page)
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_text("Welcome back").wait_for()

    assert "You changed the first day to" in text
    assert f"Electricity {home.contract.contract_number}" in text
    assert "Services not shared: Gas" in text
    assert parse_qs(urlsplit(company_site.called[-1]).query)["state"] == ["s"]
    part = Grant.objects.get().parts.get()
    assert part.scope == "usage_data"
    assert [contract.pk for contract in part.contracts.all()] == [home.contract.pk]
    assert timezone.localdate(part.window_start) == day


@LOOKS
@pytest.mark.spec("P-05", "F-25")
def test_a_customer_says_no(browser_page, company_site, width, scripts):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    page = browser_page(width=width, scripts=scripts, also=[company_site.host])
    arrive(page, home, address(request))

    page.get_by_role("button", name="Do not share").click()
    page.get_by_text("Welcome back").wait_for()

    assert parse_qs(urlsplit(company_site.called[-1]).query)["error"] == ["access_denied"]
    request.refresh_from_db()
    assert request.status == RequestStatus.DENIED
    assert not Grant.objects.exists()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.spec("P-05", "F-77")
def test_both_answers_weigh_the_same(browser_page, width):
    home = electricity_and_gas()
    page = browser_page(width=width)
    arrive(page, home, address(request_of(home)))

    styles = [
        page.get_by_role("button", name=name).evaluate(
            "(button) => { const s = getComputedStyle(button), b = button.getBoundingClientRect();"
            "return [b.width, b.height, s.color, s.backgroundColor, s.fontWeight, s.fontSize, s.borderColor] }"
        )
        for name in ("Share selected data", "Do not share")
    ]

    assert styles[0] == styles[1]


@pytest.mark.spec("P-05", "F-79")
def test_no_is_taken_from_a_form_full_of_errors(browser_page, company_site):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    page = browser_page(also=[company_site.host])
    arrive(page, home, address(request))
    for tick in page.locator("input[name^=share-]").all():
        tick.uncheck()
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_role("alert").wait_for()

    page.get_by_role("button", name="Do not share").click()
    page.get_by_text("Welcome back").wait_for()

    assert parse_qs(urlsplit(company_site.called[-1]).query)["error"] == ["access_denied"]
    assert not Grant.objects.exists()


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
@pytest.mark.spec("F-80", "F-81", "P-24")
def test_an_error_takes_the_focus_and_leads_to_its_field(browser_page, width, theme):
    home = electricity_and_gas()
    page = browser_page(width=width, theme=theme)
    arrive(page, home, address(request_of(home)))

    page.get_by_text("Details").first.click()
    page.get_by_label("First day").first.fill("2001-01-01")
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_role("alert").wait_for()
    focused = page.evaluate("document.activeElement.className")
    shot(page, f"request-error-{width}-{theme}")
    assert_no_axe_faults(page)
    page.get_by_role("alert").get_by_role("link").click()

    assert focused == "error-summary"
    assert page.title().startswith("Error:")
    assert page.evaluate("document.activeElement.id") == "start-usage_data"
    assert not Grant.objects.exists()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.spec("P-10", "F-123", "F-125", "F-127", "F-128")
def test_a_long_list_is_searched_and_ticked_at_once(browser_page, scripts):
    home = electricity_and_gas()
    for _number in range(10):
        add_service(owner=home.owner, account=home.account, address="7 Lake Road, Riverton")
    page = browser_page(width=360, scripts=scripts)
    arrive(page, home, address(request_of(home)))

    page.get_by_label("Search by number").fill("orchard")
    page.get_by_role("button", name="Tick none").click()

    page.get_by_text("10 of 12 ticked").wait_for()
    assert page.locator("[data-choice]:visible").count() == 2
    if scripts:
        shot(page, "request-long-360")
        assert_no_axe_faults(page)


def test_what_was_searched_for_before_the_scripts_came_is_found(browser_page):
    home = electricity_and_gas()
    for _number in range(10):
        add_service(owner=home.owner, account=home.account, address="7 Lake Road, Riverton")
    page = browser_page()
    page.add_init_script(
        """document.addEventListener("readystatechange", () => {
        if (document.readyState === "interactive") for (const field of document.querySelectorAll("[data-search]"))
          field.value = "orchard"; })"""
    )

    arrive(page, home, address(request_of(home)))

    assert page.locator("[data-choice]:visible").count() == 2


@pytest.mark.spec("P-07")
def test_the_back_button_says_what_was_decided(browser_page, company_site):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    page = browser_page(also=[company_site.host])
    arrive(page, home, address(request))
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_text("Welcome back").wait_for()

    page.go_back()

    page.get_by_role("heading", name="You decided this on").wait_for()
    shot(page, "request-decided-1280")
    assert_no_axe_faults(page)
    assert page.get_by_role("link", name="See the receipt").is_visible()
