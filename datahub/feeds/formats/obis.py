"""OBIS codes (IEC 62056-61): what a register measures."""

import re
from functools import lru_cache
from typing import NamedTuple

from datahub.feeds.formats.units import Measure, measure
from datahub.rows.usage import Direction

_CODE = re.compile(r"(?:(\d{1,3})-(\d{1,3}):)?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?(?:[*&](\d{1,3}))?")
_MEDIA = {"0": "electricity", "1": "electricity", "7": "natural_gas", "8": "water", "9": "water"}
# by group C: what is measured, and which way seen from the customer
_QUANTITIES: dict[int, tuple[str, Direction]] = {
    1: ("W", "import"), 2: ("W", "export"), 15: ("W", "none"), 16: ("W", "net"),
    3: ("var", "import"), 4: ("var", "export"),
    5: ("var", "import"), 6: ("var", "import"), 7: ("var", "export"), 8: ("var", "export"),  # quadrants
    9: ("VA", "import"), 10: ("VA", "export"),
    11: ("A", "none"), 12: ("V", "none"),
}  # fmt: skip
_POWER = {2, 3, 4, 5, 6, 7, 13, 14, 15, 16, 23, 24, 25, 26, 27}  # group D: averages, maxima, momentary values
_PHASES = (20, 40, 60)  # added to group C of all phases for one phase


class Obis(NamedTuple):
    """`implied` is the unit that values without one are in; None where the code does not tell."""

    code: str
    commodity: str
    direction: Direction
    implied: Measure | None


class ObisGroups(NamedTuple):
    """Groups A to E of a code; 0 for one that it does not have. `phase` is that of a quantity of one phase."""

    medium: str
    channel: int
    quantity: int
    phase: int
    process: int
    tariff: int


@lru_cache(maxsize=1 << 12)
def obis_groups(code: str) -> ObisGroups | None:
    """None for what is no OBIS code."""
    match = _CODE.fullmatch(code)
    if match is None:
        return None
    medium, (channel, quantity, process, tariff) = match[1] or "0", (int(match[n] or 0) for n in range(2, 6))
    electric = _MEDIA.get(medium) == "electricity"
    offset = next((offset for offset in _PHASES if electric and offset < quantity <= offset + 20), 0)
    phase = _PHASES.index(offset) + 1 if offset else 0
    return ObisGroups(medium, channel, quantity - offset, phase, process, tariff)


def is_obis(code: str) -> bool:
    return obis_groups(code) is not None


@lru_cache(maxsize=1 << 12)
def obis(code: str) -> Obis:
    """Raises ValueError: not an OBIS code, a medium or a quantity that is not kept here."""
    groups = obis_groups(code)
    if groups is None:
        raise ValueError(f"{code!r} is not an OBIS code like 1-1:1.29.0")
    commodity = _MEDIA.get(groups.medium)
    if commodity is None:
        raise ValueError(f"{code}: medium {groups.medium} is not kept here")
    if commodity != "electricity":
        return Obis(code, commodity, "import", None)
    if groups.quantity not in _QUANTITIES:
        quantity = groups.quantity + (_PHASES[groups.phase - 1] if groups.phase else 0)
        raise ValueError(f"{code}: quantity {quantity} is not kept here")
    unit, direction = _QUANTITIES[groups.quantity]
    if unit not in ("V", "A"):
        unit = f"k{unit}" if groups.process in _POWER else f"k{unit}h"
    return Obis(code, commodity, direction, measure(unit))
