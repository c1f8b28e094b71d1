"""Reading one's own bills, in a real browser."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from datahub.models import BillStatement
from tests.factories.accounts import Household, household
from tests.factories.datahub import LineItemFactory, bill
from tests.journeys.browser import assert_fits, assert_no_axe_faults
from tests.journeys.consent_steps import arrive, electricity_and_gas

pytestmark = pytest.mark.journey
PDF = b"%PDF-1.7\n% an invented bill\n%%EOF\n"


@pytest.fixture(autouse=True)
def _files_of_this_test_alone(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def a_home_with_bills() -> tuple[Household, BillStatement]:
    """Eleven older bills, and one of March with its document, whose lines leave a gap."""
    home = electricity_and_gas()
    for month in range(1, 12):
        day = date(2025, month, 3)
        bill(home.contract, statement_date=day, start=day.replace(day=1), end=date(2025, month + 1, 1))
    statement = bill(home.contract, file_name="B-202603.pdf")
    statement.file.save("bill.pdf", ContentFile(PDF))
    line = statement.sections.get().line_items.get()
    line.amount = Decimal("60")
    line.save()
    LineItemFactory(
        section=line.section,
        position=1,
        name="City tax",
        kind="tax",
        quantity=None,
        rate=None,
        amount=Decimal("4"),
    )
    return home, statement


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.spec("P-21")
def test_a_customer_goes_from_the_list_to_a_bill_and_opens_its_document(browser_page, scripts):
    home, statement = a_home_with_bills()
    page = browser_page(width=360, scripts=scripts)
    arrive(page, home, reverse("my_bills"))
    page.get_by_role("link", name="Next").click()
    page.get_by_text("Page 2 of 2").wait_for()
    page.get_by_role("link", name="Previous").click()
    page.get_by_label("Year").select_option("2026")
    if scripts:  # the list submits itself
        page.wait_for_url("**year=2026**")
    else:
        page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="March 3, 2026", exact=True).click()

    assert page.get_by_role("heading", level=1).inner_text() == "Bill of March 3, 2026"
    assert page.get_by_text("$1.52 is not itemized").is_visible()
    assert_fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Open the bill as PDF").click()
    assert download.value.suggested_filename == "B-202603.pdf"
    assert Path(download.value.path()).read_bytes() == PDF


@pytest.mark.spec("P-21")
def test_another_customer_gets_no_bill_and_no_document(browser_page):
    _home, statement = a_home_with_bills()
    page = browser_page()
    arrive(page, household(), reverse("my_bills"))
    page.get_by_text("No bills yet.").wait_for()

    for name in ("my_bill", "my_bill_file"):
        answer = page.goto(reverse(name, args=[statement.public_id]))
        assert answer.status == 404
        assert page.get_by_role("heading", name="There is no page here").is_visible()


def test_the_printed_bill_has_its_figures_and_no_controls_and_what_is_folded_opens_to_print(browser_page):
    home, statement = a_home_with_bills()
    page = browser_page()
    arrive(page, home, reverse("my_bill", args=[statement.public_id]))

    page.emulate_media(media="print")

    assert page.get_by_text("$65.52").first.is_visible()
    assert page.get_by_role("cell", name="312 kWh").is_visible()
    for control in ("Open the bill as PDF", "See what you used", "All bills"):
        assert not page.get_by_role("link", name=control).is_visible()
    assert_no_axe_faults(page)

    page.goto(reverse("my_bills"))
    folded = page.locator("details:has(#bill-months)")
    for event, is_open in (("beforeprint", True), ("afterprint", False)):
        page.evaluate("name => dispatchEvent(new Event(name))", event)
        assert folded.evaluate("details => details.open") is is_open
