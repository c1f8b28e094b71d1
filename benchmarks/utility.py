"""A utility's meters, one channel each, and readings like those of households: most quarters small, some large."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from django.db import connection

from accounts.models import MeterDevice
from datahub.models import Channel, Feed, FeedRun
from datahub.store.codec import COLUMNS
from datahub.store.partitions import ensure_partitions

QUARTER, SLOTS = 900, 96
_AT_ONCE = 20_000
MONTH = date(2025, 6, 1)  # the days that are loaded lie in it
Values = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Utility:
    """`channels[i]` is the key of the only channel of `meters[i]`."""

    meters: Sequence[str]
    channels: Sequence[int]


def build(count: int) -> Utility:
    """`count` meters that a file may name, each with a channel for what it will bring."""
    numbers = [f"MTR{number:08d}" for number in range(count)]
    channels: list[int] = []
    for first in range(0, count, _AT_ONCE):
        meters = MeterDevice.objects.bulk_create(
            MeterDevice(meter_number=number, commodity="electricity")
            for number in numbers[first : first + _AT_ONCE]
        )
        kind = {"commodity": "electricity", "unit": "Wh", "direction": "import", "kind": "interval"}
        made = Channel.objects.bulk_create(Channel(meter=meter, register="", **kind) for meter in meters)
        channels += [channel.pk for channel in made]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_meterdevice, datahub_channel")
    return Utility(numbers, channels)


def day_of_values(meters: int, seed: int) -> Values:
    """(meters, 96) watt-hours of one day."""
    random = np.random.default_rng(seed)
    return np.minimum(random.gamma(1.2, 120, (meters, SLOTS)), 9_000).astype(np.int64)


def feed_of(name: str, format_name: str, mapping: object = None, **settings: str) -> Feed:
    """A feed whose times without offset are UTC."""
    return Feed.objects.create(
        name=name, kind="usage", format=format_name, time_zone="UTC", settings=settings, mapping=mapping or {}
    )


def seed_blocks(utility: Utility, *, first: date, last: date) -> int:
    """Fill the days [first, last] by copying each channel's newest block inside the database; answers how many."""
    ensure_partitions(first_day=first, last_day=last)
    copied = ", ".join("days.day::date" if name == "day" else f"block.{name}" for name in COLUMNS.split(", "))
    run = FeedRun.objects.create(feed=Feed.objects.first(), file_name="seed", sha256="", size=0)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO interval_block ({COLUMNS}, modified, feed_run_id)
            SELECT {copied}, now(), %s
            FROM generate_series(%s::date, %s::date, interval '1 day') AS days (day)
            JOIN interval_block AS block ON block.day = %s AND block.channel_id = ANY(%s)
            ORDER BY days.day, block.channel_id
            """,
            [run.pk, first, last, MONTH, list(utility.channels)],
        )
        return int(cursor.rowcount)
