"""What holds over all hours of a month and all contracts of a region, once days are worked out and stored."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_portal.lib.time import clock
from datahub.feeds.loading.mix_days import mark_days
from datahub.mix.arithmetic.amounts import added
from datahub.mix.arithmetic.consumption import capped, contract_weights, tariff_step
from datahub.mix.arithmetic.region import HOUR, Amount, region_steps, spread_together
from datahub.mix.arithmetic.residual import residual
from datahub.models import MixDay, MixSeries, MixShare
from tests.datahub.mix.region import START, amount, customer, mark, shares_at, work_out

DAY = timedelta(days=1)
SOURCES = ("gas", "solar", "wind")
small = st.integers(0, 10**6)
amounts = st.dictionaries(st.sampled_from(SOURCES), small)


def days_of(start, count):
    return [start + DAY * place for place in range(count)]


def left(source="solar"):
    """What of a source is left of the hours' generation, by start."""
    rows = MixShare.objects.filter(series=MixSeries.RESIDUAL, source=source)
    return {row.start: row.quantity for row in rows}


@given(
    generated=amounts,
    tariffs=st.dictionaries(
        st.sampled_from(["GREEN", "BLUE", "PLAIN"]),
        st.tuples(amounts, st.lists(st.tuples(small, amounts), min_size=1, max_size=3)),
        min_size=1,
    ),
)
def test_all_contracts_of_a_region_have_what_is_tracked_and_the_residual_mix_once(generated, tariffs):
    """Whatever its tariff: tracked and residual come to the use, and no source is there more often than it was."""
    own = {name: [capped(given, use) for use, given in holders] for name, (_, holders) in tariffs.items()}
    rest = {
        name: sum(use for use, _ in holders) - sum(sum(each.values()) for each in own[name])
        for name, (_, holders) in tariffs.items()
    }
    for_tariff = {name: capped(given, rest[name]) for name, (given, _) in tariffs.items()}
    tracked = added(*for_tariff.values(), *(each for group in own.values() for each in group))
    use = sum(use for _, holders in tariffs.values() for use, _ in holders)
    step = region_steps(
        [
            *(Amount("generated", ("", None), source, 0, HOUR, wh, False) for source, wh in generated.items()),
            *(Amount("cancelled", (name, None), source, 0, HOUR, wh, False)
              for name, given in for_tariff.items() for source, wh in given.items()),
            *(Amount("cancelled", ("", n), source, 0, HOUR, wh, False)
              for n, given in enumerate(each for group in own.values() for each in group)
              for source, wh in given.items()),
            Amount("consumed", ("", None), "", 0, HOUR, use, False),
        ],
        HOUR,
        range(HOUR),
    )[0]  # fmt: skip
    untracked = residual(step.region())

    weighed: dict[str, float] = defaultdict(float)
    for name, (_, holders) in tariffs.items():
        consumed = tariff_step(use=rest[name], cancelled=for_tariff[name], residual=untracked.amounts)
        for (used, _), mine in zip(holders, own[name], strict=True):
            weights = contract_weights(use=used, own=mine, tariff=consumed, residual=untracked.amounts)
            for source, weight in weights.items() if used else ():
                weighed[source] += used * weight / sum(weights.values())

    assert sum(weighed.values()) == pytest.approx(use)
    for source, wh in added(tracked, untracked.amounts).items():
        assert weighed[source] == pytest.approx(
            wh, abs=len(tariffs) + 1e-3
        )  # a watt-hour of rounding a tariff


def test_certificates_that_only_meet_are_spread_apart_and_others_together():
    month, year = 31 * 86_400, 365 * 86_400

    spans = spread_together(
        [
            ("issued", "solar", 0, month), ("issued", "B16", month, month), ("issued", "wind", 5, month),
            ("issued", "sun", 2 * month - HOUR, month), ("generated", "solar", 0, year), ("issued", "solar", 7, HOUR),
        ]
    )  # fmt: skip

    assert sorted(spans) == [(0, month), (5, 5 + month), (month, 3 * month - HOUR)]


