"""Channels are looked up while the part before is loaded, in another session: what changes in between is seen."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datahub.feeds.loading.channels import UNBOUNDED, find_channels, find_or_make_channels
from datahub.feeds.runs import chunks
from datahub.models import Channel, RunStatus
from datahub.rows.usage import ChannelKey, ChannelKeys
from datahub.usage.readings import readings
from tests.datahub.feeds.runs.files import FIRST, MORNING, bring, counts, metered, usage_file
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import load_readings, usage_series
from tests.support.queries import count_sessions

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = ChannelKeys.of([ChannelKey("M-1", "", "electricity", "Wh", "import", "interval")])


@pytest.fixture
def channel(meter):
    """The channel of `meter`, of which nothing is stored."""
    return Channel.objects.get(pk=find_or_make_channels(KEYS, UNBOUNDED, MORNING).ids[0])


@pytest.fixture
def meanwhile(monkeypatch):
    """Has something happen once, when the first part was looked up and is not yet loaded."""

    def happens(change):
        def missing_months(months):
            while changes:
                changes.pop()()
            return in_peace(months)

        changes, in_peace = [change], chunks.missing_months
        monkeypatch.setattr(chunks, "missing_months", missing_months)

    return happens


def test_the_session_that_loads_looks_for_no_channel_that_was_found(feed, channel):
    with CaptureQueriesContext(connection) as queries:
        run = bring(feed, usage_file("M-1", [7, 8]))

    assert counts(run) == (2, 2, 0, 0, 0)
    assert not [query["sql"] for query in queries if "accounts_meterdevice" in query["sql"]]


def test_blocks_of_a_channel_that_goes_meanwhile_come_into_a_new_one(feed, meter, channel, meanwhile):
    meanwhile(channel.delete)

    run = bring(feed, usage_file("M-1", [7, 8]))

    assert counts(run) == (2, 2, 0, 0, 0)
    assert Channel.objects.get().pk != channel.pk
    assert [series.decimals() for series in readings(metered(meter))] == [["7", "8"]]


def test_periods_of_a_channel_that_goes_meanwhile_come_into_a_new_one(feed, meter, channel, meanwhile):
    feed.settings["interval_seconds"] = "1000"
    feed.save()
    meanwhile(channel.delete)

    run = bring(feed, usage_file("M-1", [7]))

    assert counts(run) == (1, 1, 0, 0, 0)
    assert Channel.objects.get().pk != channel.pk
    assert [series.decimals() for series in readings(metered(meter))] == [["7"]]


def test_a_meter_that_arrives_meanwhile_has_its_readings_at_once(feed, channel, meanwhile):
    meanwhile(lambda: MeterDeviceFactory(meter_number="M-9"))

    run = bring(feed, usage_file("M-1", [7], "M-9", [8], "M-404", [9]))

    assert counts(run) == (3, 2, 0, 0, 1)


def test_a_channel_that_another_load_makes_meanwhile_is_used(feed, meter, meanwhile):
    meanwhile(lambda: load_readings(usage_series(meter, FIRST - timedelta(days=1), [5])))

    run = bring(feed, usage_file("M-1", [7]))

    assert counts(run) == (1, 1, 0, 0, 0)
    assert Channel.objects.count() == 1


def test_a_meter_is_looked_for_again_when_its_number_may_have_moved_on(channel):
    matches = find_channels(KEYS, UNBOUNDED, MORNING)
    channel.meter.meter_number = "M-2"
    channel.meter.save()

    soon = find_or_make_channels(KEYS, UNBOUNDED, MORNING + timedelta(seconds=5), matches)
    later = find_or_make_channels(KEYS, UNBOUNDED, MORNING + timedelta(seconds=11), matches)

    assert soon.ids.tolist() == [channel.pk]
    assert later.ids.tolist() != [channel.pk]


def test_a_channel_stays_on_its_page_when_a_load_marks_it():
    series = [usage_series(MeterDeviceFactory(), FIRST, [5]) for _ in range(200)]
    find_or_make_channels(
        ChannelKeys.of(KEYS[0]._replace(meter_number=each.meter_number) for each in series),
        UNBOUNDED,
        MORNING,
    )
    before = pages()

    load_readings(*series, at=MORNING + timedelta(days=1))

    assert len(set(before)) > 1
    assert pages() == before


@pytest.mark.parametrize(
    "content", [usage_file("M-1", [7, 8]), b"meter,start\nM-1,never\n"], ids=["taken", "refused"]
)
def test_a_run_leaves_no_session_behind(feed, meter, content):
    before = count_sessions()

    run = bring(feed, content)

    assert run.status in (RunStatus.DONE, RunStatus.REFUSED)
    until = time.monotonic() + 120
    while count_sessions() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert count_sessions() <= before


def pages() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT split_part(ctid::text, ',', 1) FROM datahub_channel ORDER BY id")
        return [int(page.removeprefix("(")) for (page,) in cursor.fetchall()]
