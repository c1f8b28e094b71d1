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
_PHASES = (20, 40, 60)  # group C of one phase is that of all, and this


class Obis(NamedTuple):
    """`implied` is the unit that values without one are in; None where the code does not tell."""

    code: str
    commodity: str
    direction: Direction
    implied: Measure | None


class ObisGroups(NamedTuple):
    """Groups A to E of a code, in words; 0 where it does not say. `phase` is that of a quantity of one phase."""

    medium: str
    channel: int
    quantity: int
    phase: int
    process: int
    tariff: int


@lru_cache(maxsize=1 << 12)
def obis_groups(code: str) -> ObisGroups | None:
    """None for what is no OBIS code."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    medium, channel, quantity, process, tariff = (found[place] or "0" for place in range(1, 6))
    electric = _MEDIA.get(medium) == "electricity"
    offset = next((one for one in _PHASES if electric and one < int(quantity) <= one + 20), 0)
    return ObisGroups(
        medium,
        int(channel),
        int(quantity) - offset,
        _PHASES.index(offset) + 1 if offset else 0,
        int(process),
        int(tariff),
    )


def is_obis(code: str) -> bool:
    return _CODE.fullmatch(code) is not None


@lru_cache(maxsize=1 << 12)
def obis(code: str) -> Obis:
    """Raises ValueError: not an OBIS code, a medium or a quantity that is not kept here."""
    found = _CODE.fullmatch(code)
    if found is None:
        raise ValueError(f"{code!r} is not an OBIS code like 1-1:1.29.0")
    commodity = _MEDIA.get(found[1] or "1")
    if commodity is None:
        raise ValueError(f"{code}: medium {found[1]} is not kept here")
    if commodity != "electricity":
        return Obis(code, commodity, "import", None)
    quantity = int(found[3])
    phase = next((offset for offset in _PHASES if offset < quantity <= offset + 20), 0)
    if quantity - phase not in _QUANTITIES:
        raise ValueError(f"{code}: quantity {quantity} is not kept here")
    unit, direction = _QUANTITIES[quantity - phase]
    if unit in ("V", "A"):
        return Obis(code, commodity, direction, measure(unit))
    return Obis(code, commodity, direction, measure(f"k{unit}" if int(found[4]) in _POWER else f"k{unit}h"))
