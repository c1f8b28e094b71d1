from datetime import timedelta

import pytest

from datahub.models import PeriodReading
from tests.datahub.store.stored import FIRST, NOON, SECOND, read, shown
from tests.factories.feeds import FeedRunFactory, load_readings, usage_series

pytestmark = pytest.mark.django_db


def monthly(meter, start, days, value, **facts):
    return usage_series(meter, start, [value], step=days * 86_400, scale=0, unit="therm", **facts)


def test_a_month_is_a_period_and_its_correction_keeps_history(meter):
    load_readings(monthly(meter, NOON, 30, 41), version_at=FIRST)

    load_readings(monthly(meter, NOON, 30, 42), version_at=SECOND)
    late = load_readings(monthly(meter, NOON, 30, 40), version_at=FIRST)

    (channel,) = read(meter)
    assert (channel.step, channel.durations.tolist(), channel.decimals()) == (None, [30 * 86_400], ["42"])
    assert [former.value for former in PeriodReading.objects.get().history.all()] == [41]
    assert late.superseded == 1


def test_a_period_across_a_stored_one_is_rejected(meter):
    load_readings(monthly(meter, NOON, 30, 41))

    crossing = load_readings(monthly(meter, NOON + timedelta(days=29), 30, 42))

    (rejection,) = crossing.rejected
    assert rejection.reason.startswith("overlaps the reading from 2026-03-02T12:00:00+00:00")
    assert PeriodReading.objects.count() == 1


def test_periods_that_cross_in_the_operators_own_file_are_kept_as_stated(meter):
    both = [monthly(meter, NOON, 30, 41), monthly(meter, NOON + timedelta(days=29), 30, 42)]
    load_readings(both[0])

    loaded = load_readings(*both)

    assert (loaded.accepted, loaded.unchanged, loaded.rejected) == (1, 1, [])
    (channel,) = read(meter)
    assert channel.decimals() == ["41", "42"]


def test_a_month_that_its_own_file_contradicts_stands_as_it_said_first(meter):
    run = FeedRunFactory()
    load_readings(monthly(meter, NOON, 30, 41), run=run)

    again = load_readings(monthly(meter, NOON, 30, 42), run=run)

    assert shown(meter) == ["41"]
    assert [rejection.line for rejection in again.rejected] == [2]
