"""No sum of a closed month outlives a change of its readings, whoever writes it and whatever runs beside it."""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from datahub.feeds.loading.parking import load_or_park
from datahub.feeds.runs.parked import load_arrived
from datahub.models import ChannelMonth, ChannelsToSum, PartitionRecord, PeriodReading, UnnotedChange
from datahub.rows.usage import Quality, UsageColumns
from datahub.store import load
from datahub.store.tally import Origin
from datahub.store.upkeep import set_aside_old_readings
from datahub.usage import summed_months
from datahub.usage.readings import channels_of
from datahub.usage.sum_periods import By
from datahub.usage.summed_months import sum_closed_months
from datahub.usage.sums import usage_sums
from tests.datahub.usage.month_sums import sum_all, wrong_months
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedRunFactory, load_days, load_readings, usage_series
from tests.support.workers import somebody_waits_for_us, wait_until

NEWER = datetime(2026, 12, 1, tzinfo=UTC)
MARCH, TENTH = date(2026, 3, 1), datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def meter():
    """Hours of February to April, summed."""
    meter = MeterDeviceFactory(meter_number="M-1")
    load_readings(three_months(meter))
    sum_all()
    return meter


def three_months(meter):
    return usage_series(meter, datetime(2026, 2, 1, 8, tzinfo=UTC), [250] * (89 * 24 - 1), step=3600)


def newer(*series):
    load_readings(*series, version_at=NEWER, at=NEWER)


def a_correction(meter):
    newer(usage_series(meter, TENTH, [900], step=3600))


def another_quality(meter):
    newer(usage_series(meter, TENTH, [250], step=3600, quality=Quality.CORRECTED))


def a_withdrawal(meter):
    newer(usage_series(meter, TENTH, [None], step=3600, quality=Quality.WITHDRAWN))


def another_grid(meter):
    newer(usage_series(meter, TENTH, [1, 2], step=900))


def a_daily_reading(meter):
    newer(usage_series(meter, datetime(2026, 3, 10, 7, tzinfo=UTC), [3], step=86_400))


def a_long_reading_that_begins_a_month_before(meter):
    newer(usage_series(meter, datetime(2026, 2, 20, tzinfo=UTC), [3], step=20 * 86_400))


def a_reading_of_no_length(meter):
    series = usage_series(meter, TENTH + timedelta(minutes=7), [3], step=3600)
    series.durations[:] = 0
    newer(series)


def an_hour_before_local_midnight(meter):
    """In the first UTC day of April, of March on the clock."""
    newer(usage_series(meter, datetime(2026, 4, 1, 6, tzinfo=UTC), [900], step=3600))


def what_was_parked(meter):
    unknown = MeterDeviceFactory(meter_number="M-2")
    rows = [UsageColumns.of([usage_series(unknown, TENTH, [1, 2], step=3600)])]
    load_days(unknown, MARCH, 31, step=3600)
    sum_all()
    type(unknown).objects.filter(pk=unknown.pk).update(meter_number="M-3")
    load_or_park(rows=rows, origin=Origin.of(run_id=FeedRunFactory(parked=2).pk, version_at=NEWER, at=NEWER))
    type(unknown).objects.filter(pk=unknown.pk).update(meter_number="M-2")
    assert load_arrived(at=NEWER) == 2
    return unknown


def a_month_set_aside(meter):
    assert set_aside_old_readings(years=5, at=datetime(2031, 4, 20, tzinfo=UTC))
    assert PartitionRecord.objects.filter(set_aside__isnull=False).count() == 2


WRITERS = [
    a_correction, another_quality, a_withdrawal, another_grid, a_daily_reading,
    a_long_reading_that_begins_a_month_before, a_reading_of_no_length, an_hour_before_local_midnight, what_was_parked,
    a_month_set_aside,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("write", WRITERS)
def test_no_sum_is_left_of_what_a_writer_changed(meter, write):
    stored = set(ChannelMonth.objects.values_list("channel", "month"))
    assert {month for _, month in stored} == {date(2026, 2, 1), MARCH, date(2026, 4, 1)}

    changed = write(meter) or meter

    assert wrong_months() == []
    assert not ChannelMonth.objects.filter(channel__meter=changed, month=MARCH).exists()
    sum_all()
    assert wrong_months() == []
    assert not ChannelsToSum.objects.exists()


@pytest.mark.django_db
def test_the_same_readings_again_leave_the_sums_as_they_are(meter):
    load_readings(three_months(meter))

    assert ChannelMonth.objects.count() == 3
    assert not ChannelsToSum.objects.exists()


def test_readings_are_written_where_their_sums_are_deleted_and_nowhere_else():
    writes = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|COPY|TRUNCATE|DETACH PARTITION)\b")
    tables = re.compile(r"\b(interval_block|datahub_periodreading)\b")
    orm = re.compile(r"\b(IntervalBlock|PeriodReading)\.objects[^\n]*\.(create|update|delete|bulk_create)\(")
    root = Path(django_settings.BASE_DIR)

    writers = {
        str(path.relative_to(root))
        for app in ("accounts", "consent", "datahub", "cdsc_portal", "demo")
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts
        and ((writes.search(text := path.read_text()) and tables.search(text)) or orm.search(text))
    }

    assert writers == {
        "datahub/store/block_table.py",  # by `load_rows`, which deletes the sums
        "datahub/store/period_table.py",  # likewise
        "datahub/store/reorder.py",  # which writes the same rows in another order
        "datahub/store/upkeep.py",  # which forgets the months that it sets aside
        "datahub/mix/recomputing/marks.py",  # reads them, and writes marks of the mix
        "datahub/usage/summed_months.py",  # reads them, and writes the sums
    }


