from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.feeds.loading.usage import load_usage, make_partitions
from datahub.models import Channel, IntervalBlock, IntervalBlockHistory
from datahub.rows.usage import Quality, UsageColumns, UsageGrid
from datahub.store import block_table
from datahub.store.tally import Origin
from datahub.usage.readings import readings
from tests.datahub.store.stored import FIRST, NOON, SECOND, THIRD, read, shown
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedRunFactory, load_readings, usage_series

pytestmark = pytest.mark.django_db


def test_readings_come_back_exactly(meter):
    loaded = load_readings(usage_series(meter, NOON, [1, -20, 300_000, None, 9_000_000_000_000_000_000]))

    (channel,) = read(meter)

    assert channel.decimals() == ["0.001", "-0.020", "300.000", None, "9000000000000000.000"]
    assert channel.starts[0] == NOON.timestamp()
    assert (channel.step, channel.unit, channel.meter_number) == (900, "Wh", "M-1")
    assert (loaded.accepted, loaded.unchanged, loaded.rejected) == (4, 1, [])


def test_the_same_load_again_changes_nothing(meter):
    load_readings(usage_series(meter, NOON, [1, 2, 3]), at=FIRST)

    again = load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=FIRST, at=SECOND)

    assert (again.accepted, again.unchanged, again.superseded) == (0, 3, 0)
    assert IntervalBlock.objects.get().modified == FIRST
    channel = Channel.objects.get()
    assert (channel.modified, channel.synced) == (FIRST, SECOND)
    assert not IntervalBlockHistory.objects.exists()


def test_a_channel_seen_again_within_minutes_is_not_written_again(meter):
    load_readings(usage_series(meter, NOON, [1, 2, 3]), at=FIRST)

    load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=FIRST, at=FIRST + timedelta(minutes=9))
    soon = Channel.objects.get().synced
    load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=FIRST, at=FIRST + timedelta(minutes=11))

    assert (soon, Channel.objects.get().synced) == (FIRST, FIRST + timedelta(minutes=11))


def test_a_channel_is_written_with_each_of_its_rows_that_is(meter):
    load_readings(usage_series(meter, NOON, [1, None, 3]), at=FIRST)
    withdrawn = usage_series(meter, NOON + timedelta(minutes=15), [None], quality=Quality.WITHDRAWN)

    load_readings(withdrawn, at=FIRST + timedelta(minutes=1))

    assert Channel.objects.get().synced == FIRST + timedelta(minutes=1)


def test_the_same_from_an_older_file_neither_writes_nor_locks_a_row(meter):
    load_readings(usage_series(meter, NOON, [1, 2, 3]), at=THIRD)

    load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=FIRST, at=THIRD)

    with connection.cursor() as cursor:
        cursor.execute("SELECT xmax::text FROM interval_block")
        assert cursor.fetchall() == [("0",)]


def test_stored_blocks_that_no_sample_shows_are_found_all_the_same(meter, monkeypatch):
    load_readings(usage_series(meter, NOON + timedelta(days=1), [7, 8]), at=FIRST)
    monkeypatch.setattr(block_table, "_sample", lambda _count: np.array([0]))

    loaded = load_readings(usage_series(meter, NOON, range(3 * 96)), at=SECOND)

    assert (loaded.accepted, loaded.unchanged) == (3 * 96, 0)
    assert shown(meter) == [f"0.{value:03}" for value in range(3 * 96)]
    assert IntervalBlockHistory.objects.count() == 1


def test_a_correction_replaces_its_slots_and_leaves_the_old_block_in_history(meter):
    load_readings(usage_series(meter, NOON, [1, 2, 3]), at=FIRST)
    run = FeedRunFactory()

    fixed = load_readings(usage_series(meter, NOON, [None, 7], quality=Quality.CORRECTED), at=SECOND, run=run)

    assert shown(meter) == ["0.001", "0.007", "0.003"]
    assert (fixed.accepted, fixed.unchanged) == (1, 1)
    assert IntervalBlock.objects.get().modified == SECOND
    former = IntervalBlockHistory.objects.get()
    assert (former.replaced, former.replaced_by, former.modified) == (SECOND, run, FIRST)


