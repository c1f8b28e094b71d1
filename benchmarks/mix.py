"""The generation mix worked out beside the same formula with one query an hour for each tariff's use.

Not a year of 100,000 contracts: both are measured with fewer contracts and told for a day of a region, ours from a few
days, the yardstick, which is the same work hour after hour, from some hours of one.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle

import numpy as np
from django.db import connection

from accounts.models import ServiceContract, SupplyTerm
from benchmarks.measure import Figure, at_most, seconds
from cdsc_portal.lib import clock
from datahub.mix.amounts import shares
from datahub.mix.consumption import tariff_step
from datahub.models import MixAmount, MixDay, MixShare
from datahub.services.mix.recompute import recompute_next
from tests.factories.accounts import EntityFactory
from tests.factories.chain import Chain, chain
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_readings, usage_series

_CONTRACTS, _TARIFFS, _DAYS, _HOURS_ASKED = 5_000, 50, 4, 6
_START, _HOUR = datetime(2026, 3, 2, tzinfo=UTC), 3600
_SOURCES = ("solar", "wind", "hydro", "nuclear", "gas")
_RESIDUAL = {"gas": 7, "nuclear": 3}


def figures() -> Iterator[Figure]:
    """In seconds for a day of a region with 50 tariffs, all of which have certificates."""
    _region()
    ours = seconds(lambda: recompute_next(at=clock.now())) / _DAYS
    hourly = seconds(_hour_by_hour) / _HOURS_ASKED * 24
    yield at_most(f"a day of the mix, {_CONTRACTS} contracts / a query an hour", "s", ours, hourly, 0.5)


def _region() -> Chain:
    """Contracts on tariffs in one region, hourly readings, generation and certificates of some days."""
    made = chain(stores=_CONTRACTS, regions=1)
    supplier = EntityFactory(kind="supplier")
    SupplyTerm.objects.bulk_create(
        SupplyTerm(contract=contract, supplier=supplier, tariff_code=f"T-{number}", start=date(2020, 1, 1))
        for number, contract in zip(cycle(range(_TARIFFS)), made.contracts)
    )
    used = np.random.default_rng(1).integers(0, 900, (_CONTRACTS, _DAYS * 24)).tolist()
    load_readings(
        *(
            usage_series(meter, _START, hours, step=_HOUR, scale=0)
            for meter, hours in zip(made.meters, used, strict=True)
        )
    )
    _readings_by_row(made.contracts, used)
    run = FeedRunFactory(feed=FeedFactory(kind="generation_mix"))
    holders = [("generated", source, "") for source in _SOURCES]
    holders += [("cancelled", "wind", f"T-{number}") for number in range(_TARIFFS)]
    MixAmount.objects.bulk_create(
        MixAmount(
            region="R1",
            kind=kind,
            source=source,
            tariff_code=tariff,
            start=_START + timedelta(hours=hour),
            seconds=_HOUR,
            wh=20_000,
            origin=run,
        )
        for kind, source, tariff in holders
        for hour in range(_DAYS * 24)
    )
    days = (_START.date() + timedelta(days=day) for day in range(_DAYS))
    MixDay.objects.bulk_create(MixDay(region="R1", day=day, due=clock.now()) for day in days)
    return made


def _readings_by_row(contracts: list[ServiceContract], used: list[list[int]]) -> None:
    """The yardstick's table: a row a reading, with an index for its query."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mix_reading (contract bigint, start timestamptz, wh bigint)")
        with cursor.copy("COPY mix_reading FROM STDIN") as copy:
            for contract, hours in zip(contracts, used, strict=True):
                for hour, wh in enumerate(hours):
                    copy.write_row((contract.pk, (_START + timedelta(hours=hour)).isoformat(), wh))
        cursor.execute("CREATE INDEX ON mix_reading (start, contract)")
        cursor.execute("ANALYZE")


def _hour_by_hour() -> None:
    for hour in range(_HOURS_ASKED):
        for number in range(_TARIFFS):
            _one(_START + timedelta(hours=hour), f"T-{number}")


def _one(start: datetime, tariff: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(reading.wh) FROM accounts_supplyterm term"
            " JOIN mix_reading reading ON reading.contract = term.contract_id"
            " WHERE term.tariff_code = %s AND reading.start = %s",
            [tariff, start],
        )
        (use,) = cursor.fetchone()
    found = tariff_step(use=int(use), cancelled={"wind": 20_000}, residual=_RESIDUAL)
    MixShare.objects.bulk_create(
        MixShare(
            series="consumption_breakdown",
            key=tariff,
            region="yardstick",
            start=start,
            seconds=_HOUR,
            source=source,
            share=share,
        )
        for source, share in shares(found.amounts).items()
    )
