"""Readings come back as they were loaded, whatever their grids, widths and scales, and cut to the reading."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.rows.usage import Quality
from datahub.usage.readings import readings
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import load_readings, usage_series

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
QUALITIES = [Quality.ACTUAL, Quality.ESTIMATED, Quality.SUBSTITUTED]


def values_of(spans):
    """(contract, meter, register, start, seconds) to (value, quality) of what is known."""
    values = {}
    for channel in readings(spans):
        starts = channel.starts.tolist()
        assert starts == sorted(starts)
        assert channel.known[0] and channel.known[-1]
        for start, length, value, quality in zip(
            starts, channel.durations.tolist(), channel.decimals(), channel.quality.tolist(), strict=True
        ):
            if value is not None:
                key = (channel.contract_id, channel.meter_id, channel.register, start, length)
                values[key] = (Decimal(value), quality)
    return values


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.django_db
def test_what_was_loaded_is_what_is_read(seed):
    chance = random.Random(seed)  # noqa: S311 - a reproducible load, no secret
    meters = [MeterDeviceFactory() for _ in range(3)]
    loaded = {}
    for meter in meters:
        for register in ("1.8.0", "2.8.0"):
            for day in chance.sample(range(6), 4):
                loaded |= load_a_day(chance, meter, register, MIDNIGHT + timedelta(days=day))
    spans = [
        MeteredSpan(contract, 0, meter.pk, span)
        for contract, meter in enumerate(meters)
        for span in windows(chance)
    ]

    values = values_of(spans)

    expected = {}
    for metered in spans:
        first, past = metered.span.start.timestamp(), metered.span.end.timestamp()
        for (meter, register, start, length), reading in loaded.items():
            if meter == metered.meter_id and start >= first and start + length <= past:
                expected[metered.contract_id, meter, register, start, length] = reading
    assert values == expected


def load_a_day(chance, meter, register, midnight):
    """Two grids that share the day, their values narrow or wide, some unknown; answers what is known."""
    loaded = {}
    for start, step in (
        (midnight, chance.choice([900, 3600])),
        (midnight + timedelta(hours=chance.choice([5, 12]), minutes=30), chance.choice([900, 1800, 3600])),
        (midnight + timedelta(hours=3, minutes=7), 1800),
    ):
        scale, most = chance.choice([0, 1, 3]), chance.choice([99, 9_999, 10**6, 10**14])
        values = [
            chance.choice([None, chance.randint(-most, most), chance.randint(0, most)]) for _ in range(9)
        ]
        qualities = [chance.choice(QUALITIES) for _ in values]
        keys = [
            (meter.pk, register, int(start.timestamp()) + place * step, step) for place in range(len(values))
        ]
        if any(key in loaded for key in keys):
            continue
        load_readings(
            usage_series(meter, start, values, step=step, scale=scale, quality=qualities, register=register)
        )
        for key, value, quality in zip(keys, values, qualities, strict=True):
            if value is not None:
                loaded[key] = (Decimal(value).scaleb(-scale), quality)
    return loaded


def windows(chance):
    """Two that do not meet, begun and ended anywhere in a reading."""
    moments = sorted(chance.sample(range(0, 6 * 86_400, 300), 4))
    first, second, third, fourth = (MIDNIGHT + timedelta(seconds=moment) for moment in moments)
    return Span(first, second), Span(third, fourth)


@pytest.mark.django_db
def test_what_64_bits_cannot_hold_at_one_scale_keeps_its_own():
    meter = MeterDeviceFactory()
    load_readings(usage_series(meter, MIDNIGHT, [9 * 10**18], scale=0))
    load_readings(usage_series(meter, MIDNIGHT + timedelta(days=1), [5], scale=6))

    values = values_of([MeteredSpan(1, 0, meter.pk, Span())])

    assert [value for value, _quality in values.values()] == [9 * 10**18, Decimal("0.000005")]


@pytest.mark.django_db
def test_the_time_of_change_is_that_of_the_readings_inside():
    meter = MeterDeviceFactory()
    early, late = datetime(2026, 4, 1, 0, 0, 0, 250_000, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    load_readings(usage_series(meter, MIDNIGHT, [1] * 96), at=early)
    load_readings(usage_series(meter, MIDNIGHT + timedelta(days=1), [2] * 96), at=late)

    def moved(end):
        (channel,) = readings([MeteredSpan(1, 0, meter.pk, Span(MIDNIGHT, end))])
        return channel.modified

    assert moved(MIDNIGHT + timedelta(days=1)) == early
    assert moved(MIDNIGHT + timedelta(days=1, minutes=14)) == early
    assert moved(MIDNIGHT + timedelta(days=1, minutes=15)) == late


@pytest.mark.django_db
def test_days_of_other_widths_and_scales_make_one_series():
    meters = [MeterDeviceFactory(), MeterDeviceFactory()]
    days = [([1] * 96, 0), ([10**6] * 96, 3), ([2] * 90, 1), ([3] * 96, 0)]
    for meter in meters:
        for day, (values, scale) in enumerate(days):
            start = MIDNIGHT + timedelta(days=day)
            load_readings(usage_series(meter, start, values, scale=scale))

    channels = readings([MeteredSpan(1, 0, meter.pk, Span()) for meter in meters])

    assert [channel.meter_id for channel in channels] == [meter.pk for meter in meters]
    for channel in channels:
        shown = [
            value for value, known in zip(channel.decimals(), channel.known.tolist(), strict=True) if known
        ]
        assert shown == ["1.000"] * 96 + ["1000.000"] * 96 + ["0.200"] * 90 + ["3.000"] * 96