@pytest.mark.django_db
def test_hours_of_monthly_certificates_sum_to_the_month_over_days_worked_out_apart():
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for hour, made in ((0, 700), (25, 1_100), (400, 13), (743, 2_000)):
        amount("generated", "solar", made, span=(start + timedelta(hours=hour), HOUR))
    amount("issued", "solar", 1_000, span=(start, 31 * 86_400))
    for day in reversed(days_of(start, 31)):
        mark(day)
        work_out()  # a day at a time, the last first

    assert sum(left().values()) == 3_813 - 1_000


@pytest.mark.django_db
def test_certificates_that_overlap_are_deducted_whole_whatever_day_is_worked_out():
    """One for March, one from the middle of it: the second follows what the first left, on its last day as well."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for day, made in ((3, 900), (20, 1_000), (40, 800)):
        amount("generated", "solar", made, span=(start + DAY * day, HOUR))
    amount("issued", "solar", 950, span=(start, 31 * 86_400))
    amount("issued", "solar", 700, span=(start + DAY * 15, 31 * 86_400))
    for day in days_of(start, 46):
        mark(day)
        work_out()

    assert sum(left().values()) == 2_700 - 950 - 700


@pytest.mark.django_db
def test_a_late_hour_moves_the_days_of_its_certificates_and_no_other():
    """A certificate for a local day lies in two UTC days; the next local day and another region stay as they are."""
    morning = START + timedelta(hours=8)  # midnight in the utility's zone
    for place in range(2):
        amount("issued", "solar", 500, span=(morning + DAY * place, 86_400))
    for region in ("WEST", "EAST"):
        for hour in (10, 26, 40):  # the second is of the first local day and the second UTC day
            amount("generated", "solar", 1_000, hour=hour, region=region)
            amount("generated", "gas", 1_000, hour=hour, region=region)
        for day in days_of(START, 3):
            mark(day, region)
    work_out()
    before = dict(MixShare.objects.values_list("pk", "modified"))

    late = amount("generated", "solar", 2_000, hour=11)
    mark_days(periods=[(late.region, late.start, late.seconds)], at=clock.now())
    due = set(MixDay.objects.filter(due__isnull=False).values_list("region", "day"))
    work_out(at=clock.now() + timedelta(hours=1))

    assert due == {("WEST", START.date()), ("WEST", START.date() + DAY)}
    after = dict(MixShare.objects.values_list("pk", "modified"))
    moved = {pk for pk, modified in after.items() if modified != before.get(pk, modified)}
    hours = MixShare.objects.filter(pk__in=moved).values_list("start", "series").distinct()
    residual_hours = {(START + timedelta(hours=hour), str(MixSeries.RESIDUAL)) for hour in (10, 26)}
    assert set(hours) == residual_hours


@pytest.mark.django_db
def test_stored_shares_of_all_contracts_come_to_the_region():
    """Two tariffs and a contract with certificates of its own: by source, what was cancelled and what was left."""
    amount("generated", "solar", 3_000)
    amount("generated", "gas", 7_000)
    amount("issued", "solar", 1_000)
    amount("consumed", "", 10_000)
    amount("cancelled", "solar", 600, tariff_code="GREEN")
    plain, green, own = customer(4_000, tariff="PLAIN"), customer(2_000), customer(4_000)
    amount("cancelled", "wind", 400, contract=own.contract)
    mark()

    work_out()

    shares = {
        plain: shares_at(MixSeries.CONSUMPTION, key="PLAIN"),
        green: shares_at(MixSeries.CONSUMPTION, key="GREEN", contract=None),
        own: shares_at(MixSeries.CONSUMPTION, contract=own.contract),
    }
    assert all(sum(each.values()) == 1 for each in shares.values())
    whole: dict[str, Decimal] = defaultdict(Decimal)
    for home, used in ((plain, 4_000), (green, 2_000), (own, 4_000)):
        for source, share in shares[home].items():
            whole[source] += used * share
    # of 9,000 Wh untracked: 2,000 of solar and 7,000 of gas were left
    wanted = {"solar": 2_600, "gas": 7_000, "wind": 400}
    assert {source: round(wh) for source, wh in whole.items()} == wanted
