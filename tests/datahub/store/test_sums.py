from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datahub.store.codec import MOST
from datahub.store.sums import NO_CUT, cuts, exact_sums, packed_sums
from tests.datahub.store.stored import stated_sums

EPOCH = date(1970, 1, 1).toordinal()


def day_number(day):
    return np.array([day.toordinal() - EPOCH])


@pytest.mark.parametrize(
    ("zone", "day", "quarters"),
    [
        ("UTC", date(2026, 3, 8), 0),
        ("America/Los_Angeles", date(2026, 3, 8), 32),
        ("America/Los_Angeles", date(2026, 3, 9), 28),  # the night before, clocks went forward
        ("Asia/Kolkata", date(2026, 3, 8), 74),  # 18:30
        ("Asia/Kathmandu", date(2026, 3, 8), 73),  # 18:15
        ("America/Santiago", date(2026, 9, 6), 16),  # clocks skip from midnight to one
        ("Europe/London", date(2026, 3, 29), NO_CUT),  # two: the next local day begins at 23:00
        ("Europe/London", date(2026, 10, 25), NO_CUT),  # none: it began at 23:00 of the day before
        ("Africa/Monrovia", date(1971, 1, 1), NO_CUT),  # midnight at 00:44:30
    ],
)
def test_local_midnight_is_where_the_local_date_changes(zone, day, quarters):
    assert cuts(day_number(day), zone).tolist() == [quarters]


@given(
    values=arrays(np.int64, (4, 24), elements=st.one_of(st.integers(-MOST, MOST), st.integers(-300, 300))),
    known=arrays(np.bool_, (4, 24)),
    phase=st.sampled_from([0, 900, 1800]),
    zone=st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Kathmandu", "Europe/London"]),
    days=st.lists(st.integers(20_000, 21_000), min_size=4, max_size=4),
)
def test_sums_before_and_after_local_midnight_are_exact(values, known, phase, zone, days):
    values = np.where(known, values, 0)
    packed = packed_sums(
        day=np.array(days), phase=np.full(4, phase), step=3600, values=values, known=known, zone=zone
    )

    stated = [
        stated_sums(packed.of_size(size)[row].tobytes() if size else None)
        for row, size in enumerate(packed.size.tolist())
    ]

    for row, day in enumerate(days):
        dates = [
            datetime.fromtimestamp(day * 86_400 + phase + slot * 3600, UTC).astimezone(ZoneInfo(zone)).date()
            for slot in range(24)
        ]
        if stated[row] is None:
            head = sum(v for v, d in zip(values[row].tolist(), dates, strict=True) if d == dates[0])
            tail = sum(values[row].tolist()) - head
            assert cuts(np.array([day]), zone)[0] == NO_CUT or max(abs(head), abs(tail)) >= 2**63
            continue
        cut = datetime.fromtimestamp(day * 86_400 + int(stated[row]["cut"]) * 900, UTC).astimezone(
            ZoneInfo(zone)
        )
        assert cut.timetz().replace(tzinfo=None).isoformat() == "00:00:00"
        before = [date_of_slot < cut.date() for date_of_slot in dates]
        assert stated[row]["head"] == sum(v for v, b in zip(values[row].tolist(), before, strict=True) if b)
        assert stated[row]["tail"] == sum(
            v for v, b in zip(values[row].tolist(), before, strict=True) if not b
        )
        assert stated[row]["head_known"] == sum(k and b for k, b in zip(known[row], before, strict=True))


@given(values=arrays(np.int64, (3, 96), elements=st.integers(-MOST, MOST)))
def test_a_sum_that_64_bits_do_not_hold_is_not_invented(values):
    sums, fits = exact_sums(values)

    for row in range(3):
        exact = sum(values[row].tolist())
        assert bool(fits[row]) == (-(2**63) <= exact < 2**63)
        assert sums[row] == (exact if fits[row] else 0)


def test_sums_of_small_blocks_take_four_bytes_each():
    packed = packed_sums(
        day=np.array([20_000]), phase=np.array([0]), step=900,
        values=np.full((1, 96), 32_767, dtype=np.int16), known=np.ones((1, 96), dtype=np.bool_), zone="UTC",
    )  # fmt: skip

    assert packed.size.tolist() == [11]
