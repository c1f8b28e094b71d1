"""Readings of a meter nobody knows yet are kept, and load by themselves when it comes."""

import threading
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import MeterDevice
from datahub.feeds.loading.parking import columns_of_lots, load_or_park, series_of
from datahub.feeds.runs import parked
from datahub.feeds.runs.parked import end_waiting, load_arrived
from datahub.models import IntervalBlock, ParkedReadings, RejectedRow
from datahub.rows.usage import ChannelKey, ChannelKeys, UsageColumns, UsageGrid, UsageSeries
from datahub.store.tally import Origin
from datahub.usage.readings import readings
from tests.datahub.feeds.runs.files import FIRST, MORNING, bring, counts, metered, usage_file
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory, FeedRunFactory, usage_series

pytestmark = pytest.mark.django_db
COLUMNS = ("starts", "durations", "values", "known", "quality", "lines")
HIERARCHY = b"""record,mode,as_of,meter_number,commodity
file,changes,2026-03-02T00:00:00Z,,
meter,,,M-1,electricity
"""


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**40), 2**40), st.integers(0, 2**33), st.integers(-(2**63) + 1, 2**63 - 1),
            st.booleans(), st.integers(0, 6), st.integers(1, 2**40),
        ),
        min_size=1,
    )
)  # fmt: skip
def test_what_is_packed_comes_out_the_same(rows):
    run = FeedRunFactory()
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    kinds = (np.int64, np.int64, np.int64, np.bool_, np.uint8, np.int64)
    made = dict(zip(COLUMNS, map(np.ndarray.astype, columns, kinds), strict=True))
    series = UsageSeries("M-9", "1.8.0", "electricity", "Wh", "export", "interval", None, scale=3, **made)

    outcome = load_or_park(
        rows=[UsageColumns.of([series])], origin=Origin.of(run_id=run.pk, version_at=MORNING, at=MORNING)
    )

    again = series_of(ParkedReadings.objects.filter(run=run).get())
    assert outcome.parked == len(rows)
    assert (again.meter_number, again.register, again.direction, again.scale) == ("M-9", "1.8.0", "export", 3)
    assert all((getattr(again, name) == made[name]).all() for name in COLUMNS)
    assert all(getattr(again, name).dtype == made[name].dtype for name in COLUMNS)


def test_a_grid_of_unknown_meters_alone_is_parked_whole():
    run = FeedRunFactory()
    key = ChannelKey("M-9", "", "electricity", "Wh", "import", "interval")
    grid = UsageGrid(
        ChannelKeys.of([key]), np.array([0]), np.array([int(FIRST.timestamp())]), 900, np.arange(96).reshape(1, 96),
        np.array([0]), np.ones((1, 96), dtype=np.bool_), np.zeros((1, 96), dtype=np.uint8), np.array([2]),
    )  # fmt: skip

    outcome = load_or_park(rows=[grid], origin=Origin.of(run_id=run.pk, version_at=MORNING, at=MORNING))

    (columns,) = columns_of_lots(ParkedReadings.objects.all())
    assert (outcome.parked, outcome.loaded.accepted, outcome.loaded.unchanged) == (96, 0, 0)
    assert columns.values.tolist() == list(range(96))
    assert set(columns.lines.tolist()) == {2}


def test_a_channel_parked_twice_comes_in_columns_that_name_it_once():
    run, meter = FeedRunFactory(), MeterDevice(meter_number="M-9", commodity="electricity")
    origin = Origin.of(run_id=run.pk, version_at=MORNING, at=MORNING)
    for values in ([1, 2], [3, 4]):
        load_or_park(rows=[UsageColumns.of([usage_series(meter, MORNING, values)])], origin=origin)

    first, second = columns_of_lots(ParkedReadings.objects.order_by("pk"))

    assert (first.values.tolist(), second.values.tolist()) == ([1, 2], [3, 4])
    assert len(first.channels) == len(second.channels) == 1


def test_readings_of_an_unknown_meter_are_parked_and_load_when_it_is_added(
    feed, django_capture_on_commit_callbacks, monkeypatch
):
    run = bring(feed, usage_file("M-1", [1, 2], "M-2", [3]))
    before = counts(run)
    monkeypatch.setattr(
        "datahub.tasks.load_parked_readings.apply_async", lambda **_how: load_arrived(at=MORNING)
    )

    with django_capture_on_commit_callbacks(execute=True):
        meter = MeterDeviceFactory(meter_number="M-1")

    assert before == (3, 0, 0, 0, 3)
    assert counts(run) == (3, 2, 0, 0, 1)
    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["1", "2"]
    assert ParkedReadings.objects.get().meter_number == "M-2"


