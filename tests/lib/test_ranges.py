"""Half-open ranges of instants."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cdsc_portal.lib.time.ranges import Span, difference, union

ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = range(-2, 13)


def hour(number):
    return ORIGIN + timedelta(hours=number)


def spans():
    bound = st.none() | st.integers(0, 10)
    pairs = st.tuples(bound, bound).filter(lambda p: p[0] is None or p[1] is None or p[0] < p[1])
    return pairs.map(lambda p: Span(*(None if number is None else hour(number) for number in p)))


def hours_in(span):
    return {number for number in HOURS if span.contains(hour(number))}


@given(spans(), spans())
def test_an_intersection_holds_exactly_what_both_hold(first, second):
    both = first.intersect(second)

    assert (hours_in(both) if both else set()) == hours_in(first) & hours_in(second)


@given(spans(), spans())
def test_a_span_covers_another_when_cutting_changes_nothing(outer, inner):
    assert outer.covers(inner) == (outer.intersect(inner) == inner)


@given(st.lists(spans(), max_size=6))
def test_a_union_holds_the_same_hours_in_disjoint_spans(parts):
    merged = union(parts)

    assert set().union(*map(hours_in, merged)) == set().union(*map(hours_in, parts))
    for earlier, later in zip(merged, merged[1:], strict=False):
        assert earlier.end < later.start


def test_the_end_is_not_part_of_a_span():
    span = Span(hour(0), hour(1))

    assert span.contains(hour(0))
    assert not span.contains(hour(1))
    assert span.intersect(Span(hour(1), hour(2))) is None


@given(st.lists(spans(), max_size=4), st.lists(spans(), max_size=4))
def test_a_difference_holds_exactly_what_only_the_first_hold(first, second):
    left = difference(first, second)

    held = [hours_in(span) for span in left]
    assert set().union(*held) == set().union(*map(hours_in, first)) - set().union(*map(hours_in, second))
    assert all(span.intersect(other) is None for span in left for other in left if span is not other)
