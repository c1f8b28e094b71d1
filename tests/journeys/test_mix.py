"""Reading where electricity came from, in a real browser."""

import re

import pytest
from django.urls import reverse

from tests.datahub.mix.region import amount, customer, mark, work_out
from tests.factories.accounts import Household
from tests.journeys.browser import assert_fits, assert_no_axe_faults
from tests.journeys.consent_steps import arrive
from tests.journeys.mix_worlds import a_home_with_a_mix

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.spec("P-20")
def test_the_chart_has_an_equal_table_and_is_read_with_keys(browser_page, width):
    home = a_home_with_a_mix()
    page = browser_page(width=width)
    arrive(page, home, f"{reverse('my_mix')}?period=2026-02")

    rows = page.locator("#mix-table tbody tr")
    chart = page.get_by_role("slider")
    assert rows.count() == 28
    chart.focus()
    page.keyboard.press("End")
    text = page.locator("[data-point]").inner_text()
    assert text.startswith("February 28, 2026.")
    for name, share in (
        ("Solar", "10.0%"),
        ("Wind", "30.0%"),
        ("Water power", "12.0%"),
        ("Unknown", "48.0%"),
    ):
        assert f"{name}: {share}" in text
    page.keyboard.press("Home")
    assert page.locator("[data-point]").inner_text().startswith("February 1, 2026.")
    page.keyboard.press("ArrowRight")
    assert chart.get_attribute("aria-valuetext").startswith("February 2, 2026.")

    names = page.locator(".chart__legend").first.locator("li").all_inner_texts()
    columns = rows.first.locator("td").evaluate_all("cells => cells.map(cell => cell.dataset.label)")
    assert [name.strip() for name in names] == columns
    fills = page.locator(".chart__plot > path[class^=fill-]").evaluate_all(
        "bands => bands.map(b => getComputedStyle(b).fill)"
    )
    patterns = page.locator(".chart__plot > path[class^=fill-] + path").evaluate_all(
        "bands => bands.map(b => b.getAttribute('fill'))"
    )
    assert len(set(zip(fills, patterns, strict=True))) == len(columns)
    assert_fits(page)
    assert_no_axe_faults(page)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.spec("P-20")
def test_a_customer_goes_from_tariff_to_grid_and_from_month_to_day(browser_page, scripts):
    page = browser_page(width=360, scripts=scripts)
    arrive(page, a_home_with_a_mix(), reverse("my_mix"))
    assert page.get_by_text("The source of").first.is_visible()

    page.get_by_role("link", name="The grid", exact=True).click()
    finding = page.locator(".chart__title")
    finding.get_by_text("of the grid in your region in March 2026").wait_for()
    page.locator("details:has(#mix-table) > summary").click()
    page.get_by_role("link", name="March 3, 2026", exact=True).click()
    page.get_by_role("heading", name="March 3, 2026").wait_for()

    assert page.locator("#mix-table tbody tr").count() == 24
    assert page.get_by_text("Grid region: River Valley.").is_visible()
    assert not re.search(r"your grid", page.locator("main").inner_text(), re.IGNORECASE)
    page.get_by_role("link", name="Earlier").click()
    page.get_by_role("heading", name="March 2, 2026").wait_for()
    assert_fits(page)


def test_certificates_of_a_customer_s_own_show_in_their_mix_and_in_no_other(browser_page):
    used = [4_000] * 8  # 4 p.m. to midnight in the utility's zone
    own, neighbour = customer(*used), customer(*used)
    for hour in range(len(used)):
        amount("generated", "gas", 20_000, hour=hour)
        amount("cancelled", "wind", 1_000 * (hour % 2), hour=hour, contract=own.contract)
    mark()
    work_out()

    def evening_of(home: Household) -> list[dict[str, str]]:
        page = browser_page(width=360)
        arrive(page, home, f"{reverse('my_mix')}?period=2026-03-01")
        rows = page.locator("#mix-table tbody tr")
        rows.first.wait_for(state="attached")  # many sources make it a folded table
        assert_fits(page)
        assert_no_axe_faults(page)
        read = "row => [...row.cells].map(cell => [cell.dataset.label ?? 'when', cell.textContent.trim()])"
        return [dict(row.evaluate(read)) for row in rows.all()[-8:]]

    mine = evening_of(own)
    assert [hour["Wind"] for hour in mine] == ["0%", "25.0%"] * 4
    assert [hour["Gas"] for hour in mine] == ["100.0%", "75.0%"] * 4
    assert all("Wind" not in hour and hour["Gas"] == "100.0%" for hour in evening_of(neighbour))
