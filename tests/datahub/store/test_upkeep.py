from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, OperationalError, connection, connections

from cdsc_portal.lib.db.months import months_of
from datahub.models import Channel, IntervalBlock, IntervalBlockHistory, PartitionRecord, PeriodReading
from datahub.store import reorder
from datahub.store.upkeep import cluster_settled_months, drop_set_aside, set_aside_old_readings
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import load_days, load_readings, usage_series

pytestmark = pytest.mark.django_db
MARCH = datetime(2019, 3, 1, 8, tzinfo=UTC)
NIGHTS = [datetime(2026, 11, day, 3, tzinfo=UTC) for day in range(20, 27)]


@pytest.fixture
def meter():
    return MeterDeviceFactory()


def count_changes():
    """The database counts what a transaction wrote when it ends; a test's own never does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")


def rows_in(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_closed_month_is_put_in_order_once_it_has_settled(meter):
    load_days(meter, date(2026, 3, 1), 3)
    table = "interval_block_2026_03"

    clustered = []
    for night in NIGHTS[:3]:
        count_changes()
        clustered.append(table in cluster_settled_months(at=night))

    assert clustered == [False, True, False]  # not before it was seen unchanged, not again without a change
    record = PartitionRecord.objects.get(table=table)
    assert (record.clustered, record.month) == (NIGHTS[1], date(2026, 3, 1))

    load_days(meter, date(2026, 3, 1), 3, value=300)
    clustered = []
    for night in NIGHTS[3:6]:
        count_changes()
        clustered.append(table in cluster_settled_months(at=night))
    assert clustered == [False, True, False]
    assert IntervalBlock.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_month_that_is_still_open_is_left_alone(meter):
    load_days(meter, date(2026, 11, 1), 3)

    for night in NIGHTS[:3]:
        count_changes()
        assert "interval_block_2026_11" not in cluster_settled_months(at=night)


@pytest.mark.django_db(transaction=True)
def test_a_month_that_is_being_loaded_is_left_for_the_next_time(meter, monkeypatch):
    monkeypatch.setattr("datahub.store.reorder.LOCK_TIMEOUT", "100ms")
    load_days(meter, date(2026, 3, 1), 3)
    count_changes()
    cluster_settled_months(at=NIGHTS[0])
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE interval_block_2026_03 IN ROW EXCLUSIVE MODE")

        assert "interval_block_2026_03" not in cluster_settled_months(at=NIGHTS[1])
    finally:
        other.close()
    monkeypatch.undo()  # the other session's end, or a vacuum, may take its while

    assert "interval_block_2026_03" in cluster_settled_months(at=NIGHTS[2])


@pytest.fixture
def other(db):
    other = connections.create_connection("default")
    yield other
    other.close()


@pytest.mark.django_db(transaction=True)
def test_readers_go_on_while_a_month_is_put_in_order_and_find_the_same_rows(other, monkeypatch):
    meters = MeterDeviceFactory.create_batch(3)
    for first in (3, 1, 2):
        for meter in meters:
            load_days(meter, date(2026, 3, first), 1, value=first)
    before = sorted(IntervalBlock.objects.values_list("channel", "day", "vals"))
    read = []

    def swap(*args):
        with other.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
            cursor.execute("SELECT count(*) FROM interval_block WHERE day < '2026-04-01'")
            read.append(cursor.fetchone())
            with pytest.raises(OperationalError):  # a load would wait
                cursor.execute("DELETE FROM interval_block WHERE day = '2026-03-01'")
        original(*args)

    original = reorder._swap
    monkeypatch.setattr(reorder, "_swap", swap)

    assert reorder.reorder("interval_block_2026_03", date(2026, 3, 1)) == 9

    assert read == [(9,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT channel_id, day FROM interval_block_2026_03 ORDER BY ctid")
        assert (stored := cursor.fetchall()) == sorted(stored)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'interval_block_2026_03%ordered%'")
        assert cursor.fetchone()[0] <= 1  # the name of the key
    assert sorted(IntervalBlock.objects.values_list("channel", "day", "vals")) == before
    load_days(meters[0], date(2026, 3, 4), 1)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE interval_block SET feed_run_id = 0")


@pytest.mark.django_db(transaction=True)
def test_a_month_that_a_reader_holds_stays_as_it_is(meter, other, monkeypatch):
    monkeypatch.setattr(reorder, "LOCK_TIMEOUT", "50ms")
    load_days(meter, date(2026, 3, 1), 3)
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM interval_block")

        with pytest.raises(OperationalError):
            reorder.reorder("interval_block_2026_03", date(2026, 3, 1))
        cursor.execute("ROLLBACK")

    assert IntervalBlock.objects.count() == 3
    assert reorder.reorder("interval_block_2026_03", date(2026, 3, 1)) == 3


def test_without_a_policy_everything_is_kept(meter):
    load_days(meter, MARCH.date(), 2)

    assert set_aside_old_readings(years=None, at=NIGHTS[0]) == []
    assert IntervalBlock.objects.count() == 2


def test_whole_months_that_are_too_old_are_set_aside_and_recorded(meter):
    load_days(meter, date(2019, 3, 30), 4)
    load_days(meter, date(2021, 11, 1), 1)

    at = datetime(2026, 4, 20, tzinfo=UTC)  # seven years back lies in April 2019, which stays whole
    (record,) = set_aside_old_readings(years=7, at=at)

    assert (record.table, record.month, record.rows) == (
        "interval_block_2019_03_set_aside", date(2019, 3, 1), 2,
    )  # fmt: skip
    assert record.set_aside == at
    assert rows_in(record.table) == 2
    assert "interval_block_2019_03" not in dict(months_of("interval_block"))
    assert sorted(IntervalBlock.objects.values_list("day", flat=True)) == [
        date(2019, 4, 1), date(2019, 4, 2), date(2021, 11, 1),
    ]  # fmt: skip
    channel = Channel.objects.get()
    assert (channel.first_start, channel.modified) == (datetime(2019, 4, 1, tzinfo=UTC), at)


def test_history_and_periods_go_the_same_way(meter):
    load_readings(usage_series(meter, MARCH, [1, 2]), at=NIGHTS[0])
    load_readings(usage_series(meter, MARCH, [3, 2]), at=NIGHTS[1])
    month = {"step": 20 * 86_400, "unit": "therm", "scale": 0}
    load_readings(usage_series(meter, MARCH, [40], **month), at=NIGHTS[0])
    load_readings(usage_series(meter, MARCH, [41], **month), at=NIGHTS[1])
    load_readings(usage_series(meter, MARCH + timedelta(days=1000), [50], **month))

    records = set_aside_old_readings(years=5, at=NIGHTS[2])

    assert {record.table: record.rows for record in records} == {
        "interval_block_2019_03_set_aside": 1,
        "interval_block_history_2019_03_set_aside": 1,
        "datahub_periodreadinghistory_2019_03_set_aside": 1,
        "datahub_periodreading_2019_03_set_aside": 1,
    }
    assert not IntervalBlockHistory.objects.exists()
    assert [reading.value for reading in PeriodReading.objects.all()] == [50]


def test_what_comes_late_for_a_month_that_was_set_aside_is_set_aside_again(meter):
    load_days(meter, MARCH.date(), 2)
    set_aside_old_readings(years=5, at=NIGHTS[0])

    load_days(meter, MARCH.date(), 3)
    (again,) = set_aside_old_readings(years=5, at=NIGHTS[1])

    assert (again.table, again.rows) == ("interval_block_2019_03_set_aside_2", 3)
    assert rows_in("interval_block_2019_03_set_aside") == 2
    channel = Channel.objects.get()
    assert (channel.first_start, channel.last_end) == (None, None)


@pytest.mark.parametrize("archived", [True, False])
def test_what_was_set_aside_is_dropped_archived_where_that_is_set(meter, archived):
    load_readings(usage_series(meter, MARCH, [1, 2]), at=NIGHTS[0])
    load_readings(usage_series(meter, MARCH, [3, 2]), at=NIGHTS[1])
    tables = [record.table for record in set_aside_old_readings(years=5, at=NIGHTS[2])]

    assert drop_set_aside(at=NIGHTS[3], archive=archived) == 2
    assert drop_set_aside(at=NIGHTS[4], archive=archived) == 0

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = ANY(%s)", [tables])
        assert cursor.fetchone() == (0,)
    records = PartitionRecord.objects.filter(table__in=tables)
    assert {record.dropped for record in records} == {NIGHTS[3]}
    assert {record.archive for record in records} == (
        {f"archive/{table}/manifest.json" for table in tables} if archived else {""}
    )
    for record in records.exclude(archive=""):
        with default_storage.open(record.archive) as file:
            assert orjson.loads(file.read())["rows"] == record.rows == 1


@pytest.mark.django_db(transaction=True)
def test_a_month_in_use_is_not_set_aside_yet(meter, monkeypatch):
    monkeypatch.setattr("datahub.store.upkeep.LOCK_TIMEOUT", "100ms")
    load_days(meter, MARCH.date(), 2)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM interval_block")

        assert set_aside_old_readings(years=5, at=NIGHTS[0]) == []
    finally:
        other.close()

    assert IntervalBlock.objects.count() == 2
