import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datahub.feeds.formats.base import Quality
from datahub.feeds.store.codec import MOST, NEVER, Blocks, decoded, encoded


def blocks_of(values, known, quality, version):
    count = len(values)
    zeros = np.zeros(count, dtype=np.int64)
    return Blocks(
        3600, zeros + 7, zeros + 20_000, zeros, zeros + 2, np.where(known, values, 0), known, quality, version
    )


@given(
    values=arrays(np.int64, (3, 24), elements=st.integers(-MOST, MOST)),
    known=arrays(np.bool_, (3, 24)),
    quality=arrays(np.uint8, (3, 24), elements=st.integers(0, 6)),
    version=arrays(np.int64, (3, 24), elements=st.integers(1, 3)),
)
def test_blocks_come_back_as_they_went_in(values, known, quality, version):
    quality = np.where(known & (quality == Quality.WITHDRAWN), Quality.ACTUAL, quality).astype(np.uint8)
    said = known | (quality == Quality.WITHDRAWN)
    blocks = blocks_of(values, known, quality, np.where(said, version, NEVER))

    back = decoded(list(encoded(blocks)), step=3600)

    assert (back.values == blocks.values).all()
    assert (back.known == known).all()
    assert (back.quality == quality)[said].all()
    assert (back.version == blocks.version).all()


@pytest.mark.parametrize(
    ("highest", "width"),
    [(127, 1), (-127, 1), (-128, 2), (128, 2), (32_767, 2), (32_768, 4), (2**31, 8), (-MOST, 8)],
)
def test_a_block_takes_the_narrowest_width_that_leaves_a_mark_for_unknown(highest, width):
    known = np.zeros((1, 24), dtype=np.bool_)
    known[0, 5] = True
    blocks = blocks_of(
        np.full((1, 24), highest), known, np.zeros((1, 24), dtype=np.uint8), np.where(known, 1, NEVER)
    )

    (row,) = encoded(blocks)

    assert len(row.vals) == 24 * width
    assert row.exceptions is None
    assert row.known == 1


def test_a_few_estimates_cost_a_run_each():
    quality = np.zeros((1, 24), dtype=np.uint8)
    quality[0, 3:6] = quality[0, 20] = Quality.ESTIMATED
    whole = np.ones((1, 24), dtype=np.bool_)

    (row,) = encoded(
        blocks_of(np.ones((1, 24), dtype=np.int64), whole, quality, np.ones((1, 24), dtype=np.int64))
    )

    assert row.quality == Quality.ACTUAL
    assert len(row.exceptions) == 2 * 5
