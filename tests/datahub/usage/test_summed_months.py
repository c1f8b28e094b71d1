"""Sums of closed months give the figures that blocks give, whatever was loaded, and are computed when they are due."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.models import Channel, ChannelMonth, ChannelsToSum, SummedMonth
from datahub.rows.usage import Quality
from datahub.store import channel_months
from datahub.usage import summed_months
from datahub.usage.readings import channels_of
from datahub.usage.sum_periods import By
from datahub.usage.summed_months import sum_closed_months
from datahub.usage.sums import usage_sums
from tests.datahub.usage.month_sums import columns, sum_all, wrong_months
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedRunFactory, load_days, load_readings, usage_series
from tests.support.child import in_a_child
from tests.support.examples import examples, rolled_back

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ["America/Los_Angeles", "Europe/London", "Asia/Kolkata", "Pacific/Auckland", "UTC"]
FIRST = datetime(2026, 2, 20, tzinfo=UTC)  # then come March with its clock changes and April
DAYS = 75

values = st.one_of(st.none(), st.integers(-300, 300), st.integers(-(2**62), 2**62))
loads = st.lists(
    st.tuples(
        st.integers(0, DAYS * 24),  # hours after FIRST
        st.sampled_from([900, 3600, 3600, 21_600, 86_400, 1_000_000]),  # in blocks, or periods without a grid
        st.sampled_from([0, 0, 1800]),
        st.integers(0, 2),
        st.lists(st.tuples(values, st.sampled_from(Quality)), min_size=1, max_size=30),
        st.booleans(),  # whether a task sums before the load
    ),
    max_size=4,
)
minutes = st.integers(-24 * 60, (DAYS + 1) * 24 * 60)


@pytest.mark.django_db
@pytest.mark.usefixtures("spring_of_2026")
@settings(
    max_examples=examples(40),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    loads=loads,
    cuts=st.lists(minutes, max_size=2),
    step=st.sampled_from([1800, 3600, 10_800]),
    zones=st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)),
    changes_zone=st.booleans(),
    sums_last=st.booleans(),
    by=st.sampled_from([By.MONTH, By.YEAR]),
)
@rolled_back
def test_closed_months_give_what_their_blocks_give(
    loads, cuts, step, zones, changes_zone, sums_last, by
):  # fmt: skip
    meter, run = MeterDeviceFactory(), FeedRunFactory()
    with override_settings(TIME_ZONE=zones[0]):
        hours = DAYS * 86_400 // step
        load_readings(usage_series(meter, FIRST, [slot % 7 for slot in range(hours)], step=step), run=run)
        for version, (hour, length, phase, scale, pairs, sums_before) in enumerate(loads):
            if sums_before:
                sum_all()
            load_readings(
                usage_series(
                    meter, FIRST + hour * HOUR + timedelta(seconds=phase),
                    [None if quality == Quality.WITHDRAWN else value for value, quality in pairs],
                    step=length, scale=scale, quality=[quality for _, quality in pairs],
                ),
                version_at=datetime(2026, 6, 1 + version, tzinfo=UTC), run=run,
            )  # fmt: skip
        if sums_last or not loads:
            sum_all()
    with override_settings(TIME_ZONE=zones[1] if changes_zone else zones[0]):
        edges = [None, *(FIRST + timedelta(minutes=minute) for minute in sorted(cuts)), None]
        spans = [
            MeteredSpan(contract, 1, meter.pk, Span(start, end))
            for contract, (start, end) in enumerate(zip(edges, edges[1:], strict=False))
            if start is None or start != end
        ]

        from_months = usage_sums(spans, channels_of([meter.pk]), by=by)

        assert wrong_months() == []
        ChannelMonth.objects.all().delete()
        assert columns(from_months) == columns(usage_sums(spans, channels_of([meter.pk]), by=by))


@pytest.fixture
def meter(db):
    return MeterDeviceFactory()


def months_of(meter):
    return [
        f"{row.month:%Y-%m}" for row in ChannelMonth.objects.filter(channel__meter=meter).order_by("month")
    ]


def test_a_month_is_summed_with_all_that_an_answer_says(meter):
    quality = [Quality.ACTUAL] * 700 + [Quality.ESTIMATED] * 40 + [Quality.ACTUAL] * 4
    load_readings(usage_series(meter, datetime(2026, 1, 1, 8, tzinfo=UTC), [3] * 740 + [None] * 4, step=3600,
                               quality=quality))  # fmt: skip

    sum_all()

    (row,) = ChannelMonth.objects.all()
    assert (row.month, row.total, row.scale, row.known) == (date(2026, 1, 1), 3 * 740, 3, 740)
    assert (row.start, row.end) == (
        datetime(2026, 1, 1, 8, tzinfo=UTC),
        datetime(2026, 2, 1, 8, tzinfo=UTC),
    )
    assert (row.step, row.phase) == (3600, 0)
    assert row.qualities[: Quality.ESTIMATED + 1] == [700, 40]


def test_years_of_whole_months_read_no_block_and_three_statements(db):
    meters = MeterDeviceFactory.create_batch(3)
    for meter in meters:
        load_days(meter, date(2025, 1, 1), 400, step=3600)
    sum_all()
    span = Span(datetime(2025, 1, 1, 8, tzinfo=UTC), datetime(2026, 2, 1, 8, tzinfo=UTC))
    spans = [MeteredSpan(meter.pk, 1, meter.pk, span) for meter in meters]

    with CaptureQueriesContext(connection) as queries:
        sums = usage_sums(spans, channels_of([meter.pk for meter in meters]), by=By.MONTH)

    assert [each.size for each in sums] == [13] * 3
    assert len(queries) == 3  # channels, months, periods: no block is read


def test_days_are_not_summed_from_months(meter):
    load_days(meter, date(2026, 3, 1), 31, step=3600)
    sum_all()

    (by_day,) = usage_sums([MeteredSpan(1, 1, meter.pk, Span())], channels_of([meter.pk]), by=By.DAY)

    assert by_day.size == 32


def test_a_month_is_summed_once_it_has_been_over_for_three_days(meter):
    load_days(meter, date(2026, 3, 2), 29, step=3600)  # no reading is of another local month
    midnight = datetime(2026, 4, 1, 7, tzinfo=UTC)

    before = sum_closed_months(at=midnight + 3 * DAY - HOUR)
    after = sum_closed_months(at=midnight + 3 * DAY)
    again = sum_closed_months(at=midnight + 4 * DAY)

    assert (before, after, again) == (0, 1, 0)
    assert months_of(meter) == ["2026-03"]


def test_readings_of_a_block_that_lie_in_a_summed_month_count_once(meter):
    load_days(meter, date(2026, 2, 25), 40, step=3600)
    sum_all()
    moved_out = datetime(2026, 4, 1, 12, 30, tzinfo=UTC)  # the block of that day begins in March on the clock
    spans = [MeteredSpan(1, 1, meter.pk, Span(datetime(2026, 3, 1, 8, tzinfo=UTC), moved_out))]

    (sums,) = usage_sums(spans, channels_of([meter.pk]), by=By.MONTH)

    assert sums.known.tolist() == [31 * 24 - 1, 5]
    assert sums.totals == (250 * (31 * 24 - 1), 250 * 5)


@pytest.mark.parametrize(
    ("series", "left"),
    [
        ({"step": 900}, ["2026-03"]),  # another grid
        ({"step": 86_400}, ["2026-03"]),  # a reading without a grid
        ({"step": 1_000_000}, ["2026-03", "2026-04"]),  # one that crosses their edge
    ],
)
def test_a_month_that_cannot_count_as_it_stands_is_left_to_its_blocks(meter, series, left):
    load_days(meter, date(2026, 2, 1), 120, step=3600)
    load_readings(usage_series(meter, datetime(2026, 3, 28, 7, tzinfo=UTC), [5], **series))

    sum_all()

    assert set(months_of(meter)) == {"2026-02", "2026-03", "2026-04", "2026-05"} - set(left)


def test_a_month_whose_slots_cross_its_end_is_left_to_its_blocks(meter, settings):
    settings.TIME_ZONE = "Asia/Kolkata"  # midnight is at half past the hour
    load_days(meter, date(2026, 2, 20), 60, step=3600)
    half_past = MeterDeviceFactory()
    load_readings(
        usage_series(half_past, datetime(2026, 2, 20, 18, 30, tzinfo=UTC), [1] * 24 * 60, step=3600)
    )

    sum_all()

    assert months_of(meter) == []
    assert "2026-03" in months_of(half_past)


def test_a_total_of_more_than_64_bits_is_left_to_the_blocks(meter):
    load_days(meter, date(2026, 3, 1), 31, step=3600, value=2**61)

    sum_all()

    assert months_of(meter) == []


def test_registers_demand_and_volts_are_not_summed(meter):
    first = datetime(2026, 3, 1, 8, tzinfo=UTC)
    load_readings(
        usage_series(meter, first, [1] * 24, step=3600, kind="register"),
        usage_series(meter, first, [1] * 24, step=3600, kind="demand", unit="W"),
        usage_series(meter, first, [1] * 24, step=3600, unit="V", direction="none"),
    )

    sum_all()

    assert not ChannelMonth.objects.exists()


def test_after_a_change_of_the_time_zone_months_are_summed_anew(meter, settings):
    load_days(meter, date(2026, 2, 25), 40, step=3600)
    sum_all()

    settings.TIME_ZONE = "Europe/London"
    sum_all()

    assert {(row.start, row.end) for row in ChannelMonth.objects.filter(month=date(2026, 3, 1))} == {
        (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, tzinfo=UTC))
    }
    assert wrong_months() == []


def test_channels_that_a_load_changed_are_summed_again_and_no_others(db):
    changed, other = MeterDeviceFactory.create_batch(2)
    for meter in (changed, other):
        load_days(meter, date(2026, 3, 2), 29, step=3600)  # no reading is of another local month
    sum_all()

    load_days(changed, date(2026, 3, 10), 1, step=3600, value=400)
    left, waiting = months_of(other), [row.channels for row in ChannelsToSum.objects.all()]
    without = months_of(changed)
    count = sum_all()

    assert (left, without, months_of(changed)) == (["2026-03"], [], ["2026-03"])
    assert waiting == [[Channel.objects.get(meter=changed).pk]]
    assert count == 1
    assert wrong_months() == []


def test_a_large_correction_is_summed_again_in_parts(monkeypatch, db):
    monkeypatch.setattr(channel_months, "CHANNELS_AT_ONCE", 2)
    meters = MeterDeviceFactory.create_batch(5)
    for meter in meters:
        load_days(meter, date(2026, 3, 2), 29, step=3600)
    sum_all()

    corrected = [
        usage_series(meter, datetime(2026, 3, 10, 8, tzinfo=UTC), [9] * 24, step=3600) for meter in meters
    ]
    load_readings(*corrected)

    assert sorted(len(row.channels) for row in ChannelsToSum.objects.all()) == [1, 2, 2]
    assert sum_all() == 5
    assert wrong_months() == []


def test_a_load_into_months_that_are_not_summed_leaves_nothing_to_be_done(meter):
    load_days(meter, date(2026, 3, 1), 31, step=3600)

    assert not ChannelsToSum.objects.exists()
    assert not SummedMonth.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_killed_task_leaves_the_rest_to_the_next(monkeypatch):
    monkeypatch.setattr(summed_months, "CHANNELS_AT_ONCE", 2)
    for meter in MeterDeviceFactory.create_batch(5):
        load_readings(usage_series(meter, datetime(2026, 3, 1, 8, tzinfo=UTC), [1] * 700, step=3600))
    store = summed_months.store_month_sums
    connections.close_all()

    def dies_in_the_second_batch():
        def store_or_die(**sums):
            store(**sums)
            if ChannelMonth.objects.count() > 2:
                os._exit(1)

        summed_months.store_month_sums = store_or_die
        return sum_all()

    in_a_child(dies_in_the_second_batch)
    after_the_kill = ChannelMonth.objects.count()
    left = sum_all()

    assert (after_the_kill, left) == (2, 3)
    assert ChannelMonth.objects.count() == 5
    assert wrong_months() == []
