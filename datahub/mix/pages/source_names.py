"""The sources of electricity as people read them: their names, their fixed order, and how a chart tells them apart."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import pgettext_lazy

from datahub.mix.arithmetic.amounts import UNKNOWN
from datahub.mix.arithmetic.sources import WIDER, plain_name, source_of

_KNOWN: dict[str, str | Promise] = {
    "solar": pgettext_lazy("source of electricity", "solar"),
    "wind": pgettext_lazy("source of electricity", "wind"),
    "hydro": pgettext_lazy("source of electricity", "water power"),
    "geothermal": pgettext_lazy("source of electricity", "geothermal"),
    "biomass": pgettext_lazy("source of electricity", "biomass"),
    "nuclear": pgettext_lazy("source of electricity", "nuclear"),
    "gas": pgettext_lazy("source of electricity", "gas"),
    "oil": pgettext_lazy("source of electricity", "oil"),
    "coal": pgettext_lazy("source of electricity", "coal"),
    "marine": pgettext_lazy("source of electricity", "sea power"),
    "waste": pgettext_lazy("source of electricity", "waste"),
    "peat": pgettext_lazy("source of electricity", "peat"),
    "fossil": pgettext_lazy("source of electricity", "other fossil fuel"),
    "other_renewable": pgettext_lazy("source of electricity", "other renewable"),
    "other": pgettext_lazy("source of electricity", "other"),
}
_UNKNOWN_NAME = pgettext_lazy("source of electricity", "unknown")
_COLORS, _PATTERNS = 6, 5
_LOOKS = {
    "solar": (2, 1), "wind": (1, 2), "hydro": (3, 3), "geothermal": (6, 4), "biomass": (3, 5),
    "nuclear": (4, 1), "gas": (5, 2), "oil": (6, 3), "coal": (5, 4),
    "marine": (2, 5), "waste": (6, 1), "peat": (4, 4), "fossil": (4, 3), "other_renewable": (3, 1), "other": (1, 5),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """`name` as in a sentence, `label` as in a heading; color 1 to 6 and pattern 1 to 5, both 0 for what is unknown."""

    key: str
    name: str
    label: str
    color: int
    pattern: int


def known_as(source: str) -> str:
    """The key of a source as a feed names it: a wider one for a code or a special kind, else its own name."""
    found = source_of(source)
    return plain_name(source) if found == UNKNOWN else WIDER[found]


def sources(keys: Iterable[str]) -> tuple[Source, ...]:
    """In fixed order: those with a name here, others by the alphabet, and what is unknown last, always there."""
    found = set(keys) - {UNKNOWN}
    others = sorted(found - _KNOWN.keys())
    named = [_named(key, str(name), *_LOOKS[key]) for key, name in _KNOWN.items() if key in found]
    strange = [
        _named(key, key.replace("_", " "), place % _COLORS + 1, (place + 2) % _PATTERNS + 1)
        for place, key in enumerate(others)
    ]
    return (*named, *strange, _named(UNKNOWN, str(_UNKNOWN_NAME), 0, 0))


def _named(key: str, name: str, color: int, pattern: int) -> Source:
    return Source(key, name, capfirst(name), color, pattern)
