"""Whether a mix that was weighed with somebody's use would tell that use. Decision 24.

Who reads a bucket also reads its steps: the sources' sums are equations for the parts that the steps had in the use.
With few steps, many sources, or a source that only one hour has, they can be solved.
"""

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from datahub.mix.arithmetic.amounts import ONE
from datahub.mix.sums import Parts
from datahub.mix.weights import Used
from datahub.usage.sum_periods import By, calendar

_Shares = npt.NDArray[np.float64]
_NOTHING = 1e-9  # relative; shares have ten decimals
_MOST = 0.75  # what is not known of a step's use stays at least half as uncertain as before
_LEAST, _LARGEST = 0.1, 0.5  # of an even part, of all


def hides_use(shares: _Shares) -> bool:
    """`shares` has a row a step and a column a source.

    The leverage of a step says how far the sums fix its part: 1 is wholly, and the uncertainty that remains is the root
    of what is missing to 1.
    """
    left, sizes, _right = np.linalg.svd(shares, full_matrices=False)
    if not len(sizes) or not sizes[0]:
        return False
    leverage = (left[:, sizes > sizes[0] * _NOTHING] ** 2).sum(axis=1)
    return bool(leverage.max() <= _MOST)


def is_spread(used: npt.NDArray[np.float64]) -> bool:
    """No part is nearly all of the use or nearly none: the sum would be so near the mix of the others, or of that one,
    that it says so.
    """
    even = used.sum() / len(used)
    return bool(even > 0 and used.min() >= even * _LEAST and used.max() <= used.sum() * _LARGEST)


class HiddenUse:
    """Which of somebody's whole days or months may be weighed with what was used and not shared."""

    def __init__(self, by: By, zone: ZoneInfo) -> None:
        self.by, self.zone = by, zone
        self._known: dict[bytes, bool] = {}

    def hides(self, parts: Parts, rows: slice, used: Used, *, seconds: int) -> bool:
        """Whether a bucket of so many seconds is granted and told whole, will not change, and leaves open what was used
        in its steps `rows`; of a month, also what was used on its days, which are told beside it.

        Steps of two regions at once tell of the same use twice, each as if it were half as open as it is: never.
        """
        told = parts.known_seconds(rows)
        if parts.steps.provisional[rows].any() or told < seconds or told < int(parts.lengths[rows].sum()):
            return False
        shares = parts.steps.shares[rows] / ONE
        weights = used.values[rows].astype(np.float64)
        if self.by is By.DAY:
            return is_spread(weights) and self._hides(shares)
        first, past = int(parts.begins[rows].min()), int(parts.ends[rows].max())
        days = calendar(By.DAY, first, past - 1, self.zone).places(parts.begins[rows])
        totals: _Shares = np.bincount(days, weights=weights).astype(np.float64)
        if not is_spread(totals):
            return False
        by_day = np.array([np.bincount(days, weights=weights * column) for column in shares.T]).T
        return self._hides(shares) and self._hides(by_day / totals[:, None])

    def _hides(self, shares: _Shares) -> bool:
        """Remembered: contracts of one tariff have the same steps."""
        key = shares.tobytes()
        if key not in self._known:
            self._known[key] = hides_use(shares)
        return self._known[key]
