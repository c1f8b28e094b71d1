"""The sources of electricity, and which of them a feed's name or code means. As the lists stood in November 2026.

ENTSO-E: types of production B01 to B20. AIB: energy inputs of the EECS rules, read from the left as far as they are
known. US: codes of the EIA and names of tracking systems. A name that is in no list is unknown.
"""

from collections.abc import Mapping
from types import MappingProxyType

from datahub.mix.arithmetic.amounts import UNKNOWN, Amounts

# each source by the wider one that people know it as
WIDER: Mapping[str, str] = MappingProxyType(
    {
        "solar": "solar",
        "wind": "wind", "wind_onshore": "wind", "wind_offshore": "wind",
        "hydro": "hydro", "hydro_run_of_river": "hydro", "hydro_reservoir": "hydro", "hydro_pumped_storage": "hydro",
        "marine": "marine",
        "geothermal": "geothermal",
        "biomass": "biomass",
        "waste": "waste",
        "other_renewable": "other_renewable",
        "nuclear": "nuclear",
        "gas": "gas", "coal_gas": "gas",
        "oil": "oil", "oil_shale": "oil",
        "coal": "coal", "hard_coal": "coal", "lignite": "coal", "peat": "peat",
        "fossil": "fossil",
        "other": "other",
        UNKNOWN: UNKNOWN,
    }
)  # fmt: skip

_ENTSOE = (
    "biomass", "lignite", "coal_gas", "gas", "hard_coal", "oil", "oil_shale", "peat", "geothermal",
    "hydro_pumped_storage", "hydro_run_of_river", "hydro_reservoir", "marine", "nuclear", "other_renewable", "solar",
    "waste", "wind_offshore", "wind_onshore", "other",
)  # fmt: skip
_AIB = {
    "f01": "other_renewable", "f0101": "biomass", "f010101": "waste", "f0102": "biomass", "f0103": "biomass",
    "f010401": "solar", "f010402": "geothermal", "f010501": "wind", "f010502": "hydro",
    "f02": "fossil", "f0201": "coal", "f020101": "hard_coal", "f020102": "lignite", "f020103": "peat",
    "f020104": "waste", "f0202": "oil", "f0203": "gas",
    "f03": "nuclear",
}  # fmt: skip
_US = {
    "sun": "solar", "photovoltaic": "solar", "pv": "solar", "solar_photovoltaic": "solar",
    "wnd": "wind",
    "wat": "hydro", "water": "hydro", "hydroelectric": "hydro", "hydroelectric_water": "hydro",
    "ps": "hydro_pumped_storage", "pumped_storage": "hydro_pumped_storage",
    "geo": "geothermal",
    "bio": "biomass", "wood": "biomass", "landfill_gas": "biomass", "black_liquor": "biomass",
    "municipal_solid_waste": "waste", "msw": "waste",
    "other_renewables": "other_renewable",
    "nuc": "nuclear",
    "ng": "gas", "natural_gas": "gas",
    "col": "coal", "bituminous": "hard_coal", "waste_coal": "coal",
    "petroleum": "oil",
    "oth": "other",
    "unk": UNKNOWN,
}  # fmt: skip
_BY_NAME = {
    **{source: source for source in WIDER},
    **{f"b{number:02}": source for number, source in enumerate(_ENTSOE, 1)},
    **_US,
}
_AIB_DIGITS = 8


def plain_name(name: str) -> str:
    """A name as the lists write it: `Natural Gas` is `natural_gas`."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def source_of(feed_name: str) -> str:
    """Our name of a source of a feed; unknown for a name that is in no list."""
    name = plain_name(feed_name)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name[:1] == "f" and name[1:].isdigit() and len(name) == _AIB_DIGITS + 1:
        known = (name[:length] for length in (7, 5, 3) if name[:length] in _AIB)
        return _AIB[next(known)] if name[:3] in _AIB else UNKNOWN
    return UNKNOWN


def by_source(amounts: Amounts) -> dict[str, int]:
    """Amounts by our names; what several names mean is added up."""
    totals: dict[str, int] = {}
    for name, amount in amounts.items():
        totals[source_of(name)] = totals.get(source_of(name), 0) + amount
    return totals
