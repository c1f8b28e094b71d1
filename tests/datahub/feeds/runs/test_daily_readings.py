"""Daily readings across a clock change: each tells its local day, whatever length its file states (decision 27)."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from datahub.models import ChangedUse, Channel, PeriodReading
from datahub.store.whole_days import seconds_of_days
from tests.datahub.feeds.runs.files import bring
from tests.factories.accounts import household
from tests.factories.feeds import FeedFactory

LOCAL = ZoneInfo("America/Los_Angeles")
SPRING, AUTUMN = (date(2026, 3, 1), 31), (date(2026, 10, 20), 25)
pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return household()


@pytest.fixture
def daily():
    return FeedFactory(settings={"unit": "kWh", "interval_seconds": "86400"})


def day_file(meter, first, days, *, seconds=86_400):
    """Long CSV of a reading a day from local midnight, each 1.5 kWh."""
    lines = ["meter,start,interval_seconds,value"]
    for place in range(days):
        day = first + timedelta(days=place)
        start = datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)
        lines.append(f"{meter.meter_number},{start:%Y-%m-%dT%H:%M:%SZ},{seconds},1.5")
    return ("\n".join(lines) + "\n").encode()


def lengths():
    return sorted(
        (reading.end - reading.start) // timedelta(hours=1) for reading in PeriodReading.objects.all()
    )


@pytest.mark.parametrize(("first", "days"), [SPRING, AUTUMN])
def test_no_day_of_a_month_with_a_clock_change_vanishes(reader, home, daily, first, days):
    bring(daily, day_file(home.meter, first, days))
    reader.granted(home.contract)

    by_month = reader.get("/usage_sums", {"by": "month"}).json()["data"][0]["periods"]
    by_day = reader.get("/usage_sums", {"by": "day"}).json()["data"][0]["periods"]
    values = [value for item in reader.get("/usage_data").json()["data"] for value in item["values"]]

    assert sum(Decimal(item["value"]) for item in by_month) == days * 1500 == sum(map(Decimal, values))
    assert sum(item["known"] for item in by_month) == days
    assert [item["period"] for item in by_day] == [f"{first + timedelta(days=n)}" for n in range(days)]
    assert {(item["known"], item["due"]) for item in by_day} == {(1, 1)}


@pytest.mark.parametrize(("first", "days"), [SPRING, AUTUMN])
def test_segments_of_days_follow_each_other_without_overlap_or_gap(reader, home, daily, first, days):
    bring(daily, day_file(home.meter, first, days))
    reader.granted(home.contract)

    segments = reader.get("/usage_data").json()["data"]

    assert [item["interval_seconds"] // 3600 for item in segments] == [24, 23 if first.month == 3 else 25, 24]
    assert [item["end"] for item in segments[:-1]] == [item["start"] for item in segments[1:]]


@pytest.mark.parametrize(("first", "days"), [SPRING, AUTUMN])
def test_files_tell_each_day_of_the_month_too(reader, home, daily, first, days):
    bring(daily, day_file(home.meter, first, days))
    reader.granted(home.contract)

    bodies = {
        form: b"".join(reader.get("/usage_data/file", Accept=form).streaming_content).decode()
        for form in ("text/csv", "application/json", "application/atom+xml")
    }

    hour = 3600 * (23 if first.month == 3 else 25)
    assert sum(len(item["values"]) for item in json.loads(bodies["application/json"])["data"]) == days
    assert bodies["text/csv"].count(",1500,") == days
    assert bodies["application/atom+xml"].count("<value>") == days
    assert bodies["application/atom+xml"].count(f"<duration>{hour}</duration>") >= 1


def test_a_file_a_day_is_accepted_across_the_clock_change(home, daily):
    runs = [bring(daily, day_file(home.meter, date(2026, 3, day), 1)) for day in (7, 8, 9)]

    assert [(run.accepted, run.rejected) for run in runs] == [(1, 0)] * 3
    assert lengths() == [23, 24, 24]


def test_a_day_that_another_file_states_in_true_hours_is_the_same_day(home, daily):
    bring(daily, day_file(home.meter, date(2026, 3, 8), 1))

    run = bring(daily, day_file(home.meter, date(2026, 3, 8), 1, seconds=82_800))

    assert (run.unchanged, run.rejected, PeriodReading.objects.count()) == (1, 0, 1)


def test_days_of_a_feed_in_another_zone_are_days_there(home):
    berlin = FeedFactory(settings={"unit": "kWh", "interval_seconds": "86400"}, time_zone="Europe/Berlin")
    text = "meter,start,value\n" + "".join(
        f"{home.meter.meter_number},2026-03-{day}T00:00,1\n" for day in (28, 29, 30)
    )

    bring(berlin, text.encode())

    assert lengths() == [23, 24, 24]


def test_a_day_that_is_no_local_day_lasts_as_stated(home, daily):
    text = f"meter,start,value\n{home.meter.meter_number},2026-03-07T12:00:00Z,1\n"

    bring(daily, text.encode())

    assert lengths() == [24]


def test_months_stated_as_days_of_24_hours_end_at_local_midnight(home, daily):
    bring(daily, day_file(home.meter, date(2026, 3, 1), 1, seconds=31 * 86_400))
    run = bring(daily, day_file(home.meter, date(2026, 4, 1), 1, seconds=30 * 86_400))

    assert (run.accepted, run.rejected) == (1, 0)
    assert lengths() == [30 * 24, 31 * 24 - 1]


def test_readings_stored_before_the_rule_end_with_their_days(reader, home, daily):
    bring(daily, day_file(home.meter, date(2026, 3, 1), 31))
    eighth = PeriodReading.objects.get(start=datetime(2026, 3, 8, 8, tzinfo=UTC))
    ninth = PeriodReading.objects.get(start=eighth.end)
    PeriodReading.objects.filter(pk__in=[eighth.pk, ninth.pk]).update(overlapping=True)
    PeriodReading.objects.filter(pk=eighth.pk).update(end=eighth.start + timedelta(days=1))
    ChangedUse.objects.all().delete()
    before = Channel.objects.get().modified

    import_module("datahub.migrations.0021_readings_last_local_days").end_with_their_days(apps, None)

    eighth.refresh_from_db()
    assert eighth.end == ninth.start
    assert not PeriodReading.objects.filter(overlapping=True).exists()
    assert Channel.objects.get().modified > before
    assert date(2026, 3, 8) in ChangedUse.objects.get().days


@given(
    zone=st.sampled_from(
        ["America/Los_Angeles", "Europe/Berlin", "America/Santiago", "Atlantic/Azores", "UTC"]
    ),
    day=st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    count=st.integers(1, 40),
)
def test_days_follow_each_other_in_every_zone(zone, day, count):
    local = ZoneInfo(zone)
    start, past = (
        int(datetime(moment.year, moment.month, moment.day, tzinfo=local).timestamp())
        for moment in (day, day + timedelta(days=count))
    )

    assert start + seconds_of_days(start, count * 86_400, (local,)) == past
