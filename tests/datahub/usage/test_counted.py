"""Which readings count, against the rule read out reading by reading, for any holes, names, links and reads."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.usage.counted_channels import without
from datahub.usage.readings import channels_of
from datahub.usage.registers import register_name
from datahub.usage.sum_periods import By
from datahub.usage.summed_usage import service_sums
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import load_readings, usage_series
from tests.support.examples import examples, rolled_back

START, HOURS = datetime(2026, 3, 6, 8, tzinfo=UTC), 60
HOUR = timedelta(hours=1)
NAMES = {"1.8.0": 0, "": 1, "E2": 1, "1.8.1": 2, "1.8.2": 2}  # by rank

hours = st.lists(st.sampled_from([None, 1, 7, 30]), min_size=HOURS, max_size=HOURS)
reads = st.lists(st.integers(0, HOURS), min_size=2, max_size=8, unique=True).map(sorted)


@pytest.mark.django_db
@pytest.mark.usefixtures("spring_of_2026")
@pytest.mark.spec("P-26")
@settings(
    max_examples=examples(30),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(intervals={"": ([1] * HOURS, HOURS)}, registers={"1.8.0": ([0, 7, 60], 50)}, link=[0, HOURS])
@example(intervals={"": ([1] * HOURS, 30)}, registers={"1.8.1": ([0, 29, 30, 41, 60], 50)}, link=[3, 55])
@given(
    intervals=st.dictionaries(
        st.sampled_from(sorted(NAMES)), st.tuples(hours, st.integers(0, HOURS)), max_size=3
    ),
    registers=st.dictionaries(
        st.sampled_from(["1.8.0", "1.8.1"]), st.tuples(reads, st.integers(0, 50)), max_size=2
    ),
    link=st.tuples(st.integers(0, 20), st.integers(30, HOURS)).map(list),
)
@rolled_back
def test_what_counts_is_what_the_rule_says(intervals, registers, link):
    meter, (first, past) = MeterDeviceFactory(), link
    by_rank: dict[
        tuple[int, int], list[tuple[int, int, int]]
    ] = {}  # readings [start, end) in hours, and their worth
    for name, (values, until) in intervals.items():
        shown = [value if place < until else None for place, value in enumerate(values)]
        load_readings(usage_series(meter, START, shown, step=3600, scale=0, register=name))
        intervals_of_rank = by_rank.setdefault((0, NAMES[name]), [])
        intervals_of_rank += [
            (place, place + 1, value) for place, value in enumerate(shown) if value is not None
        ]
    for name, (moments, step) in registers.items():
        shown = {moment: 1000 + moment * step for moment in moments}
        for moment, value in shown.items():
            facts = {"step": 0, "scale": 0, "register": name, "kind": "register"}
            load_readings(usage_series(meter, START + moment * HOUR, [value], **facts))
        inside = [moment for moment in moments if first <= moment <= past]
        intervals_of_rank = by_rank.setdefault((1, NAMES[name]), [])
        intervals_of_rank += [(start, end, shown[end] - shown[start]) for start, end in pairwise(inside)]
    expected, taken = 0, set()
    for rank in sorted(by_rank):
        counting = [
            (start, end, worth)
            for start, end, worth in by_rank[rank]
            if first <= start and end <= past and not taken & set(range(start, end))
        ]
        expected += sum(worth for _, _, worth in counting)
        taken |= {hour for start, end, _ in counting for hour in range(start, end)}

    spans = (
        [MeteredSpan(1, 1, meter.pk, Span(START + first * HOUR, START + past * HOUR))] if first < past else []
    )
    (by_month,) = service_sums(spans, channels_of([meter.pk]), (By.MONTH,))

    assert sum(total / 10**sums.scale for sums in by_month.counted for total in sums.totals) == expected
    assert all((sums.known <= sums.due).all() for sums in by_month.counted)


spans = st.lists(st.integers(0, 40), max_size=12, unique=True).map(
    lambda edges: tuple(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)


@given(whole=spans, taken=spans)
def test_time_less_other_time_is_what_is_left_of_it(whole, taken):
    def hours(parts):
        return {hour for first, past in parts for hour in range(first, past)}

    left = without(whole, taken)

    assert hours(left) == hours(whole) - hours(taken)
    assert all(first < past for first, past in left)


@pytest.mark.parametrize(
    ("text", "tariff", "tier", "phase", "is_total"),
    [
        ("1.8.0", 0, 0, 0, True),
        ("1-1:1.29.0", 0, 0, 0, True),
        ("1-0:1.8.2*255", 2, 0, 0, False),
        ("41.8.0", 0, 0, 2, False),
        ("7-20:3.1.0", 0, 0, 0, True),
        ("tou 1 tier 2", 1, 2, 0, False),
        ("tier 3 17", 0, 3, 0, False),
        ("tour", 0, 0, 0, False),
        ("", 0, 0, 0, False),
        ("E1", 0, 0, 0, False),
    ],
)
def test_names_of_registers(text, tariff, tier, phase, is_total):
    name = register_name(text)

    assert (name.tariff, name.tier, name.phase, name.is_total) == (tariff, tier, phase, is_total)


def test_a_load_profile_comes_before_its_register_and_all_channels_before_one():
    preferences = [
        register_name(text).preference for text in ("1.29.0", "1-1:1.29.0", "1-0:1.8.0", "1-1:1.8.0", "1.9.0")
    ]

    assert preferences == sorted(preferences)
    assert register_name("7-20:3.2.0").preference < register_name("7-20:3.0.0").preference