@pytest.mark.parametrize("table", ["interval_block", "interval_block_history"])
@pytest.mark.parametrize("column", ["channel_id", "feed_run_id"])
def test_blocks_and_what_they_replaced_name_a_channel_and_a_run_that_exist(meter, table, column):
    load_readings(usage_series(meter, NOON, [1, 2, 3]), at=FIRST)
    load_readings(usage_series(meter, NOON, [5]), at=SECOND)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = 0")
        connection.check_constraints()


def test_more_decimals_scale_the_whole_block_up(meter):
    load_readings(usage_series(meter, NOON, [5, 6], scale=0))

    load_readings(usage_series(meter, NOON, [None, 625], scale=2))

    assert shown(meter) == ["5.00", "6.25"]


@pytest.mark.parametrize("firm", [Quality.ACTUAL, Quality.CORRECTED, Quality.SUBSTITUTED, Quality.UNSTATED])
@pytest.mark.parametrize("weak", [Quality.ESTIMATED, Quality.PROVISIONAL])
def test_an_estimate_never_replaces_a_firm_reading(meter, firm, weak):
    load_readings(usage_series(meter, NOON, [100], quality=firm), at=FIRST)

    late = load_readings(usage_series(meter, NOON, [90], quality=weak), at=SECOND)

    assert shown(meter) == ["0.100"]
    assert (late.accepted, late.unchanged, late.superseded) == (0, 1, 1)


def test_a_firm_reading_replaces_an_estimate(meter):
    load_readings(usage_series(meter, NOON, [90], quality=Quality.ESTIMATED), at=FIRST)

    load_readings(usage_series(meter, NOON, [100]), at=SECOND)

    assert shown(meter) == ["0.100"]


def test_an_older_file_fills_gaps_and_undoes_nothing(meter):
    load_readings(usage_series(meter, NOON, [1, None]), version_at=SECOND)

    late = load_readings(usage_series(meter, NOON, [5, 6]), version_at=FIRST)

    assert shown(meter) == ["0.001", "0.006"]
    assert (late.accepted, late.superseded) == (1, 1)


def test_a_value_said_again_by_a_newer_file_is_as_new_as_that_file(meter):
    load_readings(usage_series(meter, NOON, [1]), version_at=FIRST)
    load_readings(usage_series(meter, NOON, [1]), version_at=THIRD)

    load_readings(usage_series(meter, NOON, [2]), version_at=SECOND)

    assert shown(meter) == ["0.001"]


def test_a_withdrawn_reading_is_unknown_and_stays_so_for_older_files(meter):
    load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=FIRST)
    load_readings(
        usage_series(meter, NOON, [1, None, 3], quality=[0, Quality.WITHDRAWN, 0]), version_at=THIRD
    )

    load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=SECOND)

    assert shown(meter) == ["0.001", None, "0.003"]


def test_two_grids_of_one_day_stand_side_by_side(meter):
    load_readings(usage_series(meter, NOON, [1000], step=3600))
    load_readings(usage_series(meter, NOON + timedelta(hours=1), [10, 20, 30, 40]))

    quarter, hour = read(meter)

    assert (quarter.step, quarter.decimals()) == (900, ["0.010", "0.020", "0.030", "0.040"])
    assert (hour.step, hour.decimals()) == (3600, ["1.000"])


def test_hours_that_begin_at_the_half_hour_keep_their_phase(meter):
    half_past = NOON + timedelta(minutes=30)

    load_readings(usage_series(meter, half_past, [1, 2, 3], step=3600))

    (channel,) = read(meter)
    assert channel.starts.tolist() == [int(half_past.timestamp()) + hour * 3600 for hour in range(3)]
    assert IntervalBlock.objects.get().phase == 1800


