"""The receipt in a real browser: read and stopped without a login."""

import pytest
from django.urls import reverse

from consent.models import Grant, Receipt
from consent.transitions import GrantStatus
from tests.factories.consent import approve
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import arrive, electricity_and_gas, request_of

pytestmark = pytest.mark.journey


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
@pytest.mark.spec("P-12", "P-13", "F-194")
def test_the_receipt_is_read_and_stopped_without_a_login(browser_page, width, theme):
    home = electricity_and_gas()
    approve(request_of(home))
    receipt = Receipt.objects.get()
    page = browser_page(width=width, theme=theme)

    page.goto(reverse("receipt", args=[receipt.key]))
    shot(page, f"receipt-{width}-{theme}")
    assert_fits(page)
    assert_no_axe_faults(page)
    public = page.locator("main").inner_text()
    page.get_by_role("link", name="Stop sharing").click()
    page.get_by_role("button", name="Stop sharing now").click()
    page.get_by_text("You stopped it").wait_for()

    assert receipt.number in public
    assert home.contract.contract_number not in public
    assert Grant.objects.get().status == GrantStatus.REVOKED


@pytest.mark.spec("P-12", "F-189")
def test_a_login_on_the_receipt_comes_back_and_shows_the_numbers(browser_page):
    home = electricity_and_gas()
    approve(request_of(home))
    page = browser_page()
    receipt = Receipt.objects.get()
    page.goto(reverse("receipt", args=[receipt.key]))

    target = page.get_by_role("link", name="Log in to see them").get_attribute("href")
    arrive(page, home, target)

    assert home.contract.contract_number in page.locator("main").inner_text()
    shot(page, "receipt-personal-1280")
    assert_no_axe_faults(page)
