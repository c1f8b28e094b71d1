"""What nothing may break: parts come to wholes, in every step and over every contract."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.mix.arithmetic.amounts import UNKNOWN, added, apportion, shares
from datahub.mix.arithmetic.consumption import capped, contract_weights, tariff_step
from datahub.mix.arithmetic.residual import Method, RegionStep, residual, spread

SOURCES = ("gas", "hydro", "solar", "wind")
watt_hours = st.integers(0, 10**9)
amounts = st.dictionaries(st.sampled_from(SOURCES), watt_hours)
steps = st.builds(
    RegionStep,
    generated=amounts,
    issued=amounts,
    expired=amounts,
    tracked=amounts,
    untracked_use=st.none() | watt_hours,
)


@given(total=watt_hours, weights=st.lists(watt_hours, min_size=1, max_size=9).filter(any))
def test_parts_come_to_the_total_and_stay_beside_their_exact_size(total, weights):
    parts = apportion(total, weights)

    assert sum(parts) == total
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    assert all(abs(part - size) < 1 for part, size in zip(parts, exact, strict=True))
    if total <= sum(weights):
        assert all(part <= weight for part, weight in zip(parts, weights, strict=True))


def test_nothing_cannot_be_divided_by():
    with pytest.raises(ValueError, match="nothing to divide 5 by"):
        apportion(5, [0, 0])


@given(amounts=amounts)
def test_shares_sum_to_one_exactly(amounts):
    parts = shares(amounts)

    assert sum(parts.values()) == 1
    assert all(0 <= share <= 1 and share.as_tuple().exponent >= -10 for share in parts.values())


def test_a_step_of_which_nothing_is_known_is_unknown():
    assert shares({}) == {UNKNOWN: Decimal(1)}


@given(step=steps, fill=st.none() | amounts)
def test_a_balanced_residual_comes_to_the_untracked_use(step, fill):
    mix = residual(step, fill=fill)

    assert all(amount >= 0 for amount in mix.amounts.values())
    whole = sum(added(step.generated, step.expired).values()) - sum(added(step.issued, step.tracked).values())
    if step.untracked_use is None:
        assert mix.method is Method.DOMESTIC
        assert sum(mix.amounts.values()) == max(0, whole)
    else:
        assert mix.method is Method.ISSUANCE
        assert sum(mix.amounts.values()) == step.untracked_use
        assert max(0, whole) == step.untracked_use + mix.surplus - mix.deficit


@given(step=steps)
def test_a_source_tracked_beyond_its_generation_is_named_and_never_below_nothing(step):
    mix = residual(step)

    for source in SOURCES:
        left = (
            step.generated.get(source, 0)
            + step.expired.get(source, 0)
            - step.issued.get(source, 0)
            - step.tracked.get(source, 0)
        )
        assert mix.negative.get(source, 0) == max(0, -left)


@given(month=watt_hours, profile=st.lists(watt_hours, min_size=1, max_size=40), hourly=st.lists(watt_hours))
def test_the_hours_of_monthly_certificates_sum_to_the_month(month, profile, hourly):
    by_step = dict(enumerate(profile))

    parts = spread(month, dict(enumerate(hourly)), by_step)

    assert sum(parts.values()) == month
    assert parts.keys() == by_step.keys()


@given(use=watt_hours, cancelled=amounts, left=amounts)
def test_tracked_and_residual_together_are_the_use(use, cancelled, left):
    tariff = tariff_step(use=use, cancelled=cancelled, residual=left)

    assert sum(tariff.amounts.values()) == use
    assert tariff.unused == max(0, sum(cancelled.values()) - use)


@given(
    contracts=st.lists(st.tuples(watt_hours, amounts), min_size=1, max_size=6),
    cancelled=amounts,
    left=amounts,
)
def test_no_certificate_counts_twice_over_all_contracts_of_a_tariff(contracts, cancelled, left):
    own = [capped(certificates, use) for use, certificates in contracts]
    rest = sum(use - sum(counted.values()) for (use, _), counted in zip(contracts, own, strict=True))
    tariff = tariff_step(use=rest, cancelled=cancelled, residual=left)

    counted: dict[str, Fraction] = {}
    for use, certificates in contracts:
        weights = contract_weights(use=use, own=certificates, tariff=tariff, residual=left)
        for source, weight in weights.items() if use else ():
            counted[source] = counted.get(source, Fraction()) + Fraction(use * weight, sum(weights.values()))

    whole = added(tariff.amounts, *own) if sum(use for use, _ in contracts) else {}
    assert {source: amount for source, amount in counted.items() if amount} == {
        source: amount for source, amount in whole.items() if amount
    }