def test_a_hierarchy_that_brings_the_meter_brings_its_readings(
    feed, django_capture_on_commit_callbacks, monkeypatch
):
    run = bring(feed, usage_file("M-1", [1, 2]))
    monkeypatch.setattr(
        "datahub.tasks.load_parked_readings.apply_async", lambda **_how: load_arrived(at=MORNING)
    )

    with django_capture_on_commit_callbacks(execute=True):
        bring(FeedFactory(kind="hierarchy", format="hierarchy_csv"), HIERARCHY)

    assert counts(run) == (2, 2, 0, 0, 0)


def test_what_was_parked_does_not_undo_what_came_later(feed):
    early = bring(feed, usage_file("M-1", [1, 2]))
    meter = MeterDeviceFactory(meter_number="M-1")
    bring(feed, usage_file("M-1", [9]), at=MORNING + timedelta(days=1))

    load_arrived(at=MORNING + timedelta(days=2))

    (channel,) = readings(metered(meter))
    assert channel.decimals() == ["9", "2"]
    assert counts(early) == (2, 1, 1, 0, 0)


def test_parked_readings_that_do_not_fit_their_meter_are_rejected_with_their_line(feed):
    run = bring(feed, usage_file("M-1", [1, 2]))
    MeterDeviceFactory(meter_number="M-1", commodity="water")

    load_arrived(at=MORNING)

    assert counts(run) == (2, 0, 0, 2, 0)
    row = RejectedRow.objects.order_by("line")[0]
    assert (row.line, row.reason) == (2, "meter M-1 measures water, the file says electricity")
    assert row.text == "M-1,2026-03-01T00:00:00Z,1"


def test_readings_whose_meter_never_came_end_as_rejected_rows(feed):
    run = bring(feed, usage_file("M-1", [1, 2]))
    ParkedReadings.objects.update(created=MORNING)

    too_early = end_waiting(days=90, at=MORNING + timedelta(days=89, hours=23))
    ended = end_waiting(days=90, at=MORNING + timedelta(days=90))

    assert (too_early, ended) == (0, 2)
    assert counts(run) == (2, 0, 0, 2, 0)
    assert list(RejectedRow.objects.order_by("line").values_list("line", "reason", "text")) == [
        (2, "meter M-1 was not known here 90 days later", "M-1,2026-03-01T00:00:00Z,1"),
        (3, "meter M-1 was not known here 90 days later", "M-1,2026-03-01T00:15:00Z,2"),
    ]
    assert not ParkedReadings.objects.exists()


def test_a_number_no_meter_can_have_is_rejected_at_once(feed):
    run = bring(feed, usage_file("M" * 101, [1]))

    assert counts(run) == (1, 0, 0, 1, 0)


def test_a_character_0_costs_its_own_line_and_not_the_run(feed):
    MeterDeviceFactory(meter_number="M-1", commodity="electricity")
    MeterDeviceFactory(meter_number="M-2", commodity="water")
    content = b"meter,register,start,value\n" + b"".join(
        b"%b,2026-03-01T00:00:00Z,1\n" % row for row in (b"M-1,", b"M\0,", b"M-3,R\0", b"M-3,", b"M-2,")
    )

    run = bring(feed, content)

    assert counts(run) == (5, 1, 0, 3, 1)
    assert list(RejectedRow.objects.order_by("line").values_list("line", "reason")) == [
        (3, "no meter number and no register has a character 0"),
        (4, "register has a line break or a sign that cannot be seen"),
        (6, "meter M-2 measures water, the file says electricity"),
    ]
    assert RejectedRow.objects.get(line=3).text == "M\N{REPLACEMENT CHARACTER},,2026-03-01T00:00:00Z,1"


@pytest.mark.django_db(transaction=True)
def test_two_workers_load_each_parked_lot_once(feed, monkeypatch):
    runs = [
        bring(feed, usage_file("M-1", [day], "M-2", [day]), at=MORNING + timedelta(days=day))
        for day in range(4)
    ]
    meters = [MeterDeviceFactory(meter_number=number) for number in ("M-1", "M-2")]
    start, settled = threading.Barrier(2, timeout=120), []
    in_peace = parked._remove

    def both_at_once(run, lots, outcomes):
        settled.append(len(lots))
        return in_peace(run, lots, outcomes)

    def work():
        try:
            start.wait()
            load_arrived(at=MORNING)
        finally:
            connection.close()

    monkeypatch.setattr(parked, "_remove", both_at_once)
    workers = [threading.Thread(target=work) for _ in range(2)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    load_arrived(at=MORNING)  # the sweep

    assert sum(settled) == 8
    assert [(counts(run)[0], counts(run)[-1]) for run in runs] == [(2, 0)] * 4
    assert not ParkedReadings.objects.exists()
    assert IntervalBlock.objects.count() == 2
    assert [channel.decimals() for channel in readings(metered(*meters))] == [["3"], ["3"]]
