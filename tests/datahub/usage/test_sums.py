"""What a sum counts, what it leaves out, and what is missing in it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.rows.usage import Quality
from datahub.store import sum_blocks
from datahub.usage.readings import channels_of
from datahub.usage.sum_periods import By
from datahub.usage.sum_pieces import Rule
from datahub.usage.sums import usage_sums
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import load_days, load_readings, usage_series
from tests.factories.links import metered_spans

MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)  # in America/Los_Angeles
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EVER = Span()


@pytest.fixture
def meter(db):
    return MeterDeviceFactory()


def sums(meter, by=By.DAY, start=None, end=None):
    return usage_sums([MeteredSpan(1, 1, meter.pk, Span(start, end))], channels_of([meter.pk]), by=by)


def by_day(channel_sums):
    return {
        day: (total, known, due)
        for day, total, known, due in zip(
            channel_sums.days,
            channel_sums.totals,
            channel_sums.known.tolist(),
            channel_sums.due.tolist(),
            strict=True,
        )
    }


def test_a_local_day_is_summed_from_two_utc_days(meter):
    load_readings(usage_series(meter, MIDNIGHT, [1] * 96 + [10] * 96, scale=0))

    (summed,) = sums(meter)

    assert by_day(summed) == {date(2026, 3, 1): (96, 96, 96), date(2026, 3, 2): (960, 96, 96)}
    assert summed.whole.all()
    assert summed.rule is Rule.SUM


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)])
def test_days_of_23_and_25_hours_are_complete(meter, day, hours):
    load_days(meter, day - DAY, 3, value=1, step=3600, scale=0)

    (summed,) = sums(meter)

    assert by_day(summed)[day] == (hours, hours, hours)


def test_a_period_that_a_link_cuts_inside_a_day_counts_its_own_readings_only(meter):
    load_readings(usage_series(meter, MIDNIGHT, [1000] * 96 * 20 + [1] * (96 * 11 - 4), scale=0))
    move = MIDNIGHT + 20 * DAY + timedelta(hours=10)

    (summed,) = sums(meter, By.MONTH, start=move)

    assert by_day(summed) == {date(2026, 3, 1): (56 + 96 * 10 - 4, 56 + 96 * 10 - 4, 56 + 96 * 10 - 4)}
    assert summed.starts[0] == move.timestamp()
    assert not summed.whole[0]


def test_a_reading_that_the_end_of_a_link_parts_counts_for_neither(meter):
    load_readings(usage_series(meter, MIDNIGHT, [7] * 24, step=3600, scale=0))
    move = MIDNIGHT + timedelta(hours=10, minutes=30)

    (before,), (after,) = sums(meter, end=move), sums(meter, start=move)

    assert (before.totals, after.totals) == ((70,), (91,))
    assert (before.due.tolist(), after.due.tolist()) == ([10], [13])


def test_what_is_missing_is_known_to_be_missing(meter):
    load_readings(usage_series(meter, MIDNIGHT, [5] * 40 + [None] * 6 + [5] * 50, scale=0))

    (summed,) = sums(meter)

    assert by_day(summed) == {date(2026, 3, 1): (450, 90, 96)}


def test_days_without_a_reading_are_missing_in_their_month(meter):
    load_readings(usage_series(meter, MIDNIGHT, [5] * 96, scale=0))

    (summed,) = sums(meter, By.MONTH)

    assert (summed.known.tolist(), summed.due.tolist()) == ([96], [31 * 96 - 4])


def test_what_was_not_measured_is_counted_apart(meter):
    quality = [Quality.ACTUAL] * 30 + [Quality.ESTIMATED] * 6 + [Quality.ACTUAL] * 60
    load_readings(usage_series(meter, MIDNIGHT, [5] * 96, quality=quality))

    (summed,) = sums(meter)

    assert summed.qualities[0, Quality.ACTUAL] == 90
    assert summed.qualities[0, Quality.ESTIMATED] == 6


def test_a_withdrawn_reading_is_in_no_sum_and_no_quality(meter):
    load_readings(usage_series(meter, MIDNIGHT, [5] * 96, scale=0))
    withdrawn = usage_series(meter, MIDNIGHT + HOUR, [None] * 4, scale=0, quality=Quality.WITHDRAWN)
    load_readings(withdrawn, version_at=datetime(2026, 12, 1, tzinfo=UTC))

    (summed,) = sums(meter)

    assert by_day(summed) == {date(2026, 3, 1): (460, 92, 96)}
    assert summed.qualities.sum() == 92


def test_where_hours_and_quarters_tell_the_same_time_the_quarters_count(meter):
    load_readings(usage_series(meter, MIDNIGHT, [100] * 24, step=3600, scale=0))
    load_readings(usage_series(meter, MIDNIGHT + 6 * HOUR, [1] * 8, step=900, scale=0))

    (summed,) = sums(meter)

    assert by_day(summed) == {date(2026, 3, 1): (22 * 100 + 8, 30, 30)}


def test_a_change_of_grid_inside_a_day_loses_nothing(meter):
    load_readings(usage_series(meter, MIDNIGHT, [100] * 12, step=3600, scale=0))
    load_readings(usage_series(meter, MIDNIGHT + 12 * HOUR, [1] * 48, step=900, scale=0))

    (summed,) = sums(meter)

    assert by_day(summed) == {date(2026, 3, 1): (1248, 60, 60)}


def test_days_of_two_grids_in_a_month_are_due_by_the_finer(meter):
    load_readings(usage_series(meter, MIDNIGHT, [1] * 72, step=3600, scale=0))
    load_readings(usage_series(meter, MIDNIGHT + 3 * DAY, [1] * 36, step=7200, scale=0))

    summed = by_day(sums(meter, By.MONTH)[0])

    hours = 31 * 24 - 1  # six days of them are covered
    assert summed == {date(2026, 3, 1): (108, 108, 108 + hours - 6 * 24)}


def test_a_daily_reading_gives_way_to_the_quarters_of_its_day(meter):
    load_readings(usage_series(meter, MIDNIGHT, [500, 600], step=86_400, scale=0))
    load_readings(usage_series(meter, MIDNIGHT, [1] * 96, scale=0))

    (summed,) = sums(meter)

    assert [total for total, _, _ in by_day(summed).values()] == [96, 600]


def test_daily_readings_of_a_month_with_a_clock_change_are_due_by_the_day(meter):
    begins = [datetime(2026, 3, day, 8 if day <= 8 else 7, tzinfo=UTC) for day in range(1, 33 - 1)]
    ends = [*begins[1:], datetime(2026, 4, 1, 7, tzinfo=UTC)]
    for begin, end in list(zip(begins, ends, strict=True))[:20]:
        load_readings(usage_series(meter, begin, [3], step=int((end - begin).total_seconds()), scale=0))

    (summed,) = sums(meter, By.MONTH, start=MIDNIGHT)

    assert by_day(summed) == {date(2026, 3, 1): (60, 20, 31)}


def test_a_long_period_belongs_where_it_begins(meter):
    load_readings(usage_series(meter, MIDNIGHT + 16 * DAY, [310], step=31 * 86_400, scale=1))

    (summed,) = sums(meter, By.MONTH)

    assert by_day(summed) == {date(2026, 3, 1): (310, 1, 1)}


def test_directions_kinds_and_registers_stay_apart(meter):
    load_readings(
        usage_series(meter, MIDNIGHT, [1] * 96, scale=0),
        usage_series(meter, MIDNIGHT, [2] * 96, scale=0, direction="export"),
        usage_series(meter, MIDNIGHT, [4] * 96, scale=0, register="tou 1"),
        usage_series(meter, MIDNIGHT, [*range(96)], scale=0, kind="demand", unit="W"),
    )
    register = usage_series(meter, MIDNIGHT, [700, 800, 900], step=6 * 3600, scale=0, kind="register")
    register.durations[:] = 0
    load_readings(register)

    summed = {
        (each.channel.direction, each.channel.register, each.channel.kind): (each.rule, each.totals)
        for each in sums(meter)
    }

    assert summed == {
        ("import", "", "interval"): (Rule.SUM, (96,)),
        ("export", "", "interval"): (Rule.SUM, (192,)),
        ("import", "tou 1", "interval"): (Rule.SUM, (384,)),
        ("import", "", "demand"): (Rule.HIGHEST, (95,)),
        ("import", "", "register"): (Rule.LAST, (900,)),
    }


def test_volts_are_never_added(meter):
    load_readings(usage_series(meter, MIDNIGHT, [240, 241, 239], scale=0, unit="V", direction="none"))

    (summed,) = sums(meter)

    assert (summed.rule, summed.totals) == (Rule.HIGHEST, (241,))


def test_sums_of_any_size_and_scale_are_exact(meter):
    huge = 2**62
    load_readings(usage_series(meter, MIDNIGHT, [huge] * 96, scale=0))
    load_readings(usage_series(meter, MIDNIGHT + 2 * DAY, [1], scale=5))

    (summed,) = sums(meter, By.YEAR)

    assert summed.totals == (huge * 96 * 10**5 + 1,)
    assert summed.scale == 5


def test_a_swapped_meter_is_two_channels(home):
    load_days(home.meter, date(2026, 3, 1), 3)
    load_days(MeterDeviceFactory(), date(2026, 3, 1), 3)  # someone else's

    spans = metered_spans([home.contract.pk], EVER)
    summed = usage_sums(spans, channels_of(span.meter_id for span in spans), by=By.MONTH)

    assert [each.channel.meter_number for each in summed] == [home.meter.meter_number]


def test_a_year_by_day_reads_no_value_and_three_statements(meter):
    load_days(meter, date(2025, 1, 1), 365)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        (summed,) = sums(meter)

    assert summed.size == 366  # the first and the last local day are begun
    assert len(queries) == 3  # channels, blocks, periods: the statement for values has no block to ask for
    assert "vals" not in sum_blocks._SUMMED


def test_statements_do_not_grow_with_meters_and_days(db):
    meters = MeterDeviceFactory.create_batch(5)
    for each in meters:
        load_days(each, date(2026, 3, 1), 40)
    cut = Span(MIDNIGHT + HOUR, MIDNIGHT + 33 * DAY + HOUR)

    with CaptureQueriesContext(connection) as queries:
        summed = usage_sums(
            [MeteredSpan(each.pk, 1, each.pk, cut) for each in meters],
            channels_of(each.pk for each in meters),
            by=By.MONTH,
        )

    assert len(summed) == 5
    assert len(queries) == 5  # channels, months, blocks, periods, values of blocks that the ends cut
