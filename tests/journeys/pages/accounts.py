"""Home, accounts, services and meters."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from playwright.sync_api import Page

from accounts.models import EntityKind, MeterName
from cdsc_portal.lib.time import clock
from tests.factories.accounts import (
    BillingAccountFactory,
    EntityFactory,
    Household,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ProgramFactory,
    SupplyTermFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.chain import Chain, chain
from tests.factories.consent import approve, ask
from tests.factories.datahub import bill
from tests.factories.feeds import load_days
from tests.journeys.consent_steps import EVERYTHING, USAGE_AND_BILLS, sunny_roofs
from tests.journeys.pages.base import MapPage, logged_in

SWAP = datetime(2024, 3, 12, 7, tzinfo=UTC)


def lived_in() -> Household:
    """A home with solar, gas, a replaced meter, a past service, two suppliers, a bill, and a company that reads."""
    home = household(
        owner=UserFactory(name="Robin Example"), name="House on Orchard Lane", contract_number="1234567-1"
    )
    home.contract.programs.add(ProgramFactory(name="Peak Saver"))
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    add_service(owner=home.owner, account=home.account, end=date(2023, 5, 1), address="3 Hill Road, Riverton")
    home.meter.installations.update(end=SWAP)
    meter = MeterDeviceFactory()
    MeterInstallationFactory(meter=meter, service_point=home.point, start=SWAP)
    MeterName.objects.create(customer=home.customer, meter=meter, name="Meter in the cellar")
    for supplier, start, end in (
        ("Old Town Supply", date(2020, 1, 1), date(2025, 3, 1)),
        ("Valley Energy", date(2025, 3, 1), None),
    ):
        SupplyTermFactory(
            contract=home.contract,
            supplier=EntityFactory(name=f"{supplier} (demo)", kind=EntityKind.SUPPLIER),
            start=start,
            end=end,
        )
    readings(meter, gas.meter)
    bill(home.contract, gas.contract)
    approve(ask(*EVERYTHING, user=home.owner, client=sunny_roofs()))
    ask(*USAGE_AND_BILLS, user=home.owner, client=sunny_roofs())
    return Household(home.owner, home.customer, home.account, home.contract, home.point, meter)


def readings(meter, gas_meter) -> None:
    """Of this month to yesterday, and of the same days a year ago."""
    today = clock.now().date()
    for year in (today.year - 1, today.year):
        first = date(year, today.month, 1) - timedelta(days=1)
        count = today.day + 1
        load_days(meter, first, count, value=380_000 if year < today.year else 350_000)
        load_days(meter, first, count, value=60_000, direction="export", register="2.8.0")
        load_days(gas_meter, first, count, value=20, unit="m3")


def shops() -> Chain:
    """A chain with more stores than a page holds."""
    return chain(stores=60)


def visited(path: Callable[[Any], str]) -> Callable[[Page, Any], None]:
    """Log in as the owner on the way to the page."""

    def open_page(page: Page, world: Any) -> None:
        logged_in(page, world.owner.email, path(world))

    return open_page


def refused_list(page: Page, world: Chain) -> None:
    """Send a list of names of which two lines are wrong."""
    logged_in(page, world.owner.email, "/my/names/")
    lines = b"number,name\nCHAIN-1,Shop\n77,Nothing\nCHAIN-1,Again\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "names.csv", "mimeType": "text/csv", "buffer": lines}
    )
    page.locator("form[enctype] button").click()


def nobody() -> Household:
    """Somebody whose only service has neither readings nor bills nor readers."""
    return household(owner=UserFactory(name="Robin Example"))


def parted() -> Household:
    """An account under another one."""
    home = household(owner=UserFactory(name="Robin Example"))
    home.account.name = "Main account"
    home.account.save()
    BillingAccountFactory(customer=home.customer, parent=home.account, name="Workshop")
    return home


PAGES = (
    MapPage(
        "my-home",
        lived_in,
        visited(lambda home: "/my/"),
        {"en": "Your energy data", "es": "Sus datos de energía"},
        (".notice", "#sharing", ".month", "#bill", "#accounts"),
    ),
    MapPage(
        "my-home-empty",
        nobody,
        visited(lambda home: "/my/"),
        {"en": "Your energy data", "es": "Sus datos de energía"},
        ("#sharing", "#usage", "#bill"),
    ),
    MapPage(
        "my-accounts",
        lived_in,
        visited(lambda home: "/my/accounts/"),
        {"en": "Accounts", "es": "Cuentas"},
        (".account-tree .contract", "details.disclosure"),
    ),
    MapPage(
        "my-accounts-chain",
        shops,
        visited(lambda shops: "/my/accounts/"),
        {"en": "Accounts", "es": "Cuentas"},
        ("form[role=search]", ".account-tree--below", ".pager"),
    ),
    MapPage(
        "my-accounts-regions",
        shops,
        visited(lambda shops: "/my/accounts/?by=region&q=market"),
        {"en": "Accounts", "es": "Cuentas"},
        ("#region-1", ".pager"),
    ),
    MapPage(
        "my-account",
        parted,
        visited(lambda home: f"/my/accounts/{home.account.public_id}/"),
        {"en": "Main account", "es": "Main account"},
        (".summary-list", "#services", "#readers"),
    ),
    MapPage(
        "my-contract",
        lived_in,
        visited(lambda home: f"/my/contracts/{home.contract.public_id}/"),
        {"en": "House on Orchard Lane", "es": "House on Orchard Lane"},
        ("#agreed", "#wires", "#readers"),
    ),
    MapPage(
        "my-meter",
        lived_in,
        visited(lambda home: f"/my/meters/{home.meter.public_id}/"),
        {"en": "Meter in the cellar", "es": "Meter in the cellar"},
        (".summary-list", "#where", "#readers"),
    ),
    MapPage(
        "my-contract-name",
        lived_in,
        visited(lambda home: f"/my/contracts/{home.contract.public_id}/name/"),
        {"en": "Name for service 1234567-1", "es": "Nombre del servicio 1234567-1"},
        ("#id_name",),
    ),
    MapPage(
        "my-names-refused",
        shops,
        refused_list,
        {"en": "Name many at once", "es": "Poner muchos nombres a la vez"},
        (".error-summary", "#problems", "input[type=file]"),
        by_get=False,
    ),
)