def sums_of_march(meter):
    whole = Span(datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 4, 1, 7, tzinfo=UTC))
    (sums,) = usage_sums([MeteredSpan(1, 1, meter.pk, whole)], channels_of([meter.pk]), by=By.MONTH)
    return sums.known.tolist()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "taken_away"),
    [
        ("DELETE FROM interval_block WHERE day = '2026-03-10'", 24),
        ("UPDATE interval_block SET quality = 3 WHERE day = '2026-03-10'", 0),
    ],
)
def test_no_sum_counts_after_a_change_by_hand_until_all_months_are_summed_anew(meter, statement, taken_away):
    before = sums_of_march(meter)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL datahub.forgets_month_sums = off")
        cursor.execute(statement)

    by_hand = sums_of_march(meter)
    too_soon = sum_closed_months(at=clock.now())
    anew = sum_all()

    assert before == [31 * 24 - 1]
    assert by_hand == sums_of_march(meter) == [31 * 24 - 1 - taken_away]
    assert (too_soon, anew) == (0, 3)
    assert wrong_months() == []
    assert not UnnotedChange.objects.exists()


@pytest.mark.django_db
def test_no_sum_counts_after_a_period_was_changed_by_hand(meter):
    channel = ChannelMonth.objects.first().channel
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL datahub.forgets_month_sums = off")

    PeriodReading.objects.create(
        channel=channel, start=TENTH, end=TENTH + timedelta(minutes=7), value=1, scale=0, quality=0, version=0,
        modified=NEWER, feed_run=FeedRunFactory(),
    )  # fmt: skip

    assert sums_of_march(meter) == [31 * 24 - 1]  # the reading, in place of the hour that it lies in
    assert UnnotedChange.objects.count() == 1


@pytest.mark.django_db
def test_sums_of_a_month_go_where_its_table_was_detached_by_hand(meter):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE interval_block DETACH PARTITION interval_block_2026_03")

    sum_all()

    assert set(ChannelMonth.objects.values_list("month", flat=True)) == {date(2026, 2, 1), date(2026, 4, 1)}
    assert wrong_months() == []


class Apart(threading.Thread):
    """Work in a session of its own."""

    def __init__(self, work):
        super().__init__()
        self.work = work
        self.start()

    def run(self):
        try:
            self.work()
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_month_is_not_summed_while_a_load_that_changed_it_is_not_committed(meter):
    changed, may_end = threading.Event(), threading.Event()

    def load_slowly():
        with transaction.atomic():
            a_correction(meter)
            changed.set()
            may_end.wait(120)

    loading = Apart(load_slowly)
    changed.wait(120)
    ChannelsToSum.objects.create(month=MARCH, channels=[ChannelMonth.objects.first().channel_id])
    beside = sum_all()
    may_end.set()
    loading.join()
    after = sum_all()

    assert (beside, after) == (0, 1)
    assert wrong_months() == []
    assert ChannelMonth.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_load_deletes_what_was_summed_between_its_writing_and_its_commit(meter, monkeypatch):
    written, may_go_on = threading.Event(), threading.Event()
    forget = load.forget_sums

    def forget_later(**changed):
        written.set()
        may_go_on.wait(120)
        forget(**changed)

    monkeypatch.setattr(load, "forget_sums", forget_later)
    loading = Apart(lambda: a_correction(meter))
    written.wait(120)
    ChannelsToSum.objects.create(month=MARCH, channels=[ChannelMonth.objects.first().channel_id])
    beside = sum_all()  # of the readings as they were
    may_go_on.set()
    loading.join()

    assert beside == 1
    assert wrong_months() == []
    assert [row.month for row in ChannelsToSum.objects.order_by("month")] == [MARCH]


@pytest.mark.django_db(transaction=True)
def test_a_load_waits_for_the_batch_that_is_being_summed(meter, monkeypatch):
    store, loads = summed_months.store_month_sums, []

    def store_beside_a_load(**sums):
        store(**sums)
        loads.append(Apart(lambda: a_correction(meter)))
        wait_until(somebody_waits_for_us)

    monkeypatch.setattr(summed_months, "store_month_sums", store_beside_a_load)
    ChannelsToSum.objects.create(month=MARCH, channels=[ChannelMonth.objects.first().channel_id])

    with transaction.atomic():
        summed_months._sum_batch(MARCH)
    for loading in loads:
        loading.join()

    assert len(loads) == 1
    assert wrong_months() == []
    assert MARCH not in set(ChannelMonth.objects.values_list("month", flat=True))
