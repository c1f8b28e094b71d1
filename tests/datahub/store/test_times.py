"""Times say of readings what arrays with an element a reading would."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datahub.store.times import Times


@st.composite
def grids(draw):
    """(times, the start of each, its length), kept between two of their readings."""
    slots, step = draw(st.sampled_from([(1, 900), (4, 900), (3, 60)]))
    gaps = draw(st.lists(st.sampled_from([0, 0, 1, step, 5_000]), min_size=1, max_size=6))
    rows = np.cumsum(np.array(gaps) + slots * step, dtype=np.int64)
    starts = (rows[:, None] + np.arange(slots) * step).ravel()
    first = draw(st.integers(0, len(starts) - 1))
    past = draw(st.integers(first + 1, len(starts)))
    whole = Times.of_blocks(rows, slots, step)
    return whole.cut(slice(first, past)), starts[first:past], np.full(past - first, step)


@st.composite
def periods(draw):
    lengths = np.array(draw(st.lists(st.sampled_from([0, 60, 900]), min_size=1, max_size=8)), dtype=np.int64)
    gaps = np.array(draw(st.lists(st.sampled_from([0, 0, 30]), min_size=len(lengths), max_size=len(lengths))))
    starts = np.cumsum(lengths + gaps) - lengths
    return Times.one_by_one(starts, lengths=lengths), starts, lengths


@given(grids() | periods())
def test_each_reading_is_where_the_arrays_have_it(readings):
    times, starts, lengths = readings

    assert times.starts.tolist() == starts.tolist()
    assert times.durations.tolist() == lengths.tolist()
    assert [times.start(place) for place in range(len(times))] == starts.tolist()
    assert [times.duration(place) for place in range(len(times))] == lengths.tolist()


@given(grids(), st.integers(-2, 2), st.data())
def test_what_begins_before_an_instant_is_counted(readings, beside, data):
    times, starts, _ = readings
    instant = data.draw(st.sampled_from([*starts.tolist(), 0, 10**6])) + beside

    assert times.before(instant) == np.searchsorted(starts, instant)


@given(grids() | periods(), st.data())
def test_some_of_them_are_the_same_readings(readings, data):
    times, starts, lengths = readings
    kept = np.array(sorted(data.draw(st.sets(st.integers(0, len(starts) - 1), min_size=1))))

    some = times.cut(kept)

    assert (some.starts.tolist(), some.durations.tolist()) == (starts[kept].tolist(), lengths[kept].tolist())


@given(grids() | periods())
def test_stretches_end_where_the_next_does_not_follow(readings):
    times, starts, lengths = readings
    edges = [0]
    for place in range(1, len(starts)):
        follows = starts[place] == starts[place - 1] + lengths[place - 1]
        if not follows or lengths[place] != lengths[place - 1] or lengths[place] == 0:
            edges.append(place)

    assert times.follow_on() == list(zip(edges, [*edges[1:], len(starts)], strict=True))
