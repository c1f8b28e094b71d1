"""The generation mix beside the same formula with one query an hour, and what a correction costs beside it.

100,000 contracts on 50 tariffs, all of which have certificates, for some days, or for a year.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from accounts.models import MeterDevice
from benchmarks import region
from benchmarks.large import megabytes_of
from benchmarks.measure import Figure, at_most, seconds
from benchmarks.region import HOUR, Region
from cdsc_portal.lib.time import clock
from datahub.feeds.loading.generation_mix import load_amounts
from datahub.feeds.loading.usage import load_usage
from datahub.mix.arithmetic.amounts import added, shares
from datahub.mix.arithmetic.consumption import tariff_step
from datahub.mix.arithmetic.residual import Method, RegionStep, residual
from datahub.models import MixAmount, MixDay, MixShare
from datahub.rows.mix import AmountRow
from datahub.rows.usage import UsageColumns
from datahub.store.tally import Origin
from datahub.tasks import compute_mix
from tests.factories.feeds import FeedFactory, FeedRunFactory, usage_series

CONTRACTS, TARIFFS, DAYS = 100_000, 50, 16
_FIRST = date(2026, 3, 2)
_YEAR_DAYS, _YEAR_FIRST = 365, date(2025, 1, 1)
_WORKER = (
    "import django; django.setup(); from datahub.tasks import compute_mix; compute_mix.apply(throw=True)"
)
_YARDSTICK = "yardstick"  # the region that the yardstick's rows name


def figures() -> Iterator[Figure]:
    """In seconds for a day of a region; the yardstick is one day of it."""
    region.unguarded()
    place = region.build(contracts=CONTRACTS, tariffs=TARIFFS, first=_FIRST, days=DAYS)
    ours = seconds(compute_mix) / DAYS
    readings_by_row(place)
    hourly = seconds(lambda: hour_by_hour(place))
    check_alike(place)
    yield at_most(f"a day of the mix, {CONTRACTS} contracts / a query an hour", "s", ours, hourly, 0.5)
    rows = MixShare.objects.filter(computed=True).exclude(region=_YARDSTICK).count()
    for name, spent, written in corrections(place):
        yield at_most(f"{name} / all {DAYS} days", "s", spent, ours * DAYS, 0.5)
        yield at_most(f"shares moved: {name} / all {DAYS} days", "rows", written, rows, 0.01)


def corrections(place: Region) -> Iterator[tuple[str, float, int]]:
    """Loaded as files bring them: what was corrected, how long the task takes then, and how many shares it moves."""
    # the first tariff and hour, of wind
    row = AmountRow(1, "cancelled", region.NAME, "wind", place.start, 3600, 1, tariff_code=place.tariffs[0])
    with transaction.atomic():
        load_amounts(rows=[row], origin=_origin())
    yield "one certificate corrected", *_recompute()
    # the first day of one meter, each hour 30 kWh
    meter = MeterDevice.objects.get(meter_number="MIX-1")
    origin = _origin()
    rows = [UsageColumns.of([usage_series(meter, place.start, [30_000] * 24, step=3600, scale=0)])]
    if not load_usage(rows=rows, origin=origin).accepted:
        raise RuntimeError("no reading of the meter was taken")
    yield "one meter's day corrected", *_recompute()


def _recompute() -> tuple[float, int]:
    at = clock.now()
    spent = seconds(compute_mix)
    moved = MixShare.objects.filter(modified__gte=at).count()
    if not moved:
        raise RuntimeError("the correction moved nothing")
    return spent, moved


def _origin() -> Origin:
    run = FeedRunFactory(feed=FeedFactory(kind="generation_mix"))
    return Origin.of(run_id=run.pk, version_at=clock.now(), at=clock.now())


def readings_by_row(place: Region) -> None:
    """The yardstick's table: a row a reading of the first day, with an index for its query."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mix_reading (contract bigint, start timestamptz, wh bigint)")
        cursor.execute(
            f"""
            INSERT INTO mix_reading
            SELECT linked.contract_id, %s + hour.place * interval '1 hour' - interval '1 hour', hour.wh
            FROM (SELECT %s::date AS day) first_day CROSS JOIN datahub_channel channel
            JOIN mix_profile profile ON profile.number = {region.PROFILE}
            JOIN accounts_meterinstallation installed ON installed.meter_id = channel.meter_id
            JOIN accounts_gridplacement placed ON placed.service_point_id = installed.service_point_id
                AND placed.region = '{region.NAME}'
            JOIN accounts_contractservicepoint linked ON linked.service_point_id = installed.service_point_id
            CROSS JOIN LATERAL unnest(profile.hours) WITH ORDINALITY AS hour (wh, place)
            """,
            [place.start, place.first],
        )
        cursor.execute("CREATE INDEX ON mix_reading (start) INCLUDE (contract, wh)")
        cursor.execute("VACUUM ANALYZE mix_reading")


