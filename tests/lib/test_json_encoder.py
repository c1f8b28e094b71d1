from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cdsc_portal.lib.json.encoder import exact, exact_scaled


@given(st.lists(st.integers(-(2**70), 2**70)), st.integers(-6, 20))
def test_integers_of_a_scale_are_written_as_their_decimals(integers, scale):
    assert exact_scaled(integers, scale) == [exact(Decimal(f"{integer}E{-scale}")) for integer in integers]
