"""The pages before the login, as people see them."""

import pytest

from tests.factories.accounts import PASSWORD, UserFactory
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot

pytestmark = pytest.mark.journey

EVERY_LOOK = pytest.mark.parametrize(
    ("width", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]
)


@EVERY_LOOK
@pytest.mark.spec("P-24")
def test_a_refused_login_says_so_first_and_keeps_the_address(browser_page, width, theme):
    page = browser_page(width=width, theme=theme)
    page.goto("/accounts/login/")

    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in", exact=True).click()

    shot(page, f"login-refused-{width}-{theme}")
    assert "The e-mail address or the password is not right." in page.get_by_role("alert").inner_text()
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.title().startswith("Error:")
    assert page.get_by_label("E-mail address").input_value() == "nobody@example.com"
    assert_fits(page)
    assert_no_axe_faults(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_logs_in_reads_spanish_and_logs_out(browser_page, scripts):
    UserFactory(email="ana@example.com")
    page = browser_page(width=360, scripts=scripts)
    page.goto("/accounts/login/?next=/help/")

    page.get_by_label("E-mail address").fill("ana@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".site-tools summary").click()
    page.get_by_role("button", name="Español").first.click()

    assert page.url.endswith("/help/")
    assert page.locator("html").get_attribute("lang") == "es"


def test_the_first_key_press_leads_past_the_menu(browser_page):
    page = browser_page()
    page.goto("/")

    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")

    assert focused == "Skip to the content"
    assert page.evaluate("document.activeElement.id") == "main"
