import struct
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datahub.rows.usage import Quality
from datahub.store.codec import MOST, NEVER, BlockRow, decoded
from datahub.store.packing import PackedBlocks, copy_tuples

DAY = date(2024, 10, 4)  # 20,000 days after 1970


def packed_rows(values, known, quality, version):
    """Blocks of hours as the database would read them from a binary COPY."""
    count = len(values)
    zeros = np.zeros(count, dtype=np.int64)
    packed = PackedBlocks.of(
        step=3600, channel=zeros + 7, day=zeros + 20_000, phase=zeros, scale=zeros + 2, values=values, known=known,
        stated=version != NEVER, quality=quality, version=version, zone="UTC",
    )  # fmt: skip
    stream = b"".join(copy_tuples(packed, {"place": np.arange(count), "flags": 0}))
    while stream:
        (fields,) = struct.unpack_from(">h", stream)
        stream, values_of_row = stream[2:], []
        for _ in range(fields):
            (length,) = struct.unpack_from(">i", stream)
            values_of_row.append(stream[4 : 4 + max(length, 0)] if length >= 0 else None)
            stream = stream[4 + max(length, 0) :]
        numbers = [int.from_bytes(field, "big", signed=True) for field in values_of_row[:10]]
        _, _, channel, day, step, phase, scale, usual, its_version, filled = numbers
        sums, vals, exceptions, versions = values_of_row[10:]
        yield BlockRow(
            channel, date(2000, 1, 1) + timedelta(days=day), step, phase, scale, vals, usual, exceptions, its_version,
            versions, filled,
        )  # fmt: skip


@given(
    values=arrays(np.int64, (5, 24), elements=st.one_of(st.integers(-MOST, MOST), st.integers(-130, 130))),
    known=arrays(np.bool_, (5, 24)),
    quality=arrays(np.uint8, (5, 24), elements=st.integers(0, 6)),
    version=arrays(np.int64, (5, 24), elements=st.integers(1, 3)),
    small=st.sets(st.integers(0, 4)),
)
def test_blocks_come_back_as_they_went_in(values, known, quality, version, small):
    values[list(small)] %= 100
    values = np.where(known, values, 0)
    quality = np.where(known & (quality == Quality.WITHDRAWN), Quality.ACTUAL, quality).astype(np.uint8)
    stated = known | (quality == Quality.WITHDRAWN)
    version = np.where(stated, version, NEVER)

    rows = list(packed_rows(values, known, quality, version))
    back = decoded(rows, step=3600)

    assert [(row.channel_id, row.day, row.known) for row in rows] == [
        (7, DAY, slots.sum()) for slots in known
    ]
    assert (back.values == values).all()
    assert (back.known == known).all()
    assert (back.quality == quality)[stated].all()
    assert (back.version == version).all()


@pytest.mark.parametrize(
    ("highest", "width"),
    [(127, 1), (-127, 1), (-128, 2), (128, 2), (32_767, 2), (32_768, 4), (2**31, 8), (-MOST, 8)],
)
def test_a_block_takes_the_narrowest_width_that_leaves_a_mark_for_unknown(highest, width):
    known = np.zeros((1, 24), dtype=np.bool_)
    known[0, 5] = True
    values = np.where(known, highest, 0)

    (row,) = packed_rows(values, known, np.zeros((1, 24), dtype=np.uint8), np.where(known, 1, NEVER))

    assert len(row.vals) == 24 * width
    assert row.exceptions == b""
    assert row.known == 1


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64])
def test_numbers_of_any_width_may_come_in(kind):
    values = np.full((1, 24), np.iinfo(kind).min + 1, dtype=kind)
    whole = np.ones((1, 24), dtype=np.bool_)

    (row,) = packed_rows(values, whole, np.zeros((1, 24), dtype=np.uint8), np.ones((1, 24), dtype=np.int64))

    assert decoded([row], step=3600).values.tolist() == values.tolist()


def test_a_few_estimates_cost_a_run_each():
    quality = np.zeros((1, 24), dtype=np.uint8)
    quality[0, 3:6] = quality[0, 20] = Quality.ESTIMATED
    whole = np.ones((1, 24), dtype=np.bool_)

    (row,) = packed_rows(np.ones((1, 24), dtype=np.int64), whole, quality, np.ones((1, 24), dtype=np.int64))

    assert row.quality == Quality.ACTUAL
    assert len(row.exceptions) == 2 * 5
