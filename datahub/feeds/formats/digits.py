"""A list of decimal text to exact integers, all cells at once."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.cells import exact
from datahub.feeds.formats.csv.tokenizer import AHEAD, PLAIN
from datahub.feeds.formats.csv.tokenizer import numbers as plain_numbers
from datahub.rows.base import MOST_INT64, Integers

_MOST_DECIMALS = 12
_POWERS = np.array([10**power for power in range(19)] + [1])
_LIMITS = np.array([MOST_INT64 // 10**power for power in range(19)] + [0])  # from 10**19 on only 0 fits


class Numbers(NamedTuple):
    """Cell i is digits[i] * 10**exponents[i], exactly, where `good`; elsewhere it is no number that can be kept."""

    digits: Integers
    exponents: Integers
    good: npt.NDArray[np.bool_]


def numbers(cells: bytes) -> Numbers:
    """What `cells.exact` makes of each cell between commas; only those that are not plain are read singly."""
    buffer = np.frombuffer(bytes(AHEAD) + cells + b",", np.uint8)
    stops = np.flatnonzero(buffer == ord(","))
    starts = np.append(AHEAD, stops[:-1] + 1)
    digits, powers, state = plain_numbers(buffer, starts, stops, ".")
    exponents = powers.astype(np.int64)
    good = (state == PLAIN) & (exponents >= -_MOST_DECIMALS)
    for index in np.flatnonzero(~good).tolist():
        text = bytes(buffer[starts[index] : stops[index]]).decode("ascii", "replace").strip()
        try:
            digits[index], exponents[index] = exact(text)
            good[index] = True
        except ValueError:
            digits[index] = exponents[index] = 0
    return Numbers(digits, exponents, good)


def shifted(
    digits: Integers, powers: "Integers | npt.NDArray[np.int16] | np.int64"
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """(digits * 10**powers, which of them fit in 8 bytes); what does not fit is 0. No power is negative."""
    powers = np.minimum(powers, len(_POWERS) - 1)
    fits = np.abs(digits) <= _LIMITS[powers]
    return np.where(fits, digits, 0) * _POWERS[powers], fits
