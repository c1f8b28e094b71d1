"""Readings as they lie in the tables, of whatever days are asked for."""

from datetime import UTC, date, datetime

import pytest

from datahub.models import Channel
from datahub.store.stored_segments import ChannelDays, stored_segments
from tests.factories.accounts import household
from tests.factories.feeds import load_days, load_readings, usage_series

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 1)
DAY = (FIRST - date(1970, 1, 1)).days


@pytest.fixture
def channels():
    """Of two meters, each read by the hour; the second one by the week, too."""
    meters = [household().meter for _ in range(2)]
    for meter in meters:
        load_days(meter, FIRST, 14, step=3600)
    start = datetime(2026, 3, 1, 5, tzinfo=UTC)
    load_readings(usage_series(meters[1], start, [70, 80], step=7 * 86_400, scale=0))
    return [Channel.objects.get(meter=meter).pk for meter in meters]


def starts_of(wanted):
    """By channel and whether they are on a grid: when readings begin, in epoch days."""
    starts = {}
    for run in stored_segments(wanted):
        key = run.channel_id, run.step is not None
        starts.setdefault(key, []).extend((run.starts / 86_400).tolist())
    return starts


def hours(first, days):
    return [DAY + first + place / 24 for place in range(24 * days)]


def test_channels_are_read_on_their_own_days(channels):
    first_channel, second_channel = channels

    starts = starts_of([ChannelDays(first_channel, DAY, DAY), ChannelDays(second_channel, DAY + 3, DAY + 4)])

    assert starts == {
        (first_channel, True): pytest.approx(hours(0, 1)),
        (second_channel, True): pytest.approx(hours(3, 2)),
    }


@pytest.mark.parametrize("second", [(1, 3), (2, 3), (0, 3)])
def test_days_that_are_wanted_twice_or_meet_are_read_once(channels, second):
    first_channel, second_channel = channels
    first, last = second

    starts = starts_of(
        [
            ChannelDays(first_channel, DAY + 9, DAY + 9),
            ChannelDays(first_channel, DAY, DAY + 1),
            ChannelDays(first_channel, DAY + first, DAY + last),
        ]
        + [ChannelDays(second_channel, DAY, DAY)]
    )

    assert starts[first_channel, True] == pytest.approx([*hours(0, 4), *hours(9, 1)])
    assert starts[second_channel, True] == pytest.approx(hours(0, 1))


def test_a_reading_over_many_days_is_read_once_wherever_wanted_days_part(channels):
    first_channel, second_channel = channels
    weeks = [
        ChannelDays(second_channel, DAY, DAY + 6),
        ChannelDays(second_channel, DAY + 8, DAY + 16),
        ChannelDays(second_channel, DAY, DAY + 7),
    ]

    starts = starts_of([ChannelDays(first_channel, DAY, DAY), *weeks])

    assert starts[second_channel, False] == [DAY + 5 / 24, DAY + 7 + 5 / 24]
    assert starts[second_channel, True] == pytest.approx(hours(0, 14))
