"""From the home page to one meter, naming it on the way, with and without scripts."""

import pytest

from accounts.models import MeterName
from tests.journeys.browser import assert_fits
from tests.journeys.consent_steps import arrive
from tests.journeys.pages.accounts import lived_in, shops

pytestmark = pytest.mark.journey


@pytest.mark.parametrize(("width", "scripts"), [(360, False), (1280, True)])
@pytest.mark.spec("P-24")
def test_a_customer_goes_from_home_to_a_meter_and_names_it(browser_page, width, scripts):
    home = lived_in()
    page = browser_page(width=width, scripts=scripts)
    arrive(page, home, "/my/")

    page.get_by_role("link", name="See accounts, services and meters").click()
    page.get_by_role("link", name="House on Orchard Lane").click()
    page.get_by_role("link", name="Meter in the cellar").click()
    page.get_by_role("link", name="Change the name").click()
    page.get_by_label("Name").fill("Meter in the yard")
    page.get_by_role("button", name="Save").click()

    page.get_by_role("heading", name="Meter in the yard", level=1).wait_for()
    assert "The name is saved." in page.get_by_role("status").inner_text()
    assert MeterName.objects.get().name == "Meter in the yard"
    assert_fits(page)


def test_the_figures_of_home_lead_to_their_pages(browser_page):
    home = lived_in()
    page = browser_page(width=360)
    arrive(page, home, "/my/")

    for name, heading in (
        ("1 company can read your data", "Sharing"),
        ("$65.52", "Bill "),
        ("kWh", "Usage"),
        ("Sunny Roofs (demo) asks to see data", "Request to share your data"),
    ):
        page.goto("/my/")
        page.get_by_role("link", name=name).first.click()

        page.get_by_role("heading", name=heading).first.wait_for()


@pytest.mark.parametrize("scripts", [False, True])
def test_a_store_of_a_chain_is_found_by_its_number(browser_page, scripts):
    world = shops()
    page = browser_page(width=360, scripts=scripts)
    arrive(page, world, "/my/accounts/")

    page.get_by_label("Search by number, name or address").fill("store-59")
    page.get_by_role("button", name="Search").click()

    assert page.get_by_role("status").inner_text().startswith("1 result for “store-59”")
    page.get_by_role("link", name="Electricity STORE-59").click()
    page.get_by_role("heading", name="Electricity STORE-59", level=1).wait_for()
    assert_fits(page)
