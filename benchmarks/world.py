"""What the figures are measured on: one household with a year of readings every 15 minutes, and a grant for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from accounts.queries.links import MeteredSpan
from benchmarks.rows import Row
from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.models import AccessToken, Grant, GrantPart, Selection
from datahub.models import Channel
from datahub.usage.readings import ChannelFacts, channels_of, readings
from datahub.usage.segments import UsageSegment, usage_objects
from tests.factories.accounts import Household, household
from tests.factories.consent import ClientFactory, GrantFactory
from tests.factories.feeds import load_readings, usage_series

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
    segments = [
        UsageSegment(channel, "", "", slice(0, channel.size), YEAR_START, YEAR_END, QUARTER, channel.synced)
        for channel in readings([span], place.channels)
    ]
    return b"".join(map(dumps, usage_objects(segments)))


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
    quarters = _watt_hours().tolist()
    load_readings(
        usage_series(home.meter, YEAR_START, quarters, step=QUARTER, scale=0, register="1.8.0"),
        version_at=YEAR_END,
    )
    channel = Channel.objects.get(meter=home.meter).pk
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
