"""Atom entries of an ESPI file: their links, as far as vendors agree on them, and what they say about a channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from lxml import etree

from datahub.feeds.formats.cells import shortened
from datahub.feeds.formats.units import Measure, check_commodity, espi_measure
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Direction, Kind, Quality, Unit

ATOM = "{http://www.w3.org/2005/Atom}"
ESPI = "{http://naesb.org/espi}"
_MOST_LINES = 65_535  # libxml2 counts no further
COMMODITIES = {1: "electricity", 2: "electricity", 7: "natural_gas", 9: "water"}
_SERVICES = {0: "electricity", 1: "natural_gas", 2: "water"}
_IS_DER = 0x08  # of the role flags of a usage point: distributed energy resource
_DIRECTIONS: dict[int | None, Direction] = {None: "import", 1: "import", 19: "export", 4: "net"}
_REGISTER_BEHAVIOURS = {1, 2, 3, 9, 10}  # totals since some day in the past
_INSTANT_BEHAVIOURS = {6, 12}
_DEMAND_KINDS = {8, 37}
_ENERGIES: dict[int | None, Unit] = {38: "Wh", 61: "VAh", 63: "varh"}  # of power units
QUALITIES: dict[int | None, Quality] = {
    0: Quality.ACTUAL, 17: Quality.ACTUAL, 18: Quality.ACTUAL, 19: Quality.ACTUAL,
    7: Quality.CORRECTED,
    8: Quality.ESTIMATED, 9: Quality.ESTIMATED, 11: Quality.ESTIMATED, 13: Quality.ESTIMATED,
    15: Quality.ESTIMATED,
    10: Quality.PROVISIONAL, 12: Quality.PROVISIONAL, 14: Quality.PROVISIONAL,
}  # fmt: skip


def line_of(element: etree._Element) -> int:
    """The line of the file on which the element begins."""
    line = cast("int", element.sourceline)
    first: etree._Element | None = element
    # from _MOST_LINES on `sourceline` is where the first text inside the element ends
    while line >= _MOST_LINES and first is not None:
        if first.text:
            return line - first.text.count("\n")
        first = next(first.iterchildren(), None)
    return line


@dataclass(frozen=True, slots=True)
class Links:
    """The links of an entry: paths without scheme, host and closing slash; "" for one that it does not have."""

    own: str
    up: str
    related: frozenset[str]

    @classmethod
    def of(cls, entry: etree._Element) -> "Links":
        own, up, related = "", "", set()
        for link in entry.iterchildren(f"{ATOM}link"):
            path = _path(link.get("href", "").strip())
            match link.get("rel"):
                case "self":
                    own = path
                case "up":
                    up = path
                case "related":
                    related.add(path)
        return cls(own or (entry.findtext(f"{ATOM}id") or "").strip(), up, frozenset(related))

    def is_a(self, kind: str) -> bool:
        """Whether the path ends in .../<kind>/<id>."""
        return self.own.split("/")[-2:-1] == [kind]

    def above(self, kind: str) -> Iterator[str]:
        """What this entry may belong to, likeliest first: its paths up to /<kind>, else its up link."""
        for path in (self.own, self.up, *sorted(self.related)):
            head, separator, _ = path.rpartition(f"/{kind}")
            if separator:
                yield head
        yield self.up


def _path(address: str) -> str:
    """Without host and query, which differ within a file; a fragment may be all that tells entries apart."""
    _, scheme, rest = address.partition("://")
    if scheme:
        address = "/" + rest.partition("/")[2]
    place, _, fragment = address.partition("#")
    path = place.partition("?")[0].rstrip("/")
    return f"{path}#{fragment.rstrip('/')}" if fragment else path


def number_in(element: etree._Element, name: str) -> int | None:
    """The number in a child, None if there is no such child. Raises FeedStructureError for other text."""
    text = element.findtext(f"{ESPI}{name}")
    if text is None or not text.strip():
        return None
    try:
        return int(text)
    except ValueError as error:
        what = f"line {line_of(element)}: {name} {shortened(text.strip())!r}"
        raise FeedStructureError(f"{what} is not a number") from error


@dataclass(frozen=True, slots=True)
class UsagePoint:
    links: Links
    title: str
    commodity: str  # "" if the service is none of ours
    is_producer: bool = False  # its meter measures what a plant of the customer's makes

    @classmethod
    def of(cls, element: etree._Element, links: Links, title: str | None) -> "UsagePoint":
        category = element.find(f"{ESPI}ServiceCategory")
        kind = None if category is None else number_in(category, "kind")
        flags = (element.findtext(f"{ESPI}roleFlags") or "").strip()
        try:
            is_producer = bool(int(flags or "0", 16) & _IS_DER)
        except ValueError as error:
            what = f"line {line_of(element)}: roleFlags {shortened(flags)!r}"
            raise FeedStructureError(f"{what} is not hexadecimal") from error
        commodity = "" if kind is None else _SERVICES.get(kind, "")
        return cls(links, (title or "").strip(), commodity, is_producer)


@dataclass(frozen=True, slots=True)
class ReadingType:
    """Unit, direction and kind of the readings; their numbers are times 10**exponent."""

    uom: int | None  # the number of the unit in the standard; types that no reading uses may have any
    exponent: int
    commodity: str  # "" if not stated
    direction: Direction
    kind: Kind
    register: str  # time-of-use period or tier, "" for the only one
    interval_seconds: int | None
    quality: Quality  # of readings without one

    @classmethod
    def of(cls, element: etree._Element) -> "ReadingType":
        exponent = number_in(element, "powerOfTenMultiplier") or 0
        if not -12 <= exponent <= 12:
            raise FeedStructureError(f"line {line_of(element)}: multiplier 10^{exponent} is out of bounds")
        behaviour, uom = number_in(element, "accumulationBehaviour"), number_in(element, "uom")
        kind: Kind = "interval"
        if behaviour in _REGISTER_BEHAVIOURS:
            kind = "register"
        elif (
            behaviour in _INSTANT_BEHAVIOURS
            or number_in(element, "kind") in _DEMAND_KINDS
            or uom in _ENERGIES
        ):
            kind = "demand"
        parts = [("tou", number_in(element, "tou")), ("tier", number_in(element, "consumptionTier"))]
        return cls(
            uom=uom,
            exponent=exponent,
            commodity=COMMODITIES.get(number_in(element, "commodity") or 0, ""),
            direction=_DIRECTIONS.get(number_in(element, "flowDirection"), "none"),
            kind=kind,
            register=" ".join(f"{name} {part}" for name, part in parts if part),
            interval_seconds=number_in(element, "intervalLength"),
            quality=QUALITIES.get(number_in(element, "defaultQuality"), Quality.UNSTATED),
        )

    @property
    def measure(self) -> Measure:
        """What the numbers count. Raises FeedStructureError if that is not a unit we know."""
        return espi_measure(self.uom)

    @property
    def energy(self) -> Unit | None:
        """The unit of the energy of a mean power of this type, None if it is no power."""
        return _ENERGIES.get(self.uom)

    def commodity_at(self, point: UsagePoint) -> str:
        """What is measured, by the type, the point or the unit.

        Raises FeedStructureError if none states it, if they contradict each other, if it is not measured in that unit.
        """
        if self.commodity and point.commodity and self.commodity != point.commodity:
            words = [each.replace("_", " ") for each in (point.commodity, self.commodity)]
            raise FeedStructureError(f"{point.links.own} is of {words[0]}, its reading type of {words[1]}")
        commodity = self.commodity or point.commodity or self.measure.commodity
        if not commodity:
            raise FeedStructureError(f"{point.links.own}: whether it is gas or water is not said")
        try:
            check_commodity(self.measure.unit, commodity)
        except FeedStructureError as error:
            raise FeedStructureError(f"{point.links.own}: {error}") from error
        return commodity
