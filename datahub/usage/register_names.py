"""What the name of a register says of it: a total, a part of one, or nothing.

Feeds name registers by OBIS code (IEC 62056-61), by ESPI's time of use and tier, in words of their own, or not at all.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from datahub.feeds.formats.obis import obis_groups

_ESPI = re.compile(r"(?:tou (\d+))? ?(?:tier (\d+))?(?= |$)")
_LOAD_PROFILE, _TIME_INTEGRAL = 29, 8  # OBIS group D: of single intervals; since ever
_GAS_LIKE = ("7", "8", "9")


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
    found = _ESPI.match(text)
    tariff, tier = found.groups() if found else (None, None)
    return RegisterName(int(tariff or 0), int(tier or 0))
