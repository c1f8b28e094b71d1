"""What a contract used in any stretch of time: what is known of all of it, while the meter was its own."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from datahub.mix.weights import contracts_use
from tests.factories.accounts import MeterDeviceFactory, MeterInstallationFactory
from tests.factories.feeds import load_readings, usage_series

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def load(meter, values, *, at=START, step=3600, scale=0, **channel):
    load_readings(usage_series(meter, at, values, step=step, scale=scale, **channel))


def used(home, hours=4, step=HOUR):
    """Watt-hours of each stretch, None where they are not known."""
    begins = np.array([int((START + place * step).timestamp()) for place in range(hours)], dtype=np.int64)
    ends = begins + int(step.total_seconds())
    use = contracts_use([home.contract.pk], (int(begins[0]), int(ends[-1])))[home.contract.pk].during(
        begins, ends
    )
    values = (use.values / 10**use.scale).tolist()
    return [value if known else None for value, known in zip(values, use.known.tolist(), strict=True)]


def test_shorter_readings_are_added_up_and_longer_ones_spread_without_loss(home):
    load(home.meter, [1, 2, 3, 4], step=900)
    load(home.meter, [7], at=START + HOUR, step=7200)

    assert used(home) == [10, 3, 4, None]


def test_a_reading_that_begins_long_before_and_ends_long_after_counts(home):
    load(home.meter, [7 * 24 * 7], at=START - 3 * 24 * HOUR, step=7 * 86_400)

    assert used(home) == [7] * 4


def test_meters_and_registers_are_added_up_at_their_own_scales(home):
    other = MeterDeviceFactory()
    MeterInstallationFactory(meter=other, service_point=home.point)
    load(home.meter, [1500] * 4, scale=3, register="day")
    load(home.meter, [100] * 4, register="night")
    load(other, [20] * 4)

    assert used(home) == [121.5] * 4


def test_rates_are_parts_of_their_total_and_fill_its_gaps(home):
    load(home.meter, [100, None, 100, 100], register="1.8.0")
    load(home.meter, [60, 70, 60, 60], register="1.8.1")
    load(home.meter, [40, 30, 40, 40], register="1.8.2")

    assert used(home) == [100] * 4


def test_a_meter_whose_feed_changes_its_names_goes_on(home):
    load(home.meter, [10, 20], scale=1)
    load(home.meter, [2, 3, 4], at=START + HOUR, register="1.8.0")

    assert used(home) == [1, 2, 3, 4]


def test_only_import_of_electricity_counts_and_below_0_is_nothing(home):
    load(home.meter, [5, -3, 5, 5])
    load(home.meter, [900] * 4, direction="export")
    load(home.meter, [900] * 4, register="max", kind="demand", unit="W")

    assert used(home) == [5, 0, 5, 5]


@pytest.mark.parametrize(("huge", "scale"), [([2**61] * 4, 0), ([2**61, 5, 5, 5], 3)])
def test_more_than_can_be_added_up_is_not_known(home, huge, scale):
    load(home.meter, huge, register="broken")
    load(home.meter, [7] * 4, scale=scale)

    assert used(home) == [None] * 4


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_a_stretch_with_a_gap_is_not_known(home, gap):
    values = [25] * 16
    values[4 + gap] = None
    load(home.meter, values, step=900)

    assert used(home) == [100, None, 100, 100]


def test_a_register_that_misses_an_hour_hides_it_though_the_other_has_it(home):
    load(home.meter, [1] * 4, register="day")
    load(home.meter, [1, None, 1, 1], register="night")

    assert used(home) == [2, None, 2, 2]


def test_where_readings_of_one_channel_overlap_the_shorter_ones_count(home):
    load(home.meter, [400] * 4)
    load(home.meter, [30] * 4, at=START + HOUR, step=900)

    assert used(home) == [400, 120, 400, 400]


@pytest.mark.spec("X-15")
def test_what_the_meter_measured_before_the_link_is_not_the_contracts(home):
    load(home.meter, [9_000, 9_000, 5, 5])
    home.contract.point_links.update(start=START + HOUR)

    assert used(home) == [None, 9_000, 5, 5]


def test_queries_are_two_however_many_contracts(home, django_assert_num_queries):
    load(home.meter, [5] * 4)

    with django_assert_num_queries(2):
        used(home)