def hour_by_hour(place: Region) -> None:
    """The first day's consumption, each hour on its own: what each tariff used in one query, its amounts in another."""
    for hour in range(24):
        _compute_hour(place, place.start + hour * HOUR)


def _compute_hour(place: Region, start: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT term.tariff_code, sum(reading.wh) FROM accounts_supplyterm term"
            " JOIN mix_reading reading ON reading.contract = term.contract_id"
            " WHERE reading.start = %s GROUP BY term.tariff_code",
            [start],
        )
        used = {tariff: int(wh) for tariff, wh in cursor.fetchall()}
    amounts: dict[str, dict[str, int]] = defaultdict(dict)
    cancelled: dict[str, dict[str, int]] = {}
    for amount in MixAmount.objects.filter(region=region.NAME, start=start):
        amounts[amount.kind] = added(amounts[amount.kind], {amount.source: amount.wh})
        if amount.kind == "cancelled":
            cancelled[amount.tariff_code] = {amount.source: amount.wh}
    untracked = sum(amounts["consumed"].values()) - sum(amounts["cancelled"].values())
    step = RegionStep(amounts["generated"], amounts["issued"], untracked_use=max(0, untracked))
    rest = residual(step).amounts
    MixShare.objects.bulk_create(
        MixShare(
            series="consumption_breakdown", key=tariff, region=_YARDSTICK, start=start, seconds=3600, source=source,
            share=share, method=Method.ISSUANCE, computed=True,
        )
        for tariff in place.tariffs
        for source, share in shares(
            added(
                dict.fromkeys(amounts["generated"], 0),
                tariff_step(use=used[tariff], cancelled=cancelled[tariff], residual=rest).amounts,
            )
        ).items()
    )  # fmt: skip


def check_alike(place: Region) -> None:
    """Raises where the yardstick's shares are not ours."""
    columns = ("key", "start", "source", "share", "method")
    day = MixShare.objects.filter(start__gte=place.start, start__lt=place.start + timedelta(days=1))
    rows = day.filter(series="consumption_breakdown").values_list(*columns)
    ours, theirs = set(rows.filter(region=region.NAME)), set(rows.filter(region=_YARDSTICK))
    if ours != theirs or len(ours) < len(place.tariffs) * 24:
        raise RuntimeError(f"{len(ours ^ theirs)} of {len(ours)} shares differ from the yardstick's")


def year() -> Iterator[str]:
    """For all of a year by a worker, with the peak of its memory (`make bench-mix-year`); lines as they are known."""
    region.unguarded()
    place = region.build(contracts=CONTRACTS, tariffs=TARIFFS, first=_YEAR_FIRST, days=_YEAR_DAYS)
    began = time.perf_counter()
    megabytes = megabytes_of([sys.executable, "-c", _WORKER])
    taken = time.perf_counter() - began
    if MixDay.objects.filter(due__isnull=False).exists():
        raise RuntimeError("days are left")
    rows = MixShare.objects.count()
    yield f"a year of the mix, {CONTRACTS} contracts: {taken:.0f} s, {rows} rows, peak {megabytes:.0f} MB"
    readings_by_row(place)
    day = seconds(lambda: hour_by_hour(place))
    check_alike(place)
    yield f"with a query an hour: {day * _YEAR_DAYS:.0f} s, from the {day:.1f} s that its first day takes"
    for name, spent, written in corrections(place):
        yield f"{name}: {spent:.2f} s, {spent / taken:.3%} of the year; {written} rows, {written / rows:.5%}"
