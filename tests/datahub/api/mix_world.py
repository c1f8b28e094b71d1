"""Shares of the mix and usage beside each other, hour by hour. All of it is invented."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from datahub.mix.arithmetic.amounts import shares
from datahub.models import MixSeries, MixShare
from tests.factories.datahub import hourly_mix
from tests.factories.feeds import load_readings, usage_series

MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)  # of March 1 in the utility's zone
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FULL = Decimal(1)
WIND = [Decimal(20 + hour * hour % 17) / 100 for hour in range(24)]  # no two sources in proportion
SUN = [Decimal(max(0, 12 - abs(hour - 12)) * 4) / 100 for hour in range(24)]
USED = [100 * (1 + hour % 5) for hour in range(24)]
BOTH = "consumption_breakdown usage_data"


def tariff(start=MIDNIGHT, days=1, key="EV-TOU", region="WEST", **sources):
    sources = sources or {"wind": WIND * days, "solar": SUN * days}
    hourly_mix(MixSeries.CONSUMPTION, key, start, sources, region)


def used(home, *watt_hours, start=MIDNIGHT):
    load_readings(usage_series(home.meter, start, watt_hours or USED, step=3600, scale=0))


def made(start=MIDNIGHT, series=MixSeries.GENERATION, region="WEST", **sources):
    """By source: watt-hours, one hour after the other, with the shares that they come to."""
    hours = [dict(zip(sources, amounts, strict=True)) for amounts in zip(*sources.values(), strict=True)]
    MixShare.objects.bulk_create(
        MixShare(
            series=series, key=region, start=start + hour * HOUR, seconds=3600, source=source, share=share,
            quantity=amounts[source], method="issuance", computed=True,
        )
        for hour, amounts in enumerate(hours)
        for source, share in shares(amounts).items()
    )  # fmt: skip


def periods(answer):
    """Of the only series."""
    (summed,) = answer.json()["data"]
    return {period["period"]: period for period in summed["periods"]}


def shares_of(period):
    return {source["source"]: source["share"] for source in period["sources"]}


def day(reader, resource="consumption_breakdown", **query):
    (period,) = periods(reader.get(f"/{resource}", {"by": "day", **query})).values()
    return period


def weighed(weights, values):
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
