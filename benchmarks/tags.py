"""A 304 beside the answer itself, of each resource, for 100 services; their sums by month; a month of the mix."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.test import Client

from accounts.models import SupplyTerm
from benchmarks.measure import Figure, at_most, medians
from datahub.models import MixSeries
from datahub.store.mix_blocks import note_written
from tests.factories.accounts import EntityFactory
from tests.factories.chain import Chain
from tests.factories.datahub import bill
from tests.factories.feeds import load_readings, usage_series

ADDRESSES = (
    "/distribution_details", "/supply_details", "/supply_history", "/usage_data", "/usage_sums", "/bill_data",
    "/bill_statements", "/generation_mix", "/generation_mix?by=day", "/residual_mix",
)  # fmt: skip
_FIRST, _HOURS = datetime(2025, 3, 1, tzinfo=UTC), 31 * 24
_SOURCES = ("biomass", "coal", "gas", "hydro", "nuclear", "solar", "wind", "unknown")
_SHARES = """
    INSERT INTO datahub_mixshare
        (series, key, region, seconds, source, share, method, worked_out, modified, synced, start)
    SELECT %s, %s, %s, 3600, source, 0.125, 'issuance', true, now(), now(), %s::timestamptz + hour * interval '1 hour'
    FROM unnest(%s::text[]) AS source, generate_series(0, %s) AS hour
"""


def fill(stores: Chain) -> None:
    """A month of everything: hours of usage, a bill, a supply term and the mix of four regions."""
    supplier = EntityFactory(name="Bright Supply (demo)")
    SupplyTerm.objects.bulk_create(
        SupplyTerm(
            contract=contract,
            supplier=supplier,
            tariff_code="SHOP",
            tariff_name="Shop",
            start=date(2020, 1, 1),
        )
        for contract in stores.contracts
    )
    load_readings(
        *(usage_series(meter, _FIRST, [100] * _HOURS, step=3600, scale=0) for meter in stores.meters)
    )
    for contract in stores.contracts:
        bill(contract)
    with connection.cursor() as cursor:
        for region in ("R1", "R2", "R3", "R4"):
            for series in MixSeries:
                used = series == MixSeries.CONSUMPTION
                name = [str(series), "SHOP" if used else region, region if used else ""]
                cursor.execute(_SHARES, [*name, _FIRST, list(_SOURCES), _HOURS - 1])
                days = [(_FIRST + timedelta(days=day)).date() for day in range(31)]
                note_written(
                    [(name[0], name[1], name[2], None)], days=days, at=_FIRST
                )  # as every writer does
        cursor.execute("ANALYZE")


def figures(token: str) -> Iterator[Figure]:
    """In process, through all middleware."""
    client = Client(headers={"Authorization": f"Bearer {token}"})
    for address in ADDRESSES:
        tag = client.get(address).headers["ETag"]
        same, answer = medians(_get(client, address, 304, tag), _get(client, address, 200), rounds=2)
        yield at_most(f"304 of {address} / the answer", "ms", same, answer, 0.3)


def sums_by_month(one: str, many: str) -> Figure:
    """A month of all services in one call beside that of one."""
    address = f"/usage_sums?start={_FIRST:%Y-%m-%d}"
    calls = (
        _get(Client(headers={"Authorization": f"Bearer {token}"}), address, 200) for token in (many, one)
    )
    value, yardstick = medians(*calls, rounds=3)
    return at_most("sums by month of 100 services / of one", "ms", value, yardstick, 10)


def mix_of_a_month(token: str, year_of_usage: Callable[[], None]) -> Figure:
    """Three series of one service, 17,856 shares."""
    client = Client(headers={"Authorization": f"Bearer {token}"})
    value, yardstick = medians(_get(client, "/generation_mix", 200), year_of_usage, rounds=3)
    return at_most("generation mix of a month / a year of usage", "ms", value, yardstick, 2)


def year_of_usage(token: str, meter: object) -> Callable[[], None]:
    """A call for a year of one meter's quarter hours, which are loaded for it."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    load_readings(usage_series(meter, start, [100] * 35_040, scale=0))
    client = Client(headers={"Authorization": f"Bearer {token}"})
    end = start + timedelta(days=365)
    return _get(client, f"/usage_data?start={start:%Y-%m-%dT%H:%M:%SZ}&end={end:%Y-%m-%dT%H:%M:%SZ}", 200)


def _get(client: Client, address: str, status: int, tag: str = "") -> Callable[[], None]:
    def call() -> None:
        answer = client.get(address, headers={"If-None-Match": tag} if tag else None)
        if answer.status_code != status:
            raise RuntimeError(f"{address} answered {answer.status_code}, {status} is due")

    return call
