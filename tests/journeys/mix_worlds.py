"""A home whose mix is worth a look."""

from datetime import UTC, datetime
from decimal import Decimal

from datahub.models import MixSeries
from tests.factories.accounts import Household, SupplyTermFactory, place
from tests.factories.datahub import hourly_mix
from tests.journeys.consent_steps import electricity_and_gas

START = datetime(2026, 2, 1, 8, tzinfo=UTC)
DAY = 24  # hours


def a_home_with_a_mix(days: int = 40) -> Household:
    """All three series, hour by hour: sun by day, wind at night, a part that nobody knows, and a day missing."""
    home = electricity_and_gas()
    place(home.point, "River Valley")
    SupplyTermFactory(contract=home.contract, tariff_code="EV-TOU", tariff_name="Home EV")
    sun = [Decimal("0.3") if 9 <= hour < 17 else Decimal(0) for hour in range(DAY)] * days
    wind = [Decimal("0.2") if 9 <= hour < 17 else Decimal("0.35") for hour in range(DAY)] * days
    for series in MixSeries:
        key = "EV-TOU" if series == MixSeries.CONSUMPTION else "River Valley"
        shares = {"solar": sun, "wind": wind, "hydro": [Decimal("0.12")] * DAY * days}
        shares["gas"] = (
            [Decimal("0.3")] * DAY * days if series == MixSeries.GENERATION else [None] * DAY * days
        )
        hourly_mix(series, key, START, shares)
    return home
