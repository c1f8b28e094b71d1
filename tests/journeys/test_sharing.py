"""Seeing and stopping what is shared, in a real browser."""

import pytest
from django.urls import reverse

from consent.models import Grant
from consent.transitions import GrantStatus
from tests.factories.consent import approve
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import EVERYTHING, arrive, electricity_and_gas, request_of

pytestmark = pytest.mark.journey


@pytest.mark.parametrize(
    ("width", "theme", "scripts"), [(360, "light", True), (360, "dark", False), (1280, "light", True)]
)
@pytest.mark.spec("P-13", "P-24")
def test_a_customer_stops_sharing_in_two_clicks_from_the_list(browser_page, width, theme, scripts):
    home = electricity_and_gas()
    approve(request_of(home))
    request_of(home)
    page = browser_page(width=width, theme=theme, scripts=scripts)
    arrive(page, home, reverse("sharing_list"))
    look_at(page, f"sharing-list-{width}-{theme}", scripts)

    page.get_by_role("link", name="Stop sharing").click()
    look_at(page, f"sharing-stop-{width}-{theme}", scripts)
    page.get_by_role("button", name="Stop sharing now").click()

    page.get_by_role("heading", name="Sharing with Sunny Roofs (demo)").wait_for()
    look_at(page, f"sharing-stopped-{width}-{theme}", scripts)
    assert "Stopped on" in page.get_by_role("status").inner_text()
    assert page.get_by_text("You stopped it").is_visible()
    assert Grant.objects.get().status == GrantStatus.REVOKED


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
@pytest.mark.spec("P-24")
def test_detail_and_home_fit_and_have_no_fault(browser_page, width, theme):
    home = electricity_and_gas()
    grant = approve(request_of(home, *EVERYTHING))
    page = browser_page(width=width, theme=theme)

    arrive(page, home, reverse("sharing_detail", args=[grant.public_id]))
    look_at(page, f"sharing-detail-{width}-{theme}", scripts=True)
    page.goto(reverse("my_home"))

    look_at(page, f"my-home-{width}-{theme}", scripts=True)


def look_at(page, name, scripts):
    shot(page, name)
    assert_fits(page)
    if scripts:
        assert_no_axe_faults(page)
