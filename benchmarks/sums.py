"""Sums by month of many services: beside those of one, and beside one statement over a row for each reading."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.test import Client as Browser

from benchmarks import rows
from benchmarks.measure import Figure, at_most, medians, prepare_to_measure, processor, seconds
from benchmarks.tags import FIRST, get
from cdsc_portal.lib.time import clock
from datahub.usage.summed_months import sum_closed_months
from tests.factories.chain import Chain
from tests.factories.feeds import load_readings, usage_series

_START, _DAYS = datetime(2021, 1, 1, tzinfo=UTC), 1095
_HOUR = 3600
_ROWS = """
    INSERT INTO benchmarks_rowreading (channel_id, start, value, quality)
    SELECT channel.id, %s::timestamptz + slot * interval '1 hour', slot %% 7 + 1, 0
    FROM datahub_channel AS channel, generate_series(0, %s) AS slot
    WHERE channel.meter_id = ANY(%s) AND channel.longest = 3600
    ORDER BY channel.id, slot
"""


def figures(stores: Chain, token_of_one: str, token_of_all: str) -> Iterator[Figure]:
    """The tokens open one and all services."""
    ours, single = (
        Browser(headers={"Authorization": f"Bearer {token}"}) for token in (token_of_all, token_of_one)
    )
    month = f"/usage_sums?start={FIRST:%Y-%m-%d}"
    value, yardstick = medians(get(ours, month), get(single, month), rounds=3)
    yield at_most("sums by month of 100 services / of one", "ms", value, yardstick, 10)
    hours = _DAYS * 24
    load_readings(
        *(
            usage_series(meter, _START, [hour % 7 + 1 for hour in range(hours)], step=_HOUR, scale=0)
            for meter in stores.meters
        )
    )
    with rows.table():
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, [_START, hours - 1, [meter.pk for meter in stores.meters]])
        prepare_to_measure()
        end = _START + timedelta(days=_DAYS)
        years = f"/usage_sums?start={_START:%Y-%m-%dT%H:%M:%SZ}&end={end:%Y-%m-%dT%H:%M:%SZ}"
        check_alike(ours, years)
        (blocks,) = processor(get(ours, years), rounds=3)
        sum_closed_months(at=clock.now())
        check_alike(ours, years)
        (months,) = processor(get(ours, years), rounds=3)
        value, yardstick = (  # ten in a row take half a minute
            min(seconds(work) for _ in range(3)) * 1000 for work in (get(ours, years), summed_rows)
        )
    yield at_most(
        "3 years by month of 100 services, sent / summed from a row a reading", "ms", value, yardstick, 0.2
    )
    yield at_most("the same in the web process, from months / from day blocks", "ms", months, blocks, 0.4)


def summed_rows() -> list[tuple[str, datetime, Decimal, int]]:
    """Meter, local month, sum and how many, as the ORM has the database add them up."""
    by_month = rows.RowReading.objects.annotate(month=TruncMonth("start"))
    summed = by_month.values("channel__meter__meter_number", "month").annotate(
        total=Sum("value"), known=Count("pk")
    )
    return list(summed.values_list("channel__meter__meter_number", "month", "total", "known"))


def check_alike(browser: Browser, address: str) -> None:
    """Raises RuntimeError where both ways do not say the same."""
    ours = {
        (channel["meter_number"], period["period"], Decimal(period["value"]), period["known"])
        for channel in orjson.loads(browser.get(address).content)["data"]
        for period in channel["periods"]
    }
    if ours != {(meter, f"{month:%Y-%m}", total, known) for meter, month, total, known in summed_rows()}:
        raise RuntimeError("both ways must say the same")
