"""A grid region of many contracts on many tariffs, with hourly readings, generation and certificates.

Made inside the database: one row of each kind as the product makes them, and as many like it as are wanted. Tariffs are
as large as each other; no two hours of a tariff are alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

import numpy as np
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import connection, transaction
from django.db.models import Model

from accounts.models import (
    ContractServicePoint,
    GridPlacement,
    MeterInstallation,
    SupplyTerm,
)
from cdsc_portal.lib.time import clock
from datahub.models import ChangedUse, Channel, FeedRun, MixAmount, MixDay
from datahub.store.codec import COLUMNS
from datahub.store.partitions import ensure_partitions
from tests.factories.accounts import EntityFactory
from tests.factories.chain import chain
from tests.factories.feeds import FeedFactory, FeedRunFactory

_PREFIX = "MIX-"
NAME, HOUR = f"{_PREFIX}R1", timedelta(hours=1)
_FIRST = 100_000_000  # keys from here on: no sequence comes as far
_PROFILES = 1009  # different days of hours; prime, so that a channel has each of them before one comes again


@dataclass(frozen=True, slots=True)
class Region:
    """`tariffs` are their codes; the readings are of `days` UTC days from `first` on."""

    contracts: int
    tariffs: Sequence[str]
    first: date
    days: int

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)


def build(*, contracts: int, tariffs: int, first: date, days: int) -> Region:
    """All days are due."""
    region = Region(contracts, [f"T-{number}" for number in range(tariffs)], first, days)
    run = FeedRunFactory(feed=FeedFactory(kind="generation_mix"))
    _contracts(region)
    _readings(region, run)
    _amounts(region, run)
    all_days = (first + timedelta(days=number) for number in range(days))
    MixDay.objects.bulk_create(MixDay(region=NAME, day=day, due=clock.now()) for day in all_days)
    ChangedUse.objects.all().delete()  # of what was loaded for other figures
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return region


def unguarded() -> None:
    """Drop the constraints against overlapping links, in a database that will be thrown away.

    To check them takes longer than to make all rows, and no two rows made here overlap.
    """
    with connection.schema_editor() as editor:
        for model in (ContractServicePoint, GridPlacement, MeterInstallation, SupplyTerm):
            for constraint in model._meta.constraints:
                if isinstance(constraint, ExclusionConstraint):
                    editor.remove_constraint(model, constraint)


def _contracts(region: Region) -> None:
    made = chain(stores=1, regions=1, prefix=_PREFIX)
    contract, meter = made.contracts[0], made.meters[0]
    link, installed = (
        ContractServicePoint.objects.get(contract=contract),
        MeterInstallation.objects.get(meter=meter),
    )
    placed = GridPlacement.objects.get(service_point=link.service_point)
    term = SupplyTerm.objects.create(
        contract=contract,
        supplier=EntityFactory(kind="supplier"),
        tariff_code=region.tariffs[0],
        start=contract.start,
    )
    channel = Channel.objects.create(
        meter=meter, commodity="electricity", unit="Wh", direction="import", kind="interval", longest=3600
    )
    key = f"{_FIRST} + n"
    _like(contract, region, public_id="'C' || n", contract_number="'MIX-' || n")
    _like(link.service_point, region, public_id="'S' || n", servicepoint_number="'MIX-' || n")
    _like(meter, region, public_id="'M' || n", meter_number="'MIX-' || n")
    _like(link, region, contract_id=key, service_point_id=key)
    _like(placed, region, service_point_id=key)
    _like(installed, region, meter_id=key, service_point_id=key)
    _like(
        term, region, public_id="'T' || n", contract_id=key, tariff_code=f"'T-' || n %% {len(region.tariffs)}"
    )
    _like(channel, region, meter_id=key)


def _like(row: Model, region: Region, **expressions: str) -> None:
    """As many rows as contracts, with `row`; the columns of `expressions` depend on the number `n` of each."""
    values = {"id": f"{_FIRST} + n", **expressions}
    columns = [field.column for field in row._meta.concrete_fields]
    picked = ", ".join(values.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {picked} FROM {table}, generate_series(1, %s) AS n WHERE id = %s",
            [region.contracts - 1, row.pk],
        )
        # else this session checks each foreign key by a plan that it made when there were few rows, which reads all
        cursor.execute(f"ANALYZE {table}")


def _readings(region: Region, run: FeedRun) -> None:
    """Month by month in the order of channel and day, as settled months are."""
    days = [region.first + timedelta(days=number) for number in range(region.days)]
    ensure_partitions(first_day=days[0], last_day=days[-1])
    random = np.random.default_rng(1)
    hours = np.minimum(random.gamma(1.2, 480, (_PROFILES, 24)), 30_000).astype("<i2")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mix_profile (number int PRIMARY KEY, hours int[], packed bytea)")
        with cursor.copy("COPY mix_profile FROM STDIN") as copy:
            for number, line in enumerate(hours):
                copy.write_row((number, line.tolist(), line.tobytes()))
        cursor.execute("ANALYZE mix_profile")
    for _, of_month in groupby(days, key=lambda day: day.replace(day=1)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UNCHECKED)
            cursor.execute(_BLOCKS, [run.pk, list(of_month)])


# channels and run are there: where the database lets us, its keys need not be looked up for each block
_UNCHECKED = """
    SELECT set_config('session_replication_role', 'replica', true) WHERE current_setting('is_superuser') = 'on'
"""
# whose profile on which day
PROFILE = f"mod(channel.id * 37 + (day - DATE '2000-01-01') * 101, {_PROFILES})"
_BLOCKS = f"""
    INSERT INTO interval_block ({COLUMNS}, modified, feed_run_id)
    SELECT channel.id, day, 3600, 0, 0, profile.packed, 0, ''::bytea, 0, ''::bytea, 24, now(), %s
    FROM datahub_channel channel
    JOIN accounts_meterinstallation installed ON installed.meter_id = channel.meter_id
    JOIN accounts_gridplacement placed ON placed.service_point_id = installed.service_point_id
        AND placed.region = '{NAME}'
    CROSS JOIN unnest(%s::date[]) AS day
    JOIN mix_profile profile ON profile.number = {PROFILE}
"""


def _amounts(region: Region, run: FeedRun) -> None:
    """Of every hour: generation, consumption, certificates issued, and some cancelled for each tariff."""
    scale = region.contracts
    amounts = [("generated", source, "", share * scale) for source, share in _GENERATED.items()]
    amounts += [("issued", "wind", "", 200 * scale), ("consumed", "", "", 700 * scale)]
    amounts += [
        ("cancelled", "wind", tariff, 100 * scale // len(region.tariffs) * (2 + place % 9))
        for place, tariff in enumerate(region.tariffs)
    ]
    for day in range(region.days):
        MixAmount.objects.bulk_create(
            MixAmount(
                region=NAME, kind=kind, source=source, tariff_code=tariff, start=region.start + hour * HOUR,
                seconds=3600, wh=wh + hour % 24, origin=run,
            )
            for hour in range(day * 24, day * 24 + 24)
            for kind, source, tariff, wh in amounts
        )  # fmt: skip


# watt-hours a contract and hour
_GENERATED = {"solar": 90, "wind": 260, "hydro": 80, "nuclear": 150, "gas": 190}
