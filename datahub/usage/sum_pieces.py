"""Parts of a sum: put together exactly, and how many readings a period should have while links and window last."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np

from datahub.store.codec import DAY_SECONDS, Flags, Integers
from datahub.store.sum_blocks import Wanted
from datahub.usage.sum_periods import Calendar
from datahub.usage.sum_readings import FAR, Readings

_NO_GRID = DAY_SECONDS * DAY_SECONDS
_SCALES = 256  # more than there are; keeps groups apart in one number
_LOW = np.int64(0xFFFF_FFFF)


class Rule(StrEnum):
    """What stands for a period: readings of different rules are never put together."""

    SUM = "sum"
    HIGHEST = "highest"
    LAST = "last"


RULES = list(Rule)  # by the number that arrays say


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """An element a part of a total: `known` readings that start at or after `start`, together `value` / 10**scale.

    They are of the pair (contract, channel) and the period of those numbers, last `seconds` in all, and lie on a
    grid of `step` seconds from `phase` (0 and 0 for none). `qualities` counts them by code: (pieces, codes).
    """

    pair: Integers
    period: Integers
    start: Integers
    value: Integers
    scale: Integers
    known: Integers
    seconds: Integers
    step: Integers
    phase: Integers
    qualities: Integers

    def __add__(self, other: "Pieces") -> "Pieces":
        pairs = ((getattr(self, column.name), getattr(other, column.name)) for column in fields(self))
        return Pieces(*(np.concatenate(pair) for pair in pairs))

    def where(self, keep: Flags) -> "Pieces":
        return Pieces(*(getattr(self, column.name)[keep] for column in fields(self)))


def totals(group: Integers, pieces: Pieces, rules: Integers) -> tuple[list[int], Integers]:
    """For each group an exact integer, and its scale; piece i is of `group[i]`, of 0 to len(rules) - 1, none empty.

    `rules` are numbers of RULES.
    """
    if not len(rules):
        return [], np.empty(0, dtype=np.int64)
    key = group * _SCALES + pieces.scale + _SCALES // 2
    order = np.lexsort((pieces.start, key))
    key, value, start = key[order], pieces.value[order], pieces.start[order]
    edges = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    high, low = (np.add.reduceat(half, edges) for half in (value >> 32, value & _LOW))  # neither overflows
    high, low = high + (low >> 32), low & _LOW
    last = np.append(edges[1:], len(key)) - 1
    of, scale = key[edges] // _SCALES, key[edges] % _SCALES - _SCALES // 2
    is_sum = rules[of] == RULES.index(Rule.SUM)
    newest = np.where(rules[of] == RULES.index(Rule.LAST), value[last], np.maximum.reduceat(value, edges))
    worth = np.where(is_sum, (high << 32) | low, newest)
    bounds = np.searchsorted(of, np.arange(len(rules) + 1))
    result, scales = worth[bounds[:-1]].tolist(), scale[bounds[:-1]]
    wide = is_sum & ((high < -(2**31)) | (high >= 2**31))
    several = np.diff(bounds) > 1
    several[of[wide]] = True
    for number in np.flatnonzero(several).tolist():  # few: of several scales, or longer than 64 bits
        rows = range(int(bounds[number]), int(bounds[number + 1]))
        parts = [
            (
                int(start[last[row]]),
                (int(high[row]) << 32) + int(low[row]) if is_sum[row] else int(newest[row]),
                int(scale[row]),
            )
            for row in rows
        ]
        result[number], scales[number] = _together(parts, RULES[rules[number]])
    return result, scales


def _together(parts: Sequence[tuple[int, int, int]], rule: Rule) -> tuple[int, int]:
    """Of (newest start, integer, scale), brought to the largest scale."""
    scale = max(own for _, _, own in parts)
    even = [(moment, worth * 10 ** (scale - own)) for moment, worth, own in parts]
    if rule is Rule.LAST:
        return max(even)[1], scale
    return (sum if rule is Rule.SUM else max)(worth for _, worth in even), scale


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """By group: what is known, what is due, and the part [start, end) of the period that links and window cover."""

    known: Integers
    due: Integers
    starts: Integers
    ends: Integers
    whole: Flags
    on_grid: Flags


def due_readings(
    group: Integers,
    pieces: Pieces,
    readings: Readings,
    groups: tuple[Integers, Integers],
    days: Calendar,
    wanted: Sequence[Wanted],
    pair_of: Integers,
) -> Due:
    """Of groups with these pairs and periods; piece i is of `group[i]`.

    On a grid: the slots of the finest one that start in the period and end with the link or the window. Without
    one, as many as the readings there are would need for the time that none covers.
    """
    pair, period = groups
    known, seconds = added(group, pieces.known, len(pair)), added(group, pieces.seconds, len(pair))
    code = np.full(len(pair), _NO_GRID, dtype=np.int64)
    np.minimum.at(code, group, np.where(pieces.step > 0, pieces.step * DAY_SECONDS + pieces.phase, _NO_GRID))
    on_grid = code < _NO_GRID
    step, phase = np.where(on_grid, code // DAY_SECONDS, 1), code % DAY_SECONDS
    row, interval = _intervals_of(pair, pair_of)
    begin, end = days.edges[period[row]], days.edges[period[row] + 1]
    first, past = np.array([each[1:] for each in wanted], dtype=np.int64)[interval].T
    low, high = np.maximum(first, begin), np.minimum(past, end)
    there = high > low
    row, low, high, end, past = row[there], low[there], high[there], end[there], past[there]
    own, shift = step[row], phase[row]
    slots = np.minimum(-((shift - end) // own), (past - shift) // own) + (shift - low) // own
    slots_due = added(row, np.maximum(slots, 0), len(pair))
    linked = added(row, high - low, len(pair))
    missing = np.where(on_grid, slots_due * step - seconds, 0) // step
    missing += np.where(
        on_grid, 0, _gaps(linked - _covered(pair, period, days, readings, pair_of), seconds, known)
    )
    starts = np.full(len(pair), FAR, dtype=np.int64)
    ends = -starts
    np.minimum.at(starts, row, low)
    np.maximum.at(ends, row, high)
    whole = linked == days.edges[period + 1] - days.edges[period]
    return Due(known, known + np.maximum(missing, 0), starts, ends, whole, on_grid)


def added(place: Integers, amount: Integers, size: int) -> Integers:
    """The sum of the amounts of each place, of 0 to size - 1; counts and seconds, far below 2**53 in all."""
    return np.bincount(place, amount, size).astype(np.int64)


def _intervals_of(pair: Integers, pair_of: Integers) -> tuple[Integers, Integers]:
    """Each group with each interval of its pair: (group, interval)."""
    first, past = (np.searchsorted(pair_of, pair, side=side) for side in ("left", "right"))
    count = past - first
    row = np.repeat(np.arange(len(pair)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, first[row] + within


def _gaps(missing: Integers, seconds: Integers, known: Integers) -> Integers:
    """How many readings of the usual length are missing; local days and months differ a little in length."""
    usual = seconds / np.maximum(known, 1)
    return np.where(usual > 0, np.floor(missing / np.maximum(usual, 1) + 0.1), 0).astype(np.int64)


def _covered(
    pair: Integers, period: Integers, days: Calendar, readings: Readings, pair_of: Integers
) -> Integers:
    """Seconds of each group's period that single readings cover, also those that began before it."""
    begin = pair_of[readings.place] * FAR + readings.start
    order = np.argsort(begin, kind="stable")
    starts, ends = begin[order], (begin + readings.length)[order]
    before = np.concatenate([[0], np.cumsum(ends - starts)])

    def until(moments: Integers) -> Integers:
        place = np.searchsorted(starts, moments)
        if not len(starts):
            return np.zeros(len(moments), dtype=np.int64)
        return before[place] - np.where(place > 0, np.maximum(ends[place - 1] - moments, 0), 0)

    return until(pair * FAR + days.edges[period + 1]) - until(pair * FAR + days.edges[period])
