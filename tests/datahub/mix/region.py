"""A region with amounts, and contracts on tariffs that use electricity in it. All of it is invented."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from cdsc_portal.lib.time import clock
from datahub.mix.recomputing.recompute import recompute_next
from datahub.models import MixAmount, MixDay, MixSeries, MixShare
from tests.factories.accounts import Household, SupplyTermFactory, household, place
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_readings, usage_series

START = datetime(2026, 3, 2, tzinfo=UTC)
MONTH = (datetime(2026, 3, 1, tzinfo=UTC), 31 * 86_400)
HOUR = 3600


def customer(*hours: int, tariff="GREEN", region="WEST", start=START) -> Household:
    """Uses these watt-hours, one hour after the other."""
    home = household()
    place(home.point, region)
    SupplyTermFactory(contract=home.contract, tariff_code=tariff)
    load_readings(usage_series(home.meter, start, hours, step=HOUR, scale=0))
    return home


def amount(kind, source, wh, *, hour=0, span=None, region="WEST", **holder) -> MixAmount:
    run = FeedRunFactory(feed=FeedFactory(kind="generation_mix"))
    start, seconds = span or (START + timedelta(hours=hour), HOUR)
    return MixAmount.objects.create(
        region=region, kind=kind, source=source, start=start, seconds=seconds, wh=wh, origin=run, **holder
    )


def mark(day=START, region="WEST") -> None:
    MixDay.objects.update_or_create(region=region, day=day.date(), defaults={"due": clock.now()})


def work_out(*, at=None) -> int:
    """Everything that is due; how many days that were."""
    done = 0
    while days := recompute_next(at=at or clock.now()):
        done += days
    return done


def shares_at(series: MixSeries, *, hour=0, **which) -> dict[str, Decimal]:
    rows = MixShare.objects.filter(series=series, start=START + timedelta(hours=hour), **which)
    return {row.source: row.share for row in rows if row.share}


def quantities(series: MixSeries, *, hour=0) -> dict[str, int | None]:
    rows = MixShare.objects.filter(series=series, start=START + timedelta(hours=hour))
    return {row.source: row.quantity for row in rows}
