"""The request page in every look: it fits, has no fault, and says what it must."""

import pytest

from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import EVERYTHING, arrive, electricity_and_gas, request_of

pytestmark = pytest.mark.journey


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
@pytest.mark.spec("P-24", "F-45", "F-46")
def test_the_request_page_fits_and_has_no_fault(browser_page, width, theme):
    home = electricity_and_gas()
    request = request_of(home, *EVERYTHING)
    page = browser_page(width=width, theme=theme)

    arrive(page, home, request.page)

    shot(page, f"request-{width}-{theme}")
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["Request to share your data"]
    assert_fits(page)
    assert_no_axe_faults(page)
