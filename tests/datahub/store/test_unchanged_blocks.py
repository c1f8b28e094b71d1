"""What a load does with blocks that are stored already."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datahub.models import IntervalBlock
from datahub.rows.usage import Quality
from tests.datahub.store.stored import FIRST, NOON, SECOND, THIRD, shown
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import load_readings, usage_series

pytestmark = pytest.mark.django_db


def test_equal_blocks_are_not_staged(meter):
    other = MeterDeviceFactory()
    series = [usage_series(it, NOON, [1, None, -300] + [7] * 200) for it in (meter, other)]
    load_readings(*series, at=FIRST)

    with CaptureQueriesContext(connection) as queries:
        again = load_readings(*series, version_at=FIRST, at=SECOND)

    assert (again.accepted, again.unchanged, again.superseded) == (0, 2 * 203, 0)
    assert not [query for query in queries if "staged_block" in str(query["sql"])]


def test_of_many_stored_blocks_those_that_differ_are_written(meter):
    load_readings(usage_series(meter, NOON, [1, 2, -3] * 96), at=FIRST)
    values = [1, 2, -3] * 96
    values[100] = 300  # in the second of four blocks

    again = load_readings(usage_series(meter, NOON, values), version_at=FIRST, at=SECOND)

    assert (again.accepted, again.unchanged, again.superseded) == (1, 287, 0)
    assert shown(meter)[99:102] == ["0.001", "0.300", "-0.003"]
    changed = IntervalBlock.objects.filter(modified=SECOND)
    assert [block.day for block in changed] == [NOON.date() + timedelta(days=1)]


@pytest.mark.parametrize(
    "later",
    [
        {"values": [1, -128]},  # the code of a gap where a value has one byte
        {"values": [1, 0]},
        {"values": [2, None]},
        {"values": [1, None], "quality": Quality.CORRECTED},
        {"values": [1, None], "scale": 2},
    ],
)
def test_whatever_differs_in_a_stored_block_is_loaded(meter, later):
    load_readings(usage_series(meter, NOON, [1, None]), at=FIRST)

    loaded = load_readings(usage_series(meter, NOON, **later), version_at=FIRST, at=SECOND)

    assert loaded.accepted == 1
    assert IntervalBlock.objects.get().modified == SECOND


def test_a_withdrawal_of_what_is_unknown_is_loaded(meter):
    load_readings(usage_series(meter, NOON, [1, None]), at=SECOND)

    load_readings(
        usage_series(meter, NOON, [1, None], quality=[Quality.ACTUAL, Quality.WITHDRAWN]), at=SECOND
    )
    late = load_readings(usage_series(meter, NOON, [1, 2]), version_at=FIRST, at=THIRD)

    assert (late.accepted, late.superseded) == (0, 1)


def test_a_firm_reading_of_the_same_value_replaces_a_single_estimate(meter):
    qualities = [Quality.ACTUAL, Quality.ACTUAL, Quality.ESTIMATED]
    load_readings(usage_series(meter, NOON, [1, 2, 3], quality=qualities), at=FIRST)

    firm = load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=FIRST, at=SECOND)

    assert (firm.accepted, firm.unchanged) == (1, 2)


def test_the_same_value_makes_a_single_older_slot_as_new_as_the_file(meter):
    load_readings(usage_series(meter, NOON, [1, 2]), at=THIRD)
    load_readings(usage_series(meter, NOON, [None, None, 3]), version_at=FIRST)

    load_readings(usage_series(meter, NOON, [1, 2, 3]), version_at=SECOND)
    late = load_readings(usage_series(meter, NOON, [None, None, 4]), version_at=SECOND - timedelta(minutes=1))

    assert (late.accepted, late.superseded) == (0, 1)


def test_equal_blocks_of_different_days_are_unchanged_too():
    days = [
        usage_series(MeterDeviceFactory(), NOON + timedelta(days=number), [1, 2, 3]) for number in range(4)
    ]
    load_readings(*days, at=FIRST)

    again = load_readings(*days, version_at=FIRST, at=SECOND)

    assert (again.accepted, again.unchanged) == (0, 12)
