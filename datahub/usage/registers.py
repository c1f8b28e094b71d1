"""What a register's name says of it, and what it counted between readings.

Feeds name registers by OBIS code (IEC 62056-61), by ESPI's time of use and tier, in words of their own, or not at all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from datahub.feeds.formats.obis import obis_groups
from datahub.rows.usage import Quality
from datahub.store.codec import Codes, Flags, Integers, scaled_up
from datahub.usage.readings import ChannelReadings

_ESPI = re.compile(r"(?:tou (\d+))? ?(?:tier (\d+))?(?= |$)")
_LOAD_PROFILE, _TIME_INTEGRAL = 29, 8  # OBIS group D: of single intervals; since ever
_GAS_LIKE = ("7", "8", "9")
_NOT_MEASURED = (Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.PROVISIONAL)


class RegisterName(NamedTuple):
    """`tariff`, `tier` and `phase` are those of a part, 0 of what is none; the three split a total each in its own way.

    `is_total`: by its name all of the meter's is in it. Of names for the same in several ways the one with
    the lowest `preference` comes first.
    """

    tariff: int = 0
    tier: int = 0
    phase: int = 0
    is_total: bool = False
    preference: int = 0

    @property
    def is_part(self) -> bool:
        return bool(self.tariff or self.tier or self.phase)


@lru_cache(maxsize=1 << 12)
def register_name(text: str) -> RegisterName:
    """A name that says nothing, an empty one too, is no part and no total by its name."""
    code = obis_groups(text)
    if code is not None and code.medium in _GAS_LIKE:  # converted volumes (group D) before those as measured
        return RegisterName(code.tariff, is_total=not code.tariff, preference=-code.process)
    if code is not None:
        preferences = {_LOAD_PROFILE: 0, _TIME_INTEGRAL: 2}
        preference = preferences.get(code.process, 4) + (code.channel > 0)  # channel 0 is all of the meter's
        return RegisterName(code.tariff, 0, code.phase, not (code.tariff or code.phase), preference)
    matched = _ESPI.match(text)
    tariff, tier = matched.groups() if matched else (None, None)
    return RegisterName(int(tariff or 0), int(tier or 0))


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """An element each, by start: values[i] / 10**scale during [starts[i], ends[i]) in epoch seconds.

    One is of the quality of the readings that it lies between; where one of them was not measured, neither was it.
    """

    starts: Integers
    ends: Integers
    values: Integers
    scale: int
    quality: Codes

    def where(self, keep: Flags) -> "Differences":
        return Differences(
            self.starts[keep], self.ends[keep], self.values[keep], self.scale, self.quality[keep]
        )


def differences(stored: Sequence[ChannelReadings]) -> Differences:
    """Of one channel of kind register; where it fell, it was set back, and nothing is known."""
    scale = max((part.scale for part in stored), default=0)
    columns = []
    for part in stored:
        finer, fits = scaled_up(part.values, np.array(scale - part.scale))
        keep = part.known & fits
        columns.append(
            ((part.starts + part.durations)[keep], finer[keep], part.quality[keep].astype(np.int64))
        )
    moments, values, quality = (
        np.concatenate([np.empty(0, dtype=np.int64), *(column[place] for column in columns)])
        for place in range(3)
    )
    order = np.argsort(moments, kind="stable")
    moments, values, quality = moments[order], values[order], quality[order]
    doubtful = np.isin(quality[:-1], _NOT_MEASURED)
    between = Differences(
        moments[:-1],
        moments[1:],
        np.diff(values),
        scale,
        np.where(doubtful, quality[:-1], quality[1:]).astype(np.uint8),
    )
    return between.where((np.diff(moments) > 0) & (np.diff(values) >= 0))
