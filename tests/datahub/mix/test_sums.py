"""Sums of the mix, without a database: hours make days, and days make months."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cdsc_portal.lib.time.ranges import Span
from datahub.mix.arithmetic.amounts import ONE, shares
from datahub.mix.series_places import MixName
from datahub.mix.steps import Steps
from datahub.mix.sums import Weighting, mix_sums, parts_of, shares_of
from datahub.mix.weights import Used
from datahub.models import MixSeries

HOUR, DAY = 3600, 86_400
SOURCES = ("gas", "solar", "unknown")
NAME = MixName(str(MixSeries.CONSUMPTION), "GREEN", "WEST")
amounts = st.tuples(*[st.integers(0, 10**12)] * 3)
hours = st.lists(st.tuples(amounts, st.integers(0, 10**9)), min_size=1, max_size=60)


def steps_of(amounts_by_step, *, seconds=HOUR, with_amounts=False, first=0):
    """One after the other, of these watt-hours by source."""
    size = len(amounts_by_step)
    of = [shares(dict(zip(SOURCES, each, strict=True))) for each in amounts_by_step]
    everything = np.ones((size, len(SOURCES)), dtype=np.bool_)
    starts = first + np.arange(size, dtype=np.int64) * seconds
    return Steps(
        sources=SOURCES,
        starts=starts,
        ends=starts + seconds,
        shares=np.array([[int(each.get(s, 0) * ONE) for s in SOURCES] for each in of], dtype=np.int64),
        named=everything,
        known=everything,
        amounts=np.array(amounts_by_step, dtype=np.int64),
        has_amounts=np.full(size, with_amounts),
        method=np.full(size, "issuance", dtype=object),
        provisional=np.zeros(size, dtype=np.bool_),
        computed=np.ones(size, dtype=np.bool_),
        modified=np.zeros(size, dtype=np.int64),
    )


def cut(steps, edges, use=None):
    """The parts, and what is used in each."""
    parts = parts_of({NAME: steps}, {NAME: [Span()]}, np.array(edges, dtype=np.int64))
    if use is None:
        return parts, None
    values = np.array([use[begin // HOUR] for begin in parts.begins.tolist()], dtype=np.int64)
    return parts, Used(values, np.ones(len(values), dtype=np.bool_), 0)


def buckets(steps, edges, use=None):
    """The sum of each, in order; what is used is by part."""
    parts, used = cut(steps, edges, use)
    return mix_sums(parts, used=used)


def added(sums):
    return {source: sum(each.amounts.get(source, 0) for each in sums) for source in SOURCES}


@given(amounts_by_step=hours)
def test_hours_weighed_with_use_make_days_and_days_the_month(amounts_by_step):
    steps, use = steps_of([each for each, _use in amounts_by_step]), [use for _each, use in amounts_by_step]
    edges = [*range(0, len(amounts_by_step) * HOUR + DAY, DAY)]

    days, (month,) = buckets(steps, edges, use), buckets(steps, [edges[0], edges[-1]], use)

    assert all(sum(each.shares.values()) == 1 for each in (*days, month))
    if all(each.weighting is Weighting.ENERGY for each in days):
        assert added(days) == dict(month.amounts)
    if sum(use):
        assert month.weighting is Weighting.ENERGY
        for place, source in enumerate(SOURCES):
            exact = Fraction(
                sum(int(share) * wh for share, wh in zip(steps.shares[:, place], use, strict=True)),
                sum(use) * ONE,
            )
            assert abs(Fraction(month.shares[source]) - exact) < Fraction(1, ONE)
    else:
        assert month.weighting is Weighting.TIME


@given(amounts_by_step=st.lists(amounts, min_size=1, max_size=60))
def test_the_grids_days_add_up_to_its_month_to_the_watt_hour(amounts_by_step):
    steps = steps_of(amounts_by_step, with_amounts=True)
    edges = [*range(0, len(amounts_by_step) * HOUR + DAY, DAY)]

    (month,) = buckets(steps, [edges[0], edges[-1]])

    assert sum(month.shares.values()) == 1
    if steps.amounts.any():
        assert dict(month.amounts) == {
            source: sum(each[place] for each in amounts_by_step) for place, source in enumerate(SOURCES)
        }
        assert month.shares == shares(month.amounts)


@given(
    amounts_by_step=st.lists(amounts, min_size=1, max_size=9),
    seconds=st.sampled_from([900, 5400, 7200, 100_000]),
)
def test_wherever_steps_are_cut_no_second_of_them_is_lost(amounts_by_step, seconds):
    steps = steps_of(amounts_by_step, seconds=seconds, first=DAY - 4000)

    cut = buckets(steps, [*range(0, 12 * DAY + len(amounts_by_step) * seconds, DAY)])

    assert sum(each.known_seconds for each in cut) == len(amounts_by_step) * seconds
    assert added(cut) == {
        source: int(steps.shares[:, place].sum()) * seconds for place, source in enumerate(SOURCES)
    }


def test_two_regions_at_once_count_both_and_their_time_once():
    east = NAME._replace(region="EAST")
    steps = {NAME: steps_of([(1, 0, 0)] * 2), east: steps_of([(0, 1, 0)] * 2)}

    parts = parts_of(steps, {NAME: [Span()], east: [Span()]}, np.array([0, DAY], dtype=np.int64))
    (sums,) = mix_sums(parts)

    assert (sums.known_seconds, sums.amounts["gas"], sums.amounts["solar"]) == (
        7200,
        7200 * ONE,
        7200 * ONE,
    )


def test_edges_part_what_they_cut():
    sums = buckets(steps_of([(4, 0, 0)], seconds=7200), [0, HOUR, 2 * HOUR])

    assert [each.known_seconds for each in sums] == [
        past - first for first, past in pairwise([0, HOUR, 2 * HOUR])
    ]


def test_a_told_mix_counts_before_one_that_was_worked_out():
    of_tariff = NAME._replace(region="")
    steps = {of_tariff: steps_of([(0, 1, 0)]), NAME: steps_of([(1, 0, 0)] * 2)}

    parts = parts_of(steps, {of_tariff: [Span()], NAME: [Span()]}, np.array([0, DAY], dtype=np.int64))
    (sums,) = mix_sums(parts)

    assert (sums.known_seconds, sums.amounts["gas"], sums.amounts["solar"]) == (
        7200,
        3600 * ONE,
        3600 * ONE,
    )


@given(amounts_by_step=hours, weighs=st.booleans(), with_amounts=st.booleans())
def test_the_share_of_some_sources_is_the_sum_of_their_shares(amounts_by_step, weighs, with_amounts):
    steps = steps_of([each for each, _use in amounts_by_step], with_amounts=with_amounts)
    use = [use for _each, use in amounts_by_step] if weighs else None
    edges = [*range(0, len(amounts_by_step) * HOUR + DAY, DAY)]

    parts, used = cut(steps, edges, use)
    together = shares_of({"gas", "solar"}, parts, used=used)

    for share, each in zip(together, buckets(steps, edges, use), strict=True):
        apart = sum((each.share(source) or 0) for source in ("gas", "solar"))
        assert abs(Fraction(share) - Fraction(apart)) < Fraction(2, ONE)
