"""Feeds, their runs, and readings put straight into the store."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import factory
import numpy as np
from factory.django import DjangoModelFactory

from accounts.models import MeterDevice
from datahub.feeds.loading.usage import load_usage, make_partitions
from datahub.models import Feed, FeedRun, RunStatus
from datahub.rows.usage import Quality, UsageColumns, UsageSeries
from datahub.store.load import Loaded
from datahub.store.tally import Origin


class FeedFactory(DjangoModelFactory):
    class Meta:
        model = Feed

    name = factory.Sequence(lambda n: f"Feed {n}")
    kind = "usage"
    format = "usage_csv_long"


class FeedRunFactory(DjangoModelFactory):
    """A run that is over and brought nothing."""

    class Meta:
        model = FeedRun

    feed = factory.SubFactory(FeedFactory)
    file_name = "readings.csv"
    sha256 = "0" * 64
    size = 0
    status = RunStatus.DONE


def usage_series(
    meter: MeterDevice,
    start: datetime,
    values: Sequence[int | None],
    *,
    step: int = 900,
    scale: int = 3,
    quality: int | Sequence[int] = Quality.ACTUAL,
    **channel: object,
) -> UsageSeries:
    """`values` one after the other from `start`, None = unknown, as integers of 10**-`scale`."""
    facts = {
        "register": "",
        "commodity": meter.commodity,
        "unit": "Wh",
        "direction": "import",
        "kind": "interval",
    }
    count = len(values)
    return UsageSeries(
        meter_number=meter.meter_number,
        interval_seconds=step,
        starts=int(start.timestamp()) + np.arange(count, dtype=np.int64) * step,
        durations=np.full(count, step, dtype=np.int64),
        values=np.array([value or 0 for value in values], dtype=np.int64),
        scale=scale,
        known=np.array([value is not None for value in values], dtype=np.bool_),
        quality=np.broadcast_to(np.array(quality, dtype=np.uint8), (count,)).copy(),
        lines=np.arange(2, 2 + count, dtype=np.int64),
        **{**facts, **channel},
    )


def load_readings(
    *series: UsageSeries,
    version_at: datetime | None = None,
    at: datetime | None = None,
    run: FeedRun | None = None,
) -> Loaded:
    """Load as a run of a feed would."""
    run = run or FeedRunFactory()
    at = at or datetime(2026, 11, 24, 12, tzinfo=UTC)
    rows = [UsageColumns.of(series)]
    make_partitions(rows=rows)
    return load_usage(rows=rows, origin=Origin.of(run_id=run.pk, version_at=version_at or at, at=at))


def load_days(
    meter: MeterDevice, first_day: date, days: int, *, value: int = 250, step: int = 900, **series: object
) -> Loaded:
    """The same `value` in each interval of `days` UTC days."""
    start = datetime.combine(first_day, datetime.min.time(), UTC)
    count = timedelta(days=days) // timedelta(seconds=step)
    return load_readings(usage_series(meter, start, [value] * count, step=step, **series))
