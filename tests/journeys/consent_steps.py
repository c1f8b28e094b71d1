"""Steps that the consent journeys share: a household, a request, a login."""

from playwright.sync_api import Page

from consent.models import Client, ConsentRequest
from tests.factories.accounts import PASSWORD, Household, add_service, household
from tests.factories.consent import ClientFactory, ask
from tests.journeys.company_site import CompanySite

PURPOSE = (
    "We use your readings to size a solar system for your roof, and your bills to estimate what you would save.\n"
    "We delete everything 30 days after our offer."
)
EVERYTHING = (
    {"type": "customer_distribution_details", "services": "all"},
    {"type": "customer_supply_details", "services": "all", "end": "+1y"},
    {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"},
    {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"},
    {"type": "bill_statements", "start": "-1y", "end": "now", "services": "all"},
    {"type": "generation_mix", "start": "-1y", "end": "now", "services": "all"},
)
USAGE_AND_BILLS = (EVERYTHING[2], EVERYTHING[3])


def sunny_roofs(site: CompanySite | None = None) -> Client:
    """A company; with `site`, its customers go back there. Nobody can go back to the one it has by itself."""
    known = {"redirect_uris": site.callback} if site else {}
    return ClientFactory(name="Sunny Roofs (demo)", purpose=PURPOSE, **known)


def electricity_and_gas() -> Household:
    """An owner with an electric and a gas service in one account."""
    home = household()
    add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    return home


def request_of(home: Household, *details: dict, site: CompanySite | None = None) -> ConsentRequest:
    return ask(*(details or USAGE_AND_BILLS), user=home.owner, client=sunny_roofs(site))


def arrive(page: Page, home: Household, path: str) -> None:
    """Go to a page that needs a login, and log in on the way."""
    page.goto(path)
    page.get_by_label("E-mail address").fill(home.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
