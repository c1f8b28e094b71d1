"""Sums from blocks against the plain sum over readings, for random loads, links, windows and corrections."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.rows.usage import Quality
from datahub.usage.readings import channels_of, readings
from datahub.usage.sum_periods import By
from datahub.usage.sums import known_readings, usage_sums
from tests.datahub.usage.plain import as_plain, plain_due, plain_sums
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedRunFactory, load_readings, usage_series
from tests.support.examples import examples, rolled_back

HOUR = 3600
NIGHTS = [  # the evening before the clocks change, and the turn of a year
    datetime(2026, 3, 7, 20, tzinfo=UTC),
    datetime(2026, 10, 31, 20, tzinfo=UTC),
    datetime(2026, 12, 30, 20, tzinfo=UTC),
    datetime(2026, 3, 28, 20, tzinfo=UTC),
]
ZONES = [
    "America/Los_Angeles",
    "Europe/London",
    "America/Santiago",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "UTC",
]
HOURS = 60

values = st.one_of(st.none(), st.integers(-300, 300), st.integers(-(2**62), 2**62))
slots = st.lists(st.tuples(values, st.sampled_from(Quality)), min_size=4, max_size=40)
loads = st.lists(
    st.tuples(
        st.integers(0, HOURS),
        st.sampled_from([900, 3600, 1800, 86400]),
        st.sampled_from([0, 1800]),
        st.integers(0, 2),
        slots,
    ),
    min_size=1,
    max_size=5,
)
# two contracts one after the other, and a window over both: minutes, so that edges fall inside slots too
links = st.tuples(st.integers(0, HOURS * 60), st.integers(0, HOURS * 60), st.integers(0, HOURS * 60))


@pytest.mark.django_db
@settings(
    max_examples=examples(60),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    loads=loads,
    links=links,
    night=st.sampled_from(NIGHTS),
    zone=st.sampled_from(ZONES),
    by=st.sampled_from(By),
    stated=st.sampled_from(["stated", "none", "another zone's"]),
)
@rolled_back
def test_sums_are_those_of_the_readings(loads, links, night, zone, by, stated):
    meter, run, first = MeterDeviceFactory(), FeedRunFactory(), int(night.timestamp())
    with override_settings(TIME_ZONE="America/New_York" if stated == "another zone's" else zone):
        for version, (hour, step, phase, scale, stored) in enumerate(loads):
            load_readings(
                usage_series(
                    meter,
                    at(first + hour * HOUR + phase),
                    [None if quality == Quality.WITHDRAWN else value for value, quality in stored],
                    step=step,
                    scale=scale,
                    quality=[quality for _, quality in stored],
                ),
                version_at=datetime(2026, 4, 1 + version, tzinfo=UTC),
                run=run,
            )
    with override_settings(TIME_ZONE=zone):
        if stated == "none":
            with connection.cursor() as cursor:
                cursor.execute("UPDATE interval_block SET sums = NULL")
        begin, move, end = (first + minute * 60 for minute in sorted(links))
        spans = [
            MeteredSpan(contract, 1, meter.pk, Span(at(low), at(high)))
            for contract, low, high in ((1, begin, move), (2, move, end))
            if low < high
        ]

        sums = usage_sums(spans, channels_of([meter.pk]), by=by)

        assert as_plain(sums) == plain_sums(spans, by, ZoneInfo(zone))
        shown = readings(spans)
        known = known_readings(spans, channels_of([meter.pk]))
        assert known.count == sum(int(each.known.sum()) for each in shown)
        assert known.data == (
            Span(
                at(min(int(each.starts[each.known].min()) for each in shown)),
                at(max(int((each.starts + each.durations)[each.known].max()) for each in shown)),
            )
            if shown
            else None
        )
        assert all((each.known <= each.due).all() for each in sums)
        grids = {(step, phase % step) for _, step, phase, _, _ in loads}
        if len(grids) == 1 and (grid := grids.pop())[0] < 86_400:
            expected = {
                (span.contract_id, day): count
                for span in spans
                for day, count in plain_due(span.span, *grid, by, ZoneInfo(zone)).items()
            }
            for each in sums:
                for day, due in zip(each.days, each.due.tolist(), strict=True):
                    assert due == expected[each.contract_id, day], (day, grid)


@pytest.mark.django_db
@pytest.mark.parametrize("by", [By.MONTH, By.YEAR, By.DAY])
@pytest.mark.parametrize("seed", range(4))
def test_sums_of_many_days_of_every_kind_are_those_of_the_readings(seed, by):
    """Through both clock changes: narrow and wide sums, none, other scales, grids and qualities, in any order."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible order, no secret
    meters, run = MeterDeviceFactory.create_batch(2), FeedRunFactory()
    for meter in meters:
        for begin in (datetime(2025, 10, 20, tzinfo=UTC), datetime(2026, 2, 25, tzinfo=UTC)):
            for day in range(25):
                step = chance.choice([3600, 3600, 3600, 7200])
                most = chance.choice([300, 300, 2**40, 2**62 if seed % 2 else 2**33])
                actual = Quality.ACTUAL if chance.random() < 0.7 else Quality.ESTIMATED
                qualities = [
                    chance.choice(list(Quality)) if chance.random() < 0.1 else actual
                    for _ in range(86_400 // step)
                ]
                load_readings(
                    usage_series(
                        meter,
                        begin + timedelta(days=day),
                        [
                            None if quality == Quality.WITHDRAWN else chance.randint(-most, most)
                            for quality in qualities
                        ],
                        step=step,
                        scale=chance.choice([0, 0, 0, 2]),
                        quality=qualities,
                    ),
                    run=run,
                )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE interval_block SET sums = NULL WHERE day = ANY(%s)", [[date(2026, 3, 2)]])
    spans = [MeteredSpan(contract, 1, meter.pk, Span()) for contract, meter in enumerate(meters, start=1)]

    sums = usage_sums(spans, channels_of([meter.pk for meter in meters]), by=by)

    assert as_plain(sums) == plain_sums(spans, by, ZoneInfo(django_settings.TIME_ZONE))


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)