@pytest.mark.parametrize(("day", "quarters"), [(8, 92), (9, 96)])
def test_a_local_day_has_as_many_quarters_as_the_clock_shows(meter, day, quarters):
    zone = ZoneInfo("America/Los_Angeles")
    midnight = datetime(2026, 3, day, tzinfo=zone)
    load_readings(usage_series(meter, datetime(2026, 3, 7, tzinfo=UTC), range(4 * 96)))

    (channel,) = read(meter, midnight, (midnight + timedelta(days=1)))

    assert channel.size == quarters
    assert channel.starts[0] == midnight.timestamp()


def test_a_reading_counts_only_when_its_whole_interval_lies_inside(meter):
    load_readings(usage_series(meter, NOON, [1, 2, 3, 4]))

    kept = shown(meter, NOON + timedelta(minutes=1), NOON + timedelta(minutes=59))

    assert kept == ["0.002", "0.003"]


def test_readings_outside_every_span_are_not_there(meter):
    load_readings(usage_series(meter, NOON, [1, 2]))

    assert read(meter, NOON + timedelta(days=1)) == []


def test_many_meters_cost_two_queries(django_assert_num_queries):
    meters = [MeterDeviceFactory() for _ in range(20)]
    load_readings(*(usage_series(meter, NOON, range(200)) for meter in meters))
    spans = [MeteredSpan(place, 1, meter.pk, Span()) for place, meter in enumerate(meters)]

    with django_assert_num_queries(2):  # channels; blocks and periods
        channels = readings(spans)

    assert [channel.size for channel in channels] == [200] * 20


def test_an_unknown_meter_and_a_foreign_commodity_are_rejected_by_line(meter):
    stranger = MeterDeviceFactory.build(meter_number="M-404", commodity="electricity")

    loaded = load_readings(
        usage_series(stranger, NOON, [1, 2]), usage_series(meter, NOON, [3], commodity="water")
    )

    assert [(rejection.line, rejection.reason) for rejection in loaded.rejected] == [
        (2, "meter M-404 is not known here"),
        (3, "meter M-404 is not known here"),
        (2, "meter M-1 measures electricity, the file says water"),
    ]


def test_a_register_is_read_at_an_instant(meter):
    series = usage_series(meter, NOON, [1000], kind="register", step=0)

    load_readings(series)

    (channel,) = read(meter, NOON, NOON + timedelta(seconds=1))
    assert (channel.kind, channel.durations.tolist(), channel.decimals()) == ("register", [0], ["1.000"])
    assert read(meter, NOON - timedelta(days=1), NOON) == []


