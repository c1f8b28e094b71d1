"""Reading one's own usage, in a real browser."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from datahub.feeds.formats.base import Quality
from tests.factories.accounts import Household
from tests.factories.feeds import load_days, load_readings, usage_series
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import arrive, electricity_and_gas

pytestmark = pytest.mark.journey


def a_home_with_readings() -> Household:
    """Fifteen months of quarters, used and sent back, with a day missing and one estimated."""
    home = electricity_and_gas()
    load_days(home.meter, date(2025, 1, 1), 420, value=310_000)
    load_days(home.meter, date(2025, 1, 1), 420, value=120_000, direction="export")
    begin = datetime(2026, 2, 25, 8, tzinfo=UTC)
    load_readings(usage_series(home.meter, begin, [99_000] * 96, quality=Quality.ESTIMATED), version_at=begin)
    load_readings(
        usage_series(
            home.meter, datetime(2026, 3, 3, 8, tzinfo=UTC), [480_000] * 96 * 6, quality=Quality.ESTIMATED
        )
    )
    return home


@pytest.mark.parametrize(("width", "theme", "scripts"), [(360, "light", True), (1280, "dark", True)])
@pytest.mark.spec("P-24")
def test_a_customer_reads_a_year_and_a_month_with_the_keyboard(browser_page, width, theme, scripts):
    home = a_home_with_readings()
    page = browser_page(width=width, theme=theme, scripts=scripts)
    arrive(page, home, reverse("my_usage"))
    page.get_by_label("Service").select_option(value=home.contract.public_id)
    page.get_by_role("button", name="Show").click()
    look_at(page, f"usage-year-{width}-{theme}", scripts)

    link = page.get_by_role("link", name="March 2026", exact=True)
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="March 2026").wait_for()
    look_at(page, f"usage-month-{width}-{theme}", scripts)

    assert page.get_by_text("No data").first.is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Green Button").click()
    assert download.value.suggested_filename.endswith("-2026-03.xml")
    page.get_by_role("link", name="2026", exact=True).click()
    page.get_by_role("heading", name="2026").wait_for()


def look_at(page, name, scripts):
    shot(page, name)
    assert_fits(page)
    cut = "[...document.querySelectorAll('.table-wrap')].filter(e => e.scrollWidth > e.clientWidth).length"
    assert page.evaluate(cut) == 0
    if scripts:
        assert_no_axe_faults(page)
