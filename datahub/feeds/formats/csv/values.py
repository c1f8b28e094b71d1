"""Numbers and qualities of many channels: exact integers in the units that are stored."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.cells import UNKNOWN, exact
from datahub.feeds.formats.csv.channels import RowChannels
from datahub.feeds.formats.csv.faults import Faults, read_distinct
from datahub.feeds.formats.csv.mapped_file import CsvFile
from datahub.feeds.formats.csv.mapping import ANY_OTHER, QUALITIES
from datahub.feeds.formats.csv.tokenizer import AHEAD, EMPTY, ODD, PLAIN, Cells, numbers
from datahub.feeds.formats.digits import shifted
from datahub.rows.base import MOST_INT64, Integers, Settings, choice
from datahub.rows.usage import Codes, Flags, Quality

_HOUR = 3600
_SAMPLE = 1 << 10  # values that show whether all might end in 0


class Amounts(NamedTuple):
    """A number a cell, digits * 10**exponents; (rows, columns). Where not `known`, both are 0."""

    digits: Integers
    exponents: npt.NDArray[np.int8]
    known: Flags

    def chosen(self, rows: "Flags | Integers | slice") -> "Amounts":
        return Amounts(self.digits[rows], self.exponents[rows], self.known[rows])

    def columns(self, places: Integers) -> "Amounts":
        return Amounts(self.digits[:, places], self.exponents[:, places], self.known[:, places])


class ValueReader:
    """Reads amounts as the mapping writes numbers and unknown values, and the quality of each line.

    Only our own quality words need no mapping: a letter means one thing to one vendor and its contrary to the next (W
    is "true value" in German meter data), so lines with a word that the mapping does not explain are rejected.
    """

    def __init__(self, file: CsvFile, settings: Settings) -> None:
        mapping = file.mapping
        self._mark = "," if choice(settings, "decimal_mark", mapping.decimal_mark, ".", ",") == "," else "."
        self._thousands = mapping.thousands_mark
        self._unknown = UNKNOWN | {word.casefold() for word in mapping.unknown}
        self._unknown_numbers = _plain_numbers(mapping.unknown, self._mark)
        self._qualities = {"": Quality.UNSTATED, **QUALITIES, **mapping.qualities}
        self._quality_place = file.places("quality").get("quality")
        self._quality = settings.get("quality") or file.constant("quality")

    def read(
        self, cells: Cells, columns: Integers, names: Sequence[str], faults: Faults
    ) -> tuple[Amounts, Codes]:
        """(amounts of `columns`, quality of each row); the amount of a withdrawn reading is not known.

        `names` are those of the columns, for the reasons of faults.
        """
        quality = self._read_qualities(cells, faults)
        withdrawn = quality == Quality.WITHDRAWN
        block = slice(int(columns[0]), int(columns[-1]) + 1)  # a view, where the columns are adjacent
        chosen = block if len(columns) == block.stop - block.start else columns
        digits, exponents, state = cells.numbers(chosen, self._mark)
        known = state != EMPTY
        for number, exponent in self._unknown_numbers:
            state[(digits == number) & (exponents == exponent)] = ODD
        rows, places = np.nonzero(state == ODD)
        texts = cells.texts(rows, columns[places]) if len(rows) else []
        for row, place, text in zip(rows.tolist(), places.tolist(), texts, strict=True):
            digits[row, place] = exponents[row, place] = 0
            known[row, place] = False
            if withdrawn[row] or text.casefold() in self._unknown:
                continue
            try:
                digits[row, place], exponents[row, place] = _number(text, self._mark, self._thousands)
                known[row, place] = True
            except ValueError as error:
                faults.setdefault(row, f"{names[place]}: {error}" if names[place] else str(error))
        if withdrawn.any():
            known[withdrawn], digits[withdrawn], exponents[withdrawn] = False, 0, 0
        return Amounts(digits, exponents, known), quality

    def _read_qualities(self, cells: Cells, faults: Faults) -> Codes:
        def code(word: str) -> Quality:
            quality = self._qualities.get(word.casefold(), self._qualities.get(ANY_OTHER))
            if quality is None:
                raise ValueError(f"quality {word!r} is not known: say in the mapping what it means")
            return quality

        place = self._quality_place
        if place is None:
            return np.full(len(cells), code(self._quality), np.uint8)
        codes = read_distinct(
            cells, [place], lambda row: code(cells.text(row, place) or self._quality), faults
        )
        return codes.astype(np.uint8)


def _plain_numbers(words: Sequence[str], mark: str) -> list[tuple[int, int]]:
    """(digits, exponent) of those words that the tokenizer would read as numbers."""
    plain = []
    for word in words:
        buffer = np.frombuffer(bytes(AHEAD) + word.encode() + bytes(AHEAD), np.uint8)
        read = numbers(buffer, np.array([AHEAD]), np.array([len(buffer) - AHEAD]), mark)
        if read.state[0] == PLAIN:
            plain.append((int(read.digits[0]), int(read.exponents[0])))
    return plain


@lru_cache(maxsize=1 << 16)
def _number(text: str, mark: str, thousands: str | None) -> tuple[int, int]:
    whole, has_mark, decimals = text.partition(mark)
    if thousands is not None and thousands in whole:
        first, *groups = whole.split(thousands)
        if not first.lstrip("+-") or len(first.lstrip("+-")) > 3 or any(len(group) != 3 for group in groups):
            raise ValueError(f"{text!r} is not a number")
        whole = "".join([first, *groups])
    if mark != "." and "." in text.replace(thousands or mark, ""):
        raise ValueError(f"{text!r} is not a number")
    try:
        return exact(f"{whole}.{decimals}" if has_mark else whole)
    except ValueError as error:
        raise ValueError(str(error).replace(repr(f"{whole}.{decimals}"), repr(text))) from error


def scaled(
    amounts: Amounts, channels: RowChannels, seconds: Integers, faults: Faults
) -> tuple[Integers, Integers]:
    """(values, scale by channel): each amount is value / 10**scale in the unit of its channel, exactly.

    `seconds` is how long the reading of a row lasts. A value that does not fit in 8 bytes is a fault of its row.
    """
    digits, exponents = amounts.digits, amounts.exponents.astype(np.int16)
    fits = np.ones(digits.shape, np.bool_)
    conversions = channels.conversions
    if any(conversion.factor != 1 for conversion in conversions):
        factor = channels.column([conversion.factor for conversion in conversions])
        fits &= np.abs(digits) <= MOST_INT64 // np.abs(factor)
        digits = np.where(fits, digits, 0) * factor
    if any(conversion.exponent for conversion in conversions):
        powers = channels.column([conversion.exponent for conversion in conversions])
        exponents = exponents + powers.astype(np.int16)
    if any(conversion.mean_power for conversion in conversions):
        digits, exponents, whole = _mean_power_to_energy(digits, exponents, channels, seconds, fits)
        for row in np.flatnonzero(~whole.all(axis=1)).tolist():
            faults.setdefault(row, f"mean power over {seconds[row]} s is no exact energy; load it as demand")
    values, scale = _at_common_scale(digits, exponents, channels, fits)
    faults.add(np.flatnonzero(~fits.all(axis=1)), "value has more digits than can be kept exactly")
    return values, scale


def _mean_power_to_energy(
    digits: Integers, exponents: npt.NDArray[np.int16], channels: RowChannels, seconds: Integers, fits: Flags
) -> tuple[Integers, npt.NDArray[np.int16], Flags]:
    """(digits, exponents, which are exact): power * seconds / 3600. What does not fit is noted in `fits`."""
    is_power = channels.where(lambda conversion: conversion.mean_power)
    digits, exponents, whole = digits.copy(), exponents.copy(), np.ones(digits.shape, np.bool_)
    for length in np.unique(seconds[is_power]).tolist():
        rows = is_power & (seconds == length)
        times, parts, power = _share_of_hour(int(length))
        within = np.abs(digits[rows]) <= MOST_INT64 // max(times, 1)
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


def _at_common_scale(
    digits: Integers, exponents: npt.NDArray[np.int16], channels: RowChannels, fits: Flags
) -> tuple[Integers, Integers]:
    """(values, scale by channel): the fewest decimals that keep all numbers of a channel.

    One scale for all channels where the sign of a number decides its channel. What does not fit is noted in `fits`.
    """
    scale = np.zeros(len(channels.keys), np.int64)
    if not digits.size:
        return digits, scale
    low, high = int(exponents.min()), int(exponents.max())
    if low == high:
        scale[:] = max(0, -low)
        powers: Integers | np.int64 = np.int64(max(0, low))
    else:
        exponents = np.where(digits == 0, np.int16(max(high, 0)), exponents)
        np.maximum.at(scale, channels.channel, -exponents.min(axis=1).astype(np.int64))
        if any(conversion.splits for conversion in channels.conversions):
            scale[:] = scale.max()
        powers = exponents + scale[channels.channel][:, None]
    if np.any(powers):
        digits, within = shifted(digits, powers)
        fits &= within
    while scale.all() and not (digits.reshape(-1)[:_SAMPLE] % 10).any() and not (digits % 10).any():
        digits, scale = digits // 10, scale - 1
    return digits, scale
