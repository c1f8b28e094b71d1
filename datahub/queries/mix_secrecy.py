"""Whether a mix that was weighed with somebody's use would tell that use. Decision 24.

Who reads a bucket also reads its steps: the sources' sums are equations for the parts that the steps had in the use.
With few steps, many sources, or a source that only one hour has, they can be solved.
"""

import numpy as np
import numpy.typing as npt

_NOTHING = 1e-9  # relative; shares have ten decimals
_MOST = 0.75  # what is not known of a step's use stays at least half as uncertain as before


def hides_use(shares: npt.NDArray[np.float64]) -> bool:
    """`shares` has a row a step and a column a source.

    The leverage of a step says how far the sums fix its part: 1 is wholly, and the uncertainty that remains is the root
    of what is missing to 1.
    """
    left, sizes, _right = np.linalg.svd(shares, full_matrices=False)
    if not len(sizes) or not sizes[0]:
        return False
    leverage = (left[:, sizes > sizes[0] * _NOTHING] ** 2).sum(axis=1)
    return bool(leverage.max() <= _MOST)