def whole_days(meter, start, days, step=900):
    """Columns and a grid of the same whole local days."""
    columns = UsageColumns.of([usage_series(meter, start, range(days * 86_400 // step), step=step)])
    shape = (days, 86_400 // step)
    grid = UsageGrid(
        columns.channels, np.zeros(days, dtype=np.int64), columns.starts[:: shape[1]], step,
        columns.values.astype(np.int16).reshape(shape), columns.scale, columns.known.reshape(shape),
        np.broadcast_to(np.uint8(0), shape), np.arange(days) + 2,
    )  # fmt: skip
    return columns, grid


@pytest.mark.parametrize("hour", [0, 7])
@pytest.mark.parametrize("first", [0, 1])
def test_whole_days_are_the_same_as_columns_and_as_a_grid(meter, hour, first):
    forms = whole_days(meter, NOON.replace(hour=hour), 3)
    run = FeedRunFactory()
    make_partitions(rows=forms)

    loaded = load_usage(rows=[forms[first]], origin=Origin(run.pk, 1, FIRST))
    again = load_usage(rows=[forms[1 - first]], origin=Origin(run.pk, 1, SECOND))

    assert (loaded.accepted, again.unchanged) == (288, 288)
    assert [int(float(text) * 1000 + 0.5) for text in shown(meter)] == list(range(288))
    assert IntervalBlock.objects.count() == (3 if hour == 0 else 4)


def test_two_rows_of_a_grid_that_meet_are_a_fault_of_the_format(meter):
    _, grid = whole_days(meter, NOON, 2)
    make_partitions(rows=[grid])
    meeting = replace(grid, starts=grid.starts - np.array([0, 900]))

    with pytest.raises(ValueError, match="meet"):
        load_usage(rows=[meeting], origin=Origin(FeedRunFactory().pk, 1, FIRST))


def test_a_file_that_contradicts_itself_stands_as_it_said_first(meter):
    run = FeedRunFactory()
    load_readings(usage_series(meter, NOON, [1, 2, 3]), run=run)

    again = load_readings(usage_series(meter, NOON, [1, 7, None, 4]), run=run)

    assert shown(meter) == ["0.001", "0.002", "0.003", "0.004"]
    assert (again.accepted, again.unchanged) == (1, 2)
    assert [(rejection.line, rejection.reason) for rejection in again.rejected] == [
        (3, "gives another value for a time of which the file spoke before")
    ]


def test_readings_of_a_meter_that_is_not_known_yet_are_handed_back(meter):
    stranger = MeterDeviceFactory.build(meter_number="M-404", commodity="electricity")
    rows = UsageColumns.of([usage_series(stranger, NOON, [1, 2]), usage_series(meter, NOON, [3])])
    make_partitions(rows=[rows])
    handed_back = []

    loaded = load_usage(rows=[rows], origin=Origin(FeedRunFactory().pk, 1, FIRST), unknown=handed_back.append)

    assert (loaded.accepted, loaded.unchanged, loaded.rejected) == (1, 0, [])
    (columns,) = handed_back
    assert [key.meter_number for key in columns.channels] == ["M-404"]
    assert (columns.values.tolist(), columns.lines.tolist()) == ([1, 2], [2, 3])


def test_a_register_whose_name_is_too_long_is_rejected(meter):
    loaded = load_readings(usage_series(meter, NOON, [1], register="r" * 101))

    assert [rejection.reason for rejection in loaded.rejected] == [
        "no channel's name has more than 100 characters"
    ]


def test_a_load_costs_the_same_statements_for_any_number_of_meters():
    counts = []
    for number in (2, 40):
        meters = [MeterDeviceFactory() for _ in range(number)]
        rows = UsageColumns.of([usage_series(meter, NOON, range(100)) for meter in meters])
        make_partitions(rows=[rows])
        with CaptureQueriesContext(connection) as queries:
            load_usage(rows=[rows], origin=Origin(FeedRunFactory().pk, 1, FIRST))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_channel_knows_how_far_its_readings_reach(meter):
    load_readings(usage_series(meter, NOON, [None, 1, 2, None]))
    load_readings(usage_series(meter, NOON - timedelta(hours=3), [5], step=3600))
    load_readings(usage_series(meter, NOON + timedelta(days=3), [None], quality=Quality.WITHDRAWN))

    channel = Channel.objects.get()

    assert channel.first_start == NOON - timedelta(hours=3)
    assert channel.last_end == NOON + timedelta(minutes=45)
    assert channel.longest == 3600


def test_a_channel_without_a_value_reaches_nowhere(meter):
    load_readings(usage_series(meter, NOON, [None]))

    channel = Channel.objects.get()

    assert (channel.first_start, channel.last_end, channel.longest) == (None, None, None)


def test_a_new_channel_may_be_named_twice_in_one_part(meter):
    later = NOON + timedelta(minutes=30)

    loaded = load_readings(usage_series(meter, NOON, [1, 2, 3]), usage_series(meter, later, [9, 4]))

    assert shown(meter) == ["0.001", "0.002", "0.003", "0.004"]
    assert (loaded.accepted, len(loaded.rejected)) == (4, 1)  # what it said of the third quarter first stands
