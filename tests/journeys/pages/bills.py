"""Bills and the generation mix."""

from datetime import date
from decimal import Decimal

from django.core.files.base import ContentFile

from tests.factories.accounts import Household, add_service
from tests.factories.datahub import LineItemFactory, bill
from tests.journeys.consent_steps import electricity_and_gas
from tests.journeys.mix_worlds import a_home_with_a_mix
from tests.journeys.pages.base import MapPage, logged_in

PDF = b"%PDF-1.7\n% an invented bill\n%%EOF\n"


def bills() -> Household:
    """A year of bills in one account and one in another; the newest has two services, and corrects one."""
    home = electricity_and_gas()
    for month in range(1, 12):
        day = date(2025, month, 3)
        bill(
            home.contract,
            statement_date=day,
            due_date=day.replace(day=24),
            start=day.replace(day=1),
            end=date(2025, month + 1, 1),
        )
    old = bill(home.contract, total=Decimal("70.10"), new_charges=Decimal("70.10"))
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    new = bill(
        home.contract, gas.contract, replaces=old, statement_date=date(2026, 3, 9),
        previous_balance=Decimal("1040.25"), payments=Decimal("1040.25"), new_charges=Decimal("131.04"),
        total=Decimal("131.04"),
    )  # fmt: skip
    new.file.save("bill.pdf", ContentFile(PDF))
    section = new.sections.first()
    LineItemFactory(
        section=section,
        position=1,
        name="Basic service",
        kind="fixed",
        quantity=None,
        rate=None,
        amount=Decimal("12"),
    )
    LineItemFactory(
        section=section,
        position=2,
        name="Solar credit",
        kind="credit",
        quantity=None,
        rate=None,
        amount=Decimal("-14.50"),
    )
    return home


def open_newest(page, home) -> None:
    logged_in(page, home.owner.email, "/my/bills/")
    page.locator(".bills-table tbody a").first.click()


PAGES = (
    MapPage(
        "bills", bills, lambda page, home: logged_in(page, home.owner.email, "/my/bills/"),
        {"en": "Bills", "es": "Facturas"}, (".bills-table", ".bills-filter", ".pager"),
    ),
    MapPage(
        "bill", bills, open_newest,
        {"en": "Bill of March 9, 2026", "es": "Factura del 9 de marzo de 2026"},
        (".bill-amount", ".bill-lines", ".notice"),
    ),
    MapPage(
        "mix", a_home_with_a_mix,
        lambda page, home: logged_in(page, home.owner.email, "/my/mix/?series=grid&period=2026-02"),
        {"en": "Where electricity came from", "es": "De dónde vino la electricidad"},
        (".chart__plot path[fill]", ".chart__name", "details:has(#mix-table)", ".mix-meanings"),
    ),
    MapPage(
        "mix-day", a_home_with_a_mix,
        lambda page, home: logged_in(page, home.owner.email, "/my/mix/?period=2026-02-03"),
        {"en": "Where electricity came from", "es": "De dónde vino la electricidad"},
        (".chart__plot", "details:has(#mix-table)"),
    ),
)  # fmt: skip
