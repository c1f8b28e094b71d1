"""What the figures are measured on: one household with a year of readings every 15 minutes, and a grant for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db import transaction

from accounts.queries.links import MeteredSpan
from benchmarks.rows import Row
from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.models import AccessToken, Grant, GrantPart, Selection
from datahub.feeds.loading.usage import load_usage
from datahub.models import Channel, Feed, FeedRun
from datahub.rows.usage import Quality, UsageColumns, UsageSeries
from datahub.store.partitions import ensure_partitions
from datahub.store.tally import Origin
from datahub.usage.readings import ChannelFacts, channels_of, readings
from datahub.usage.segments import UsageSegment, usage_object
from tests.factories.accounts import Household, household
from tests.factories.consent import ClientFactory, GrantFactory

TOKEN = "a-token-of-nobody"
YEAR_START, YEAR_END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
QUARTER = 900


@dataclass(frozen=True, slots=True)
class World:
    home: Household
    grant: Grant
    channel: int  # key of its only channel
    channels: Mapping[int, Sequence[ChannelFacts]]  # what is known of it before its readings are asked for


def year_as_json(place: World) -> bytes:
    """The meter's year, read from the store and written as the API writes a segment."""
    span = MeteredSpan(
        place.home.contract.pk, place.home.point.pk, place.home.meter.pk, Span(YEAR_START, YEAR_END)
    )
    return b"".join(
        dumps(usage_object(UsageSegment(channel, "", "", slice(0, channel.size), channel.synced)))
        for channel in readings([span], place.channels)
    )


def year_as_rows(place: World) -> Iterator[Row]:
    """The same readings as rows of the row table."""
    for slot, value in enumerate(_watt_hours().tolist()):
        yield place.channel, YEAR_START + slot * timedelta(seconds=QUARTER), Decimal(value).scaleb(-3), 0


def _watt_hours() -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    quarters = (YEAR_END - YEAR_START) // timedelta(seconds=QUARTER)
    return np.random.default_rng(1).integers(0, 900, quarters)


def build() -> World:
    """A year of one meter, shared whole."""
    home = household()
    channel = _load_year(home)
    grant = GrantFactory(client=ClientFactory(), user=home.owner, scope="usage_data")
    part = GrantPart.objects.create(
        grant=grant, scope="usage_data", position=0, window_start=YEAR_START, access_ends=grant.access_ends
    )
    Selection.objects.create(part=part, contract=home.contract)
    AccessToken.objects.create(
        token=TOKEN,
        user=home.owner,
        application=grant.client,
        grant=grant,
        scope="usage_data",
        expires=clock.now() + timedelta(hours=1),
    )
    return World(home, grant, channel, channels_of({home.meter.pk}))


def _load_year(home: Household) -> int:
    starts = np.arange(int(YEAR_START.timestamp()), int(YEAR_END.timestamp()), QUARTER, dtype=np.int64)
    count = len(starts)
    series = UsageSeries(
        meter_number=home.meter.meter_number,
        register="1.8.0",
        commodity="electricity",
        unit="Wh",
        direction="import",
        kind="interval",
        interval_seconds=QUARTER,
        starts=starts,
        durations=np.full(count, QUARTER, np.int64),
        values=_watt_hours(),
        scale=0,
        known=np.ones(count, np.bool_),
        quality=np.full(count, Quality.ACTUAL, np.uint8),
        lines=np.arange(count, dtype=np.int64),
    )
    feed = Feed.objects.create(name="bench", kind="usage", format="usage_csv_long")
    run = FeedRun.objects.create(feed=feed, file_name="bench", sha256="", size=0)
    channel = Channel.objects.create(
        meter=home.meter,
        register="1.8.0",
        commodity="electricity",
        unit="Wh",
        direction="import",
        kind="interval",
    )
    ensure_partitions(first_day=YEAR_START.date(), last_day=YEAR_END.date())
    origin = Origin.of(run_id=run.pk, version_at=YEAR_END, at=clock.now())
    with transaction.atomic():
        load_usage(rows=[UsageColumns.of([series])], origin=origin)
    return int(channel.pk)
