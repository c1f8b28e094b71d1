"""A service with data of every resource. Who adds a resource with a table of its own adds its rows here."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.core.files.base import ContentFile

from datahub.models import MixSeries
from tests.factories.accounts import EntityFactory, Household, SupplyTermFactory, place
from tests.factories.datahub import bill, hourly_mix
from tests.factories.feeds import load_days


def add_data_of_each_resource(service: Household, mark: str) -> None:
    """A day of readings, two hours of the mix and a bill; names of the grid, the supplier, the tariff and the text of
    the bill end in `mark`.
    """
    place(service.point, f"REGION-{mark}")
    SupplyTermFactory(
        contract=service.contract,
        supplier=EntityFactory(name=f"Supplier-{mark} (demo)"),
        tariff_code=f"TARIFF-{mark}",
    )
    load_days(service.meter, date(2026, 3, 1), 1)
    for series in MixSeries:
        key = f"TARIFF-{mark}" if series == MixSeries.CONSUMPTION else f"REGION-{mark}"
        hourly_mix(series, key, datetime(2026, 3, 1, tzinfo=UTC), {"wind": [Decimal("0.3"), None]})
    statement = bill(service.contract)
    statement.file.save("bill.pdf", ContentFile(f"invented {mark}".encode()))
