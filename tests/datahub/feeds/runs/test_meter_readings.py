"""Two ESPI meter readings of one point for the same time that come in files of their own."""

from datetime import timedelta

import pytest

from datahub.usage.readings import readings
from tests.datahub.feeds.formats.espi.espi_feeds import block, feed, meter_reading, point, reading_type
from tests.datahub.feeds.runs.files import FIRST, MORNING, bring, counts, metered
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db
QUARTERS = [int(FIRST.timestamp()) + 900 * place for place in range(4)]
METER = "/espi/1_1/resource/UsagePoint/1"


def a_file(number, values):
    path = f"/UsagePoint/1/MeterReading/{number}"
    intervals = [(start, 900, value) for start, value in zip(QUARTERS, values, strict=True)]
    return feed(point(), reading_type(), meter_reading(path), block(intervals, f"{path}/IntervalBlock/1"))


def brought(**settings):
    meter = MeterDeviceFactory(meter_number=METER)
    loading = FeedFactory(format="espi_xml", settings=settings)
    first = bring(loading, a_file(1, [1, 2, 3, 4]))
    second = bring(loading, a_file(2, [1, 2, 7, 8]), at=MORNING + timedelta(hours=1))
    values = {channel.register: channel.decimals() for channel in readings(metered(meter))}
    return counts(first), counts(second), values


def test_are_one_channel_in_which_the_newer_file_wins():
    first, second, values = brought()

    assert (first, second) == ((4, 4, 0, 0, 0), (4, 2, 2, 0, 0))
    assert values == {"": ["1", "2", "7", "8"]}


def test_stay_apart_where_the_feed_says_so():
    first, second, values = brought(meter_readings="apart")

    assert (first, second) == ((4, 4, 0, 0, 0), (4, 4, 0, 0, 0))
    assert values == {"1": ["1", "2", "3", "4"], "2": ["1", "2", "7", "8"]}
