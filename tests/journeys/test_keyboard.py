"""By keyboard alone: each stop on the way is seen, framed and not covered (WCAG 2.1.1, 2.1.2, 2.4.7, 2.4.11)."""

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from consent.models import Grant, RequestStatus
from consent.transitions import GrantStatus
from tests.factories.consent import approve
from tests.journeys.consent_steps import electricity_and_gas, request_of
from tests.journeys.pages.base import logged_in
from tests.journeys.pages.staff import a_day_at_the_desk

pytestmark = [pytest.mark.journey, pytest.mark.spec("P-24")]

STEPS = 150  # more than any page has
STANDING = """() => {
    const here = document.activeElement, box = here.getBoundingClientRect(), style = getComputedStyle(here);
    const middle = (from, to, size) => (Math.max(from, 0) + Math.min(to, size)) / 2;
    const top = document.elementFromPoint(
        middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
    return {
        what: here.outerHTML.slice(0, 120),
        seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        free: top !== null && (here.contains(top) || top.contains(here)),
        framed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""


def tab_to(page: Page, wanted: Locator, *, own_look: bool = True) -> None:
    """Press Tab until `wanted` has the focus; every stop on the way can be seen. `own_look`: a page of ours."""
    before = page.evaluate(STANDING)["what"]
    for _step in range(STEPS):
        page.keyboard.press("Tab")
        standing = page.evaluate(STANDING)
        assert standing["seen"] and standing["free"], standing
        # a date is one element with several stops: the browser frames those inside it
        assert standing["framed"] or standing["what"] == before or not own_look, standing
        before = standing["what"]
        if wanted.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by the Tab key")


def follow(page: Page, wanted: Locator, *, own_look: bool = True) -> None:
    """Press Enter on a link or button that leads to another page."""
    tab_to(page, wanted, own_look=own_look)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (360, False)])
@pytest.mark.spec("P-04", "F-47", "F-84", "F-86")
def test_a_part_is_approved(browser_page, company_site, width, scripts):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    page = browser_page(width=width, scripts=scripts, also=[company_site.host])
    logged_in(page, home.owner.email, request.page)

    tab_to(page, page.locator("#card-usage_data summary").last)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#end-usage_data"))
    page.keyboard.type("01312027")
    for tick in (page.locator("#share-bill_data"), page.get_by_label("Gas")):
        tab_to(page, tick)
        page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Share selected data"))
    page.keyboard.press("Enter")
    page.get_by_text("Welcome back").wait_for()

    part = Grant.objects.get().parts.get()
    assert part.scope == "usage_data"
    assert list(part.contracts.all()) == [home.contract]
    assert part.window_end.isoformat() == "2027-02-01T08:00:00+00:00"


@pytest.mark.spec("P-05", "F-47")
def test_a_request_is_denied(browser_page, company_site):
    home = electricity_and_gas()
    request = request_of(home, site=company_site)
    page = browser_page(also=[company_site.host])
    logged_in(page, home.owner.email, request.page)

    tab_to(page, page.get_by_role("button", name="Do not share"))
    page.keyboard.press("Enter")
    page.get_by_text("Welcome back").wait_for()

    request.refresh_from_db()
    assert request.status == RequestStatus.DENIED


@pytest.mark.spec("P-13")
def test_sharing_is_stopped(browser_page):
    home = electricity_and_gas()
    grant = approve(request_of(home))
    page = browser_page(width=360)
    logged_in(page, home.owner.email, reverse("sharing_list"))

    follow(page, page.get_by_role("link", name="Stop sharing"))
    follow(page, page.get_by_role("button", name="Stop sharing now"))
    page.get_by_text("You stopped it").first.wait_for()

    grant.refresh_from_db()
    assert grant.status == GrantStatus.REVOKED


@pytest.mark.spec("P-22")
def test_rejected_rows_are_read(browser_page):
    desk = a_day_at_the_desk()
    page = browser_page()
    logged_in(page, desk.agent.email, f"/admin/datahub/feedrun/{desk.run.pk}/change/")

    follow(page, page.get_by_role("link", name="all rejected rows"), own_look=False)
    row = page.locator("#result_list tbody tr").first
    expect(row).to_contain_text("value: 12,5 is no number")
    follow(page, row.get_by_role("link").first, own_look=False)

    expect(page.get_by_text("55-1042,2026-11-01T0")).to_be_visible()
