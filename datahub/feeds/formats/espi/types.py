"""What an ESPI usage point, meter reading and reading type say about a channel."""

from dataclasses import dataclass

from lxml import etree

from datahub.feeds.formats.cells import shortened
from datahub.feeds.formats.espi.links import ESPI, Links, line_of
from datahub.feeds.formats.units import Measure, check_commodity, espi_measure
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Direction, Kind, Quality, Unit

COMMODITIES = {1: "electricity", 2: "electricity", 7: "natural_gas", 9: "water"}
_SERVICES = {0: "electricity", 1: "natural_gas", 2: "water"}
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


def whole(element: etree._Element, name: str) -> int | None:
    """A number inside `element`, None if it is not there. Raises ValueError if it is none."""
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

    @classmethod
    def of(cls, element: etree._Element, links: Links, title: str | None) -> "UsagePoint":
        category = element.find(f"{ESPI}ServiceCategory")
        kind = None if category is None else whole(category, "kind")
        return cls(links, (title or "").strip(), "" if kind is None else _SERVICES.get(kind, ""))


@dataclass(frozen=True, slots=True)
class MeterReading:
    links: Links


@dataclass(frozen=True, slots=True)
class ReadingType:
    """Unit, direction and kind of the readings; their numbers are times 10**exponent."""

    uom: int | None  # as the standard numbers units; many a type that nobody uses has one we do not know
    exponent: int
    commodity: str  # "" if not said
    direction: Direction
    kind: Kind
    register: str  # time-of-use period or tier, "" for the only one
    interval_seconds: int | None
    quality: Quality  # of readings that say none themselves

    @classmethod
    def of(cls, element: etree._Element) -> "ReadingType":
        exponent = whole(element, "powerOfTenMultiplier") or 0
        if not -12 <= exponent <= 12:
            raise FeedStructureError(f"line {line_of(element)}: multiplier 10^{exponent} is out of bounds")
        parts = [("tou", whole(element, "tou")), ("tier", whole(element, "consumptionTier"))]
        return cls(
            uom=whole(element, "uom"),
            exponent=exponent,
            commodity=COMMODITIES.get(whole(element, "commodity") or 0, ""),
            direction=_DIRECTIONS.get(whole(element, "flowDirection"), "none"),
            kind=_kind(element),
            register=" ".join(f"{name} {part}" for name, part in parts if part),
            interval_seconds=whole(element, "intervalLength"),
            quality=QUALITIES.get(whole(element, "defaultQuality"), Quality.UNSTATED),
        )

    @property
    def measure(self) -> Measure:
        """What the numbers count. Raises FeedStructureError if that is not a unit we know."""
        return espi_measure(self.uom)

    @property
    def energy(self) -> Unit | None:
        """The unit of what a mean power of this type makes over its interval, None if it is no power."""
        return _ENERGIES.get(self.uom)

    def commodity_at(self, point: UsagePoint) -> str:
        """What is measured, as type, point or unit say.

        Raises FeedStructureError if none says, if they contradict each other, or if nobody measures it in that unit.
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


def _kind(element: etree._Element) -> Kind:
    behaviour = whole(element, "accumulationBehaviour")
    if behaviour in _REGISTER_BEHAVIOURS:
        return "register"
    is_demand = behaviour in _INSTANT_BEHAVIOURS or whole(element, "kind") in _DEMAND_KINDS
    return "demand" if is_demand or whole(element, "uom") in _ENERGIES else "interval"
