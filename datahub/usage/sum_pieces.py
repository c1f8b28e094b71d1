"""Parts of a sum, put together exactly: sums as integers of any size, highest values, last values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np

from datahub.store.codec import Integers

_SCALES = 256  # more than there are; keeps groups apart in one number
_LOW = np.int64(0xFFFF_FFFF)


class Rule(StrEnum):
    """What stands for a period: readings of different rules are never put together."""

    SUM = "sum"
    HIGHEST = "highest"
    LAST = "last"


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """An element a part of a total: `known` readings that start at or after `start`, together `value` / 10**scale.

    They are of the pair (contract, channel) and the period of those numbers, last `seconds` in all, and lie on a
    grid of `step` seconds from `phase` (0 and 0 for none).
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

    def __add__(self, other: "Pieces") -> "Pieces":
        pairs = ((getattr(self, column.name), getattr(other, column.name)) for column in fields(self))
        return Pieces(*(np.concatenate(pair) for pair in pairs))


def totals(group: Integers, pieces: Pieces, rules: Sequence[Rule]) -> list[tuple[int, int]]:
    """For each group (piece i is of `group[i]`, of 0 to len(rules) - 1, none empty): (integer, scale)."""
    key = group * _SCALES + pieces.scale + _SCALES // 2
    order = np.lexsort((pieces.start, key))
    key, value, start = key[order], pieces.value[order], pieces.start[order]
    edges = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    high, low = (np.add.reduceat(half, edges) for half in (value >> 32, value & _LOW))  # neither overflows
    last = np.append(edges[1:], len(key)) - 1
    columns = (key[edges], high, low, np.maximum.reduceat(value, edges), value[last], start[last])
    found: list[list[tuple[int, int, int]]] = [[] for _ in rules]
    for one, upper, lower, highest, newest, moment in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        place, scale = divmod(one, _SCALES)
        if (rule := rules[place]) is Rule.SUM:
            worth = (upper << 32) + lower
        else:
            worth = highest if rule is Rule.HIGHEST else newest
        found[place].append((moment, worth, scale - _SCALES // 2))
    return [_together(parts, rule) for parts, rule in zip(found, rules, strict=True)]


def _together(parts: Sequence[tuple[int, int, int]], rule: Rule) -> tuple[int, int]:
    """Of (newest start, integer, scale), brought to the largest scale."""
    if len(parts) == 1:
        return parts[0][1:]
    scale = max(part[2] for part in parts)
    even = [(moment, worth * 10 ** (scale - own)) for moment, worth, own in parts]
    choose: dict[Rule, Callable[[], int]] = {
        Rule.SUM: lambda: sum(worth for _, worth in even),
        Rule.HIGHEST: lambda: max(worth for _, worth in even),
        Rule.LAST: lambda: max(even)[1],
    }
    return choose[rule](), scale
