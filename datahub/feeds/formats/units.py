"""Units as feeds write them, and the few we keep: each is a kept unit times a power of ten."""

from typing import NamedTuple

from datahub.feeds.formats.base import FeedStructureError, Unit


class Measure(NamedTuple):
    """A number so measured is number * 10**exponent in `unit`; `commodity` is "" where that does not tell."""

    unit: Unit
    exponent: int
    commodity: str


_BASES: dict[Unit, str] = {
    "Wh": "electricity", "varh": "electricity", "VAh": "electricity", "W": "electricity",
    "var": "electricity", "VA": "electricity", "V": "electricity", "A": "electricity",
    "m3": "", "ft3": "", "gal": "water", "therm": "natural_gas",
}  # fmt: skip
_PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9}
_MEASURES = {
    f"{prefix}{unit}".lower(): Measure(unit, exponent, commodity)
    for unit, commodity in _BASES.items()
    for prefix, exponent in _PREFIXES.items()
    if not prefix or commodity == "electricity"
} | {
    "l": Measure("m3", -3, ""),
    "m³": Measure("m3", 0, ""),
    "ccf": Measure("ft3", 2, ""),
    "therms": Measure("therm", 0, "natural_gas"),
}
ESPI_UNITS: dict[int | None, Unit] = {
    5: "A", 29: "V", 38: "W", 42: "m3", 61: "VA", 63: "var", 71: "VAh", 72: "Wh", 73: "varh", 119: "ft3",
    128: "gal", 169: "therm",
}  # fmt: skip


def measure(text: str) -> Measure:
    """What a unit means. Raises FeedStructureError for one we do not know: its values could be anything."""
    known = _MEASURES.get(text.lower())
    if known is None:
        raise FeedStructureError(f"unit {text!r} is not known")
    return known


def commodity_of(unit: Unit) -> str:
    """electricity, natural_gas or water; "" where the unit is used for more than one."""
    return _BASES[unit]
