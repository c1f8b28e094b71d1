"""A column of decimal text to exact integers, all cells at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.base import Integers
from datahub.feeds.formats.cells import exact

_WIDEST = 18  # characters that can be summed up in 8 bytes without a look at each
_MOST_DECIMALS = 12
_MOST = 2**63 - 1
_POWERS = 10 ** np.arange(19, dtype=np.int64)
_DOT, _MINUS, _ZERO = ord("."), ord("-"), ord("0")


class Numbers(NamedTuple):
    """Cell i is digits[i] * 10**exponents[i], exactly, where `good`; elsewhere it is no number that can be kept."""

    digits: Integers
    exponents: Integers
    good: npt.NDArray[np.bool_]


def numbers(cells: Sequence[bytes]) -> Numbers:
    """What `cells.exact` makes of each cell, some thirty times faster where they are as plain as `-12.345`."""
    widest = max(map(len, cells), default=0)
    plain = cells if widest <= _WIDEST else [cell if len(cell) <= _WIDEST else b"" for cell in cells]
    table = np.array(plain, dtype=f"S{min(widest, _WIDEST) or 1}")
    columns = table.view(np.uint8).reshape(len(cells), table.itemsize).T
    digits, exponents = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
    dots, counted = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
    good = np.ones(len(cells), np.bool_)
    for place, column in enumerate(columns):
        figure = column - _ZERO  # wraps around below "0", so that only figures are under 10
        is_figure, is_dot = figure < 10, column == _DOT
        digits = np.where(is_figure, digits * 10 + figure, digits)
        counted += is_figure
        exponents -= is_figure & (dots > 0)
        dots += is_dot
        good &= is_figure | is_dot | (column == 0) | ((column == _MINUS) & (place == 0))
    good &= (dots <= 1) & (counted > 0) & (exponents >= -_MOST_DECIMALS)
    digits = np.where(columns[0] == _MINUS, -digits, digits)
    for index in np.flatnonzero(~good).tolist():
        try:
            digits[index], exponents[index] = exact(cells[index].decode("ascii", "replace").strip())
            good[index] = True
        except ValueError:
            digits[index] = exponents[index] = 0
    return Numbers(digits, exponents, good)


def shifted(digits: Integers, powers: Integers) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """(digits * 10**powers, which of them fit in 8 bytes); what does not fit is 0. No power is negative."""
    within = np.minimum(powers, 18)
    fits = (np.abs(digits) <= _MOST // _POWERS[within]) & ((powers <= 18) | (digits == 0))
    return np.where(fits, digits, 0) * _POWERS[within], fits
