"""Numbers of many channels to exact integers in the units we keep."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.cells import UNKNOWN, exact
from datahub.feeds.formats.csv.channels import Told
from datahub.feeds.formats.csv.mapping import CsvMapping
from datahub.feeds.formats.csv.times import Faults, Flags
from datahub.feeds.formats.csv.tokenizer import EMPTY, ODD, Cells, numbers
from datahub.rows.base import Integers, Settings, choice

_MOST = 2**63 - 1
_POWERS = np.array([10**power for power in range(19)] + [1])  # beyond, only 0 fits
_LIMITS = np.array([_MOST // 10**power for power in range(19)] + [0])
_HOUR = 3600
_SAMPLE = 1 << 10
_TOO_WIDE = "value has more digits than can be kept exactly"


class Amounts(NamedTuple):
    """A number a cell, digits * 10**exponents; (rows, columns). Where not `known`, both are 0."""

    digits: Integers
    exponents: npt.NDArray[np.int8]
    known: Flags

    def chosen(self, rows: "Flags | Integers") -> "Amounts":
        return Amounts(self.digits[rows], self.exponents[rows], self.known[rows])

    def columns(self, places: Integers) -> "Amounts":
        return Amounts(self.digits[:, places], self.exponents[:, places], self.known[:, places])


class Kept(NamedTuple):
    """values / 10**scale[channel], exactly; a value that does not fit in 8 bytes so is no value of ours."""

    values: Integers
    scale: Integers
    fits: Flags


class Values:
    """Reads amounts as the mapping writes numbers and says that one is not known."""

    def __init__(self, mapping: CsvMapping, settings: Settings) -> None:
        self._mark = "," if choice(settings, "decimal_mark", mapping.decimal_mark, ".", ",") == "," else "."
        self._thousands = mapping.thousands_mark
        self._unknown = UNKNOWN | {word.casefold() for word in mapping.unknown}
        self._unknown_numbers = [
            found for word in mapping.unknown if (found := self._plain(word)) is not None
        ]

    def of(
        self, cells: Cells, columns: Integers, names: Sequence[str], withdrawn: Flags, faults: Faults
    ) -> Amounts:
        """The amounts of `columns`; `names` say which one a fault is in. What is `withdrawn` is not known."""
        block = slice(int(columns[0]), int(columns[-1]) + 1)  # a view, where they stand side by side
        chosen = block if len(columns) == block.stop - block.start else columns
        digits, exponents, state = cells.numbers(chosen, self._mark)
        known = state != EMPTY
        if self._unknown_numbers:
            for number, exponent in self._unknown_numbers:
                state[(digits == number) & (exponents == exponent)] = ODD
        rows, places = np.nonzero(state == ODD)
        if len(rows):
            texts = cells.texts(rows, columns[places])
            for row, place, text in zip(rows.tolist(), places.tolist(), texts, strict=True):
                digits[row, place] = exponents[row, place] = 0
                try:
                    found = None if withdrawn[row] else self._read(text)
                except ValueError as error:
                    faults.setdefault(row, f"{names[place]}: {error}" if names[place] else str(error))
                    found = None
                known[row, place] = found is not None
                if found is not None:
                    digits[row, place], exponents[row, place] = found
        if withdrawn.any():
            known[withdrawn], digits[withdrawn], exponents[withdrawn] = False, 0, 0
        return Amounts(digits, exponents, known)

    def _read(self, text: str) -> tuple[int, int] | None:
        if text.casefold() in self._unknown:
            return None
        return _number(text, self._mark, self._thousands)

    def _plain(self, word: str) -> tuple[int, int] | None:
        """The number that the word is, as it would be read from a cell."""
        encoded = np.frombuffer(bytes(32) + word.encode() + bytes(8), np.uint8)
        found = numbers(encoded, np.array([32]), np.array([len(encoded) - 8]), self._mark)
        return (int(found.digits[0]), int(found.exponents[0])) if not found.state[0] else None


@lru_cache(maxsize=1 << 16)
def _number(text: str, mark: str, thousands: str | None) -> tuple[int, int]:
    whole, found, decimals = text.partition(mark)
    if thousands is not None and thousands in whole:
        first, *groups = whole.split(thousands)
        if not first.lstrip("+-") or len(first.lstrip("+-")) > 3 or any(len(group) != 3 for group in groups):
            raise ValueError(f"{text!r} is not a number")
        whole = "".join([first, *groups])
    if mark != "." and "." in text.replace(thousands or mark, ""):
        raise ValueError(f"{text!r} is not a number")
    try:
        return exact(f"{whole}.{decimals}" if found else whole)
    except ValueError as error:
        raise ValueError(str(error).replace(repr(f"{whole}.{decimals}"), repr(text))) from error


def kept(amounts: Amounts, told: Told, seconds: Integers, faults: Faults) -> Kept:
    """`amounts` in the units of their channels, `told` by row; `seconds` is how long readings last, by row."""
    digits, exponents = amounts.digits, amounts.exponents.astype(np.int16)
    fits = np.ones(digits.shape, np.bool_)
    if any(meaning.factor != 1 for meaning in told.meanings):
        factor = _by_row([meaning.factor for meaning in told.meanings], told)
        fits &= np.abs(digits) <= _MOST // np.abs(factor)
        digits = np.where(fits, digits, 0) * factor
    if any(meaning.exponent for meaning in told.meanings):
        exponents = exponents + _by_row([meaning.exponent for meaning in told.meanings], told).astype(
            np.int16
        )
    if any(meaning.mean_power for meaning in told.meanings):
        digits, exponents, whole = _spread(digits, exponents, told, seconds, fits)
        for row in np.flatnonzero(~whole.all(axis=1)).tolist():
            faults.setdefault(row, f"mean power over {seconds[row]} s is no exact energy; load it as demand")
    return _scaled(digits, exponents, told, fits)


def too_wide(found: Kept, faults: Faults) -> None:
    for row in np.flatnonzero(~found.fits.all(axis=1)).tolist():
        faults.setdefault(row, _TOO_WIDE)


def _by_row(values: list[int], told: Told) -> Integers:
    if len(set(values)) == 1:
        return np.array([values[:1]])
    column: Integers = np.array(values, np.int64)[told.of][:, None]
    return column


def _spread(
    digits: Integers, exponents: npt.NDArray[np.int16], told: Told, seconds: Integers, fits: Flags
) -> tuple[Integers, npt.NDArray[np.int16], Flags]:
    """Mean power to energy: digits * seconds / 3600, as long as that ends within the decimals."""
    spread = told.where(lambda meaning: meaning.mean_power)
    digits, exponents, whole = digits.copy(), exponents.copy(), np.ones(digits.shape, np.bool_)
    for length in np.unique(seconds[spread]).tolist():
        rows = spread & (seconds == length)
        times, parts, power = _share_of_hour(int(length))
        within = np.abs(digits[rows]) <= _MOST // max(times, 1)
        fits[rows] &= within
        product = np.where(within, digits[rows], 0) * times
        whole[rows] = product % parts == 0
        digits[rows], exponents[rows] = product // parts, exponents[rows] + power
    return digits, exponents, whole


@lru_cache(maxsize=256)
def _share_of_hour(seconds: int) -> tuple[int, int, int]:
    """(times, parts, power): seconds / 3600 = times / parts * 10**power, with parts without 2 and 5."""
    times, parts, power = seconds, _HOUR, 0
    common = int(np.gcd(times, parts))
    times, parts = times // common, parts // common
    while parts % 2 == 0 or parts % 5 == 0:
        times, power = times * 10, power - 1
        common = int(np.gcd(times, parts))
        times, parts = times // common, parts // common
    return times, parts, power


def _scaled(digits: Integers, exponents: npt.NDArray[np.int16], told: Told, fits: Flags) -> Kept:
    """Each channel at the fewest decimals that keep all its numbers; all alike where a number chooses its channel."""
    scale = np.zeros(len(told.keys), np.int64)
    if not digits.size:
        return Kept(digits, scale, fits)
    low, high = int(exponents.min()), int(exponents.max())
    if low == high:
        scale[:] = max(0, -low)
        if low > 0:
            digits, fits = _shifted(digits, np.int64(low), fits)
    else:
        exponents = np.where(digits == 0, np.int16(max(high, 0)), exponents)
        np.maximum.at(scale, told.channel, -exponents.min(axis=1).astype(np.int64))
        if any(meaning.splits for meaning in told.meanings):
            scale[:] = scale.max()
        digits, fits = _shifted(digits, exponents + scale[told.channel][:, None], fits)
    while scale.all() and not (digits.reshape(-1)[:_SAMPLE] % 10).any() and not (digits % 10).any():
        digits, scale = digits // 10, scale - 1
    return Kept(digits, scale, fits)


def _shifted(digits: Integers, powers: "Integers | np.int64", fits: Flags) -> tuple[Integers, Flags]:
    powers = np.minimum(powers, len(_POWERS) - 1)
    fits = fits & (np.abs(digits) <= _LIMITS[powers])
    return np.where(fits, digits, 0) * _POWERS[powers], fits
