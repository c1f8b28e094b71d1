"""Units as feeds write them, and the few we keep: each is a kept unit times a power of ten."""

from typing import NamedTuple

from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Unit


class Measure(NamedTuple):
    """A number so measured is number * 10**exponent in `unit`; `commodity` is "" where that does not tell."""

    unit: Unit
    exponent: int
    commodity: str


_ELECTRIC: tuple[Unit, ...] = ("Wh", "varh", "VAh", "W", "var", "VA", "V", "A")
# what is measured in a unit: gas by volume or by heat, electricity and gas both in kWh
_COMMODITIES: dict[Unit, tuple[str, ...]] = {
    **dict.fromkeys(_ELECTRIC, ("electricity",)),
    "Wh": ("electricity", "natural_gas"),
    "m3": ("natural_gas", "water"), "ft3": ("natural_gas", "water"),
    "gal": ("water",), "imp_gal": ("water",),
    "therm": ("natural_gas",), "Btu": ("natural_gas",), "J": ("natural_gas", "electricity"),
}  # fmt: skip
_IMPLIED = {unit: kinds[0] if len(kinds) == 1 else "" for unit, kinds in _COMMODITIES.items()}
_IMPLIED |= {"Wh": "electricity"}  # a feed of gas in kWh states its commodity
_PREFIXED: tuple[Unit, ...] = (*_ELECTRIC, "J")
_PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9}
_MEASURES = {
    f"{prefix}{unit}".lower(): Measure(unit, exponent, _IMPLIED[unit])
    for unit in _PREFIXED
    for prefix, exponent in _PREFIXES.items()
}
_NAMES: dict[Unit, dict[str, int]] = {
    "m3": {"m3": 0, "m³": 0, "l": -3, "kl": 0},
    "ft3": {"ft3": 0, "ft³": 0, "cf": 0, "ccf": 2, "hcf": 2, "mcf": 3},
    "gal": {"gal": 0, "kgal": 3},
    "imp_gal": {"imp_gal": 0},
    "therm": {"therm": 0, "therms": 0, "dth": 1},
    "Btu": {"btu": 0, "kbtu": 3, "mmbtu": 6},
}
_MEASURES |= {
    name: Measure(unit, exponent, _IMPLIED[unit])
    for unit, names in _NAMES.items()
    for name, exponent in names.items()
}
# as people read them, where that is another word
SHOWN_UNITS = {"m3": "m³", "ft3": "ft³", "imp_gal": "imp gal"}
# thousandths of a unit; some files mean millions by the same letters
_MILLI = {f"m{unit}" for unit in _PREFIXED}
_ESPI: dict[int, Unit] = {
    5: "A", 29: "V", 31: "J", 38: "W", 42: "m3", 61: "VA", 63: "var", 71: "VAh", 72: "Wh", 73: "varh", 119: "ft3",
    128: "gal", 130: "imp_gal", 132: "Btu", 169: "therm",
}  # fmt: skip
_LITRES = 134
ESPI_MEASURES: dict[int | None, Measure] = {
    **{number: Measure(unit, 0, _IMPLIED[unit]) for number, unit in _ESPI.items()},
    _LITRES: Measure("m3", -3, ""),
}
_ESPI_NAMES = {
    122: "cubic feet an hour", 125: "cubic metres an hour", 129: "gallons an hour", 131: "imperial gallons an hour",
    133: "Btu an hour", 137: "litres an hour", 65: "power factor", 111: "a count", 33: "hertz", 106: "ampere-hours",
}  # fmt: skip


def measure(text: str) -> Measure:
    """What a unit means; `mcf` is a thousand cubic feet, `dth` ten therms, as the trade writes them.

    Raises FeedStructureError for one that we do not know, or that says thousandths: its values could be anything.
    """
    if text in _MILLI:
        raise FeedStructureError(
            f"unit {text!r} says thousandths: if millions are meant, write M, else give a multiplier"
        )
    known = _MEASURES.get(text.lower())
    if known is None:
        raise FeedStructureError(f"unit {text!r} is not known")
    return known


def espi_measure(uom: int | None) -> Measure:
    """The same of a unit as ESPI numbers it. Raises FeedStructureError."""
    known = ESPI_MEASURES.get(uom)
    if known is None:
        name = f" ({_ESPI_NAMES[uom]})" if uom in _ESPI_NAMES else ""
        raise FeedStructureError(f"uom {uom}{name} of a reading type is not a unit we know")
    return known


def check_commodity(unit: Unit, commodity: str) -> None:
    """Raises FeedStructureError where nobody measures the one in the other: cubic feet of electricity."""
    if commodity not in _COMMODITIES[unit]:
        raise FeedStructureError(f"{commodity.replace('_', ' ')} is not measured in {unit}")
