"""Amounts of any length as steps of a region."""

from hypothesis import given
from hypothesis import strategies as st

from datahub.mix.arithmetic.region import NOBODY, Amount, region_steps, step_seconds

HOUR, DAY = 3600, 86_400
hours = st.lists(st.integers(0, 10**9), min_size=24, max_size=24)


def generated(start, wh, source="wind", seconds=HOUR):
    return Amount("generated", NOBODY, source, start, seconds, wh, provisional=False)


@given(made=hours, hourly=hours, certificates=st.integers(0, 10**12))
def test_certificates_of_a_longer_time_are_in_its_steps_to_the_watt_hour(made, hourly, certificates):
    amounts = [generated(hour * HOUR, wh) for hour, wh in enumerate(made)]
    amounts += [amount._replace(kind="issued", wh=wh) for amount, wh in zip(amounts, hourly, strict=True)]
    long = Amount("issued", NOBODY, "wind", 0, DAY, certificates, provisional=False)

    steps = region_steps([*amounts, long], HOUR, range(DAY))

    issued = sum(step.by_kind["issued"]["wind"] for step in steps.values())
    assert issued == certificates + sum(hourly)


def test_names_of_one_source_are_one_and_shorter_steps_are_added_up():
    quarters = [
        generated(place * 900, 5, source, 900) for place, source in enumerate(("SUN", "B16", "pv", "solar"))
    ]

    steps = region_steps(quarters, HOUR, range(DAY))

    assert steps[0].generated == {"solar": 20}
    assert step_seconds([*quarters, generated(0, 1)]) == HOUR
    assert step_seconds(quarters) == 900


def test_steps_beside_the_days_asked_for_are_left_out():
    steps = region_steps([generated(0, 1), generated(DAY, 1)], HOUR, range(DAY, 2 * DAY))

    assert list(steps) == [DAY]


def test_cancelled_certificates_count_for_their_holder_and_lessen_the_untracked_use():
    amounts = [
        generated(0, 10),
        Amount("consumed", NOBODY, "", 0, HOUR, 9, provisional=False),
        Amount("tracked", NOBODY, "wind", 0, HOUR, 2, provisional=False),
        Amount("cancelled", ("GREEN", None), "wind", 0, HOUR, 3, provisional=True),
    ]

    step = region_steps(amounts, HOUR, range(DAY))[0]

    assert step.cancelled == {("GREEN", None): {"wind": 3}}
    assert (step.region().untracked_use, step.provisional) == (4, True)
