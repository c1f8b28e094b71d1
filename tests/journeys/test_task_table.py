"""What people come for, and how many clicks it takes them: counted, from Home or from the page that is named."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page

from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import last_day
from consent.models import Grant
from datahub.models import BillStatement
from tests.consent.pages.readers import read
from tests.factories.accounts import Household, MeterDeviceFactory, MeterInstallationFactory
from tests.factories.consent import ClientFactory, approve, ask
from tests.journeys.company_site import CompanySite
from tests.journeys.consent_steps import USAGE_AND_BILLS, request_of
from tests.journeys.pages.base import logged_in
from tests.journeys.usage_worlds import three_years

pytestmark = pytest.mark.journey
HOME = "/my/"


@dataclass
class Steps:
    """A page, and how many clicks were made on it; an answer picked from a list is one."""

    page: Page
    clicks: int = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def menu(self, name: str) -> None:
        self.click(
            self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True)
        )

    def pick(self, label: str, answer: str) -> None:
        self.clicks += 1
        self.page.get_by_label(label).select_option(label=answer)


@dataclass(frozen=True)
class World:
    home: Household
    grant: Grant
    charger: str  # printed number of the second meter
    request: str  # address of a request that waits
    site: CompanySite  # where its answer goes


@pytest.fixture
def world(company_site) -> World:
    """A home with readings, paid bills, a second meter, a company that read yesterday and one that asks."""
    home = three_years()
    BillStatement.objects.update(open_amount=0)
    charger = MeterDeviceFactory(commodity=home.meter.commodity)
    MeterInstallationFactory(meter=charger, service_point=home.point)
    green = ClientFactory(name="Green Meter (demo)")
    grant = approve(ask(*USAGE_AND_BILLS, user=home.owner, client=green))
    read(grant, home.contract, at=clock.now() - timedelta(days=1))
    request = request_of(home, USAGE_AND_BILLS[0], site=company_site)
    return World(home, grant, charger.meter_number, request.page, company_site)


def yesterdays_use(steps: Steps, world: World) -> None:
    steps.menu("Usage")
    assert steps.page.get_by_role("heading", level=2).first.inner_text() == "November 23, 2026"
    assert "You used" in steps.page.locator(".chart__title").first.inner_text()


def the_payment_of_march(steps: Steps, world: World) -> None:
    steps.menu("Bills")
    steps.click(steps.page.get_by_role("row").filter(has_text="to March 4, 2026").get_by_role("link").first)
    main = steps.page.get_by_role("main")
    assert main.get_by_text("Paid").first.is_visible()
    assert "$" in main.locator(".bill-amount").inner_text()


def who_read_last_week(steps: Steps, world: World) -> None:
    steps.click(steps.page.get_by_role("link", name="Who read your data last week"))
    assert steps.page.get_by_role("main").get_by_text("Green Meter (demo)").last.is_visible()


def one_meter_by_day_for_six_months(steps: Steps, world: World) -> None:
    page = steps.page
    steps.pick("Share until", "6 months")
    steps.pick("How fine", "Daily totals")
    steps.click(page.get_by_role("checkbox", name=world.charger))
    steps.click(page.locator("label.tick").filter(has_text="Gas"))
    steps.click(page.get_by_role("button", name="Share selected data"))
    page.get_by_text("Welcome back").wait_for()

    assert "code=" in world.site.called[0]
    grant = Grant.objects.latest("pk")
    [part] = grant.parts.all()
    home = world.home
    assert [contract.pk for contract in part.contracts.all()] == [home.contract.pk]
    assert (part.resolution, part.meters) == ("daily", [[home.contract.pk, home.meter.pk]])
    assert last_day(grant.access_ends) == timezone.localdate() + relativedelta(months=6)


def stop(steps: Steps, world: World) -> None:
    card = steps.page.locator(".sharing-card").filter(has_text="Green Meter (demo)")
    steps.click(card.get_by_role("link", name="Stop sharing"))
    steps.click(steps.page.get_by_role("button", name="Stop sharing now"))
    world.grant.refresh_from_db()
    assert world.grant.status == "revoked"


def the_year_as_csv(steps: Steps, world: World) -> None:
    steps.menu("Usage")
    with steps.page.expect_download() as download:
        steps.click(steps.page.get_by_role("link", name="CSV 2026"))
    assert download.value.suggested_filename.endswith("-2026.csv")


def why_the_bill_was_high(steps: Steps, world: World) -> None:
    steps.click(steps.page.locator(".home-figure").get_by_role("link", name="$"))
    assert steps.page.get_by_role("heading", name="Why this amount").is_visible()
    assert "more than the bill of" in steps.page.get_by_role("main").inner_text()


TASKS: tuple[tuple[Callable[[Steps, World], None], str, int], ...] = (
    (yesterdays_use, HOME, 1),
    (the_payment_of_march, HOME, 2),
    (who_read_last_week, HOME, 1),
    (one_meter_by_day_for_six_months, "the request", 5),
    (stop, reverse("sharing_list"), 2),
    (the_year_as_csv, HOME, 2),
    (why_the_bill_was_high, HOME, 2),
)


@pytest.mark.spec("P-13", "P-14", "P-29", "P-34", "P-35")
def test_each_task_takes_no_more_clicks_than_it_may(browser_page, world):
    page, table = browser_page(also=[world.site.host]), {}
    for task, start, most in TASKS:
        logged_in(page, world.home.owner.email, world.request if start == "the request" else start)
        steps = Steps(page)
        task(steps, world)
        table[task.__name__] = (steps.clicks, most)
    print(*(f"{name}: {clicks} of {most}" for name, (clicks, most) in table.items()), sep="\n")

    assert all(clicks <= most for clicks, most in table.values()), table
