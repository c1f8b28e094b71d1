"""Which meter reading, type and usage point a block belongs to, however the vendor links them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from datahub.feeds.formats.espi.blocks import Slot
from datahub.feeds.formats.espi.links import Links
from datahub.feeds.formats.espi.types import MeterReading, ReadingType, UsagePoint
from datahub.feeds.formats.spool import Meaning
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import ChannelKey

_NO_CHANNEL = ChannelKey("", "", "electricity", "Wh", "none", "interval")
_Thing = TypeVar("_Thing", "UsagePoint", "MeterReading")


@dataclass(slots=True)
class Directory:
    """The entries of a feed by their path; `meter` is what names a meter: link, title or id."""

    meter: str
    points: dict[str, UsagePoint] = field(default_factory=dict)
    readings: dict[str, MeterReading] = field(default_factory=dict)
    types: dict[str, ReadingType] = field(default_factory=dict)
    _contrary: set[str] = field(default_factory=set)  # types that are told twice, with different units
    _titles: dict[str, int] = field(default_factory=dict)
    _points_at: dict[str, str] = field(
        default_factory=dict
    )  # what a point's links name -> the first such point
    _readings_at: dict[str, str] = field(default_factory=dict)

    def add_point(self, point: UsagePoint) -> None:
        if point.links.own not in self.points:
            self._titles[point.title] = self._titles.get(point.title, 0) + 1
        self.points[point.links.own] = point
        for path in point.links.related:
            self._points_at.setdefault(path, point.links.own)

    def add_reading(self, reading: MeterReading) -> None:
        self.readings[reading.links.own] = reading
        for path in reading.links.related:
            self._readings_at.setdefault(path, reading.links.own)

    def add_type(self, name: str, kind: ReadingType) -> None:
        """The first of a name counts: some vendors repeat a type with another behaviour, in one unit."""
        first = self.types.setdefault(name, kind)
        if (first.uom, first.exponent) != (kind.uom, kind.exponent):
            self._contrary.add(name)

    def reading_of(self, block: Links) -> MeterReading:
        return _found(self.readings, self._readings_at, block, "IntervalBlock", "its MeterReading")

    def point_of(self, reading: MeterReading) -> UsagePoint:
        return _found(self.points, self._points_at, reading.links, "MeterReading", "its UsagePoint")

    def type_of(self, reading: MeterReading) -> ReadingType:
        name = next((one for one in sorted(reading.links.related) if one in self.types), None)
        if name is None and len(self.types) != 1:
            raise _lost(f"{reading.links.own}: its ReadingType, which says the unit,", len(self.types))
        name = name or next(iter(self.types))
        if name in self._contrary:
            raise FeedStructureError(f"{name} is told twice, with different units")
        return self.types[name]

    def point_with(self, links: Links) -> UsagePoint | None:
        """The point whose links name this entry or its collection, if one does."""
        name = self._points_at.get(links.own) or self._points_at.get(links.up)
        return self.points[name] if name else None

    def meter_number(self, point: UsagePoint) -> str:
        if self.meter == "id":
            return point.links.own.rpartition("/")[2]
        if self.meter == "title":
            if self._titles[point.title] > 1 or not point.title:
                raise FeedStructureError(f"title {point.title!r} does not name one usage point")
            return point.title
        return point.links.own


def meanings(
    directory: Directory, slots: Sequence[Slot], *, ends: bool, mean_power: bool, apart: bool
) -> list[Meaning]:
    """What the readings of each slot are.

    Meter readings of one key that run one after the other are one channel (some vendors start a new one each
    day); where they overlap in this file, each is a register of its own, named by its link. `apart`: always.
    """
    owners = [directory.reading_of(slot.links) for slot in slots]
    spans: dict[str, Slot] = {}
    for owner, slot in zip(owners, slots, strict=True):
        span = spans.setdefault(owner.links.own, Slot(slot.links, slot.first, slot.last))
        span.first, span.last = min(span.first, slot.first), max(span.last, slot.last)
    of_reading = {
        name: _meaning(directory, directory.readings[name], ends=ends, mean_power=mean_power)
        for name in spans
    }
    by_key: dict[ChannelKey, list[str]] = {}
    for name, meaning in of_reading.items():
        if meaning.fault:
            continue
        by_key.setdefault(meaning.key, []).append(name)
    for key, names in by_key.items():
        if apart or _overlap([spans[name] for name in names]):
            for name in names:
                register = f"{key.register} {name.rpartition('/')[2]}".strip()
                of_reading[name] = of_reading[name]._replace(key=key._replace(register=register))
    return [of_reading[owner.links.own] for owner in owners]


def _meaning(directory: Directory, reading: MeterReading, *, ends: bool, mean_power: bool) -> Meaning:
    kind, point = directory.type_of(reading), directory.point_of(reading)
    energy = kind.energy if mean_power else None
    try:
        measure, commodity = kind.measure, kind.commodity_at(point)
    except (
        FeedStructureError
    ) as error:  # others of the file, of units that we keep, are none the worse for it
        return Meaning(_NO_CHANNEL, fault=str(error))
    key = ChannelKey(
        directory.meter_number(point),
        kind.register,
        commodity,
        energy or measure.unit,
        kind.direction,
        "interval" if energy else kind.kind,
    )
    return Meaning(
        key,
        kind.exponent + measure.exponent,
        kind.interval_seconds or 0,
        kind.quality,
        ends=ends,
        mean_power=energy is not None,
    )


def _overlap(spans: Sequence[Slot]) -> bool:
    ordered = sorted(spans, key=lambda span: span.first)
    return any(later.first <= earlier.last for earlier, later in zip(ordered, ordered[1:], strict=False))


def _found(
    things: Mapping[str, _Thing], pointed_at: Mapping[str, str], below: Links, kind: str, what: str
) -> _Thing:
    for name in below.above(kind):
        if name in things:
            return things[name]
    for path in (below.own, below.up):
        if path in pointed_at:
            return things[pointed_at[path]]
    if len(things) != 1:
        raise _lost(f"{below.own}: {what}", len(things))
    return next(iter(things.values()))


def _lost(what: str, candidates: int) -> FeedStructureError:
    return FeedStructureError(f"{what} is not to be found: {candidates} in the file")
