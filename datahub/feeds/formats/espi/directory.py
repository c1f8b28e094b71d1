"""Which meter reading, type and usage point a block belongs to, however the vendor links them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from datahub.feeds.formats.espi.blocks import Slot
from datahub.feeds.formats.espi.entries import Links, ReadingType, UsagePoint
from datahub.feeds.formats.spool import SlotChannel
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import ChannelKey

_NO_KEY = ChannelKey("", "", "electricity", "Wh", "none", "interval")


@dataclass(slots=True)
class Directory:
    """The entries of a feed by their path; `meter` is what names a meter: link, title or id."""

    meter: str
    points: dict[str, UsagePoint] = field(default_factory=dict)
    readings: dict[str, Links] = field(default_factory=dict)
    types: dict[str, ReadingType] = field(default_factory=dict)
    _contradictory: set[str] = field(default_factory=set)  # types that come twice, with different units
    _titles: Counter[str] = field(default_factory=Counter)
    # the first usage point, and meter reading, that has a related link to this path
    _point_linking_to: dict[str, str] = field(default_factory=dict)
    _reading_linking_to: dict[str, str] = field(default_factory=dict)

    def add_point(self, point: UsagePoint) -> None:
        self._titles[point.title] += point.links.own not in self.points
        self.points[point.links.own] = point
        for path in point.links.related:
            self._point_linking_to.setdefault(path, point.links.own)

    def add_reading(self, reading: Links) -> None:
        self.readings[reading.own] = reading
        for path in reading.related:
            self._reading_linking_to.setdefault(path, reading.own)

    def add_type(self, name: str, kind: ReadingType) -> None:
        """The first of a name counts: some vendors repeat a type with another behaviour, in one unit."""
        first = self.types.setdefault(name, kind)
        if (first.uom, first.exponent) != (kind.uom, kind.exponent):
            self._contradictory.add(name)

    def reading_of(self, block: Links) -> Links:
        name = _parent(self.readings, self._reading_linking_to, block, "IntervalBlock", "its MeterReading")
        return self.readings[name]

    def point_of(self, reading: Links) -> UsagePoint:
        name = _parent(self.points, self._point_linking_to, reading, "MeterReading", "its UsagePoint")
        return self.points[name]

    def type_of(self, reading: Links) -> ReadingType:
        name = next((path for path in sorted(reading.related) if path in self.types), None)
        if name is None and len(self.types) != 1:
            raise _missing(f"{reading.own}: its ReadingType, which says the unit,", len(self.types))
        name = name or next(iter(self.types))
        if name in self._contradictory:
            raise FeedStructureError(f"{name} is told twice, with different units")
        return self.types[name]

    def point_linking_to(self, links: Links) -> UsagePoint | None:
        """The point that links to this entry or its collection, if one does."""
        name = self._point_linking_to.get(links.own) or self._point_linking_to.get(links.up)
        return self.points[name] if name else None

    def meter_number(self, point: UsagePoint) -> str:
        if self.meter == "id":
            return point.links.own.rpartition("/")[2]
        if self.meter == "title":
            if self._titles[point.title] > 1 or not point.title:
                raise FeedStructureError(f"title {point.title!r} does not name one usage point")
            return point.title
        return point.links.own


def slot_channels(
    directory: Directory, slots: Sequence[Slot], *, ends: bool, mean_power: bool, apart: bool
) -> list[SlotChannel]:
    """What the readings of each slot are.

    Meter readings of one key that follow each other are one channel (some vendors start a new one each day); where
    they overlap in this file, each is a register of its own, named by its link. `apart`: always.
    """
    owners = [directory.reading_of(slot.links).own for slot in slots]
    spans: dict[str, tuple[int, int]] = {}  # of a meter reading: start of its first reading and of its last
    for owner, slot in zip(owners, slots, strict=True):
        first, last = spans.get(owner, (slot.first, slot.last))
        spans[owner] = min(first, slot.first), max(last, slot.last)
    channels = {
        name: _channel(directory, directory.readings[name], ends=ends, mean_power=mean_power)
        for name in spans
    }
    by_key: dict[ChannelKey, list[str]] = {}
    for name, channel in channels.items():
        if not channel.fault:
            by_key.setdefault(channel.key, []).append(name)
    for key, names in by_key.items():
        in_time = sorted(spans[name] for name in names)
        if apart or any(later[0] <= earlier[1] for earlier, later in pairwise(in_time)):
            for name in names:
                register = f"{key.register} {name.rpartition('/')[2]}".strip()
                channels[name] = channels[name]._replace(key=key._replace(register=register))
    return [channels[owner] for owner in owners]


def _channel(directory: Directory, reading: Links, *, ends: bool, mean_power: bool) -> SlotChannel:
    kind, point = directory.type_of(reading), directory.point_of(reading)
    energy = kind.energy if mean_power else None
    is_produced = point.is_producer and kind.direction in ("import", "export")
    try:
        measure, commodity = kind.measure, kind.commodity_at(point)
    except FeedStructureError as error:  # does not hinder the readings of other types
        return SlotChannel(_NO_KEY, fault=str(error))
    key = ChannelKey(
        directory.meter_number(point),
        kind.register,
        commodity,
        energy or measure.unit,
        "production" if is_produced else kind.direction,
        "interval" if energy else kind.kind,
    )
    return SlotChannel(
        key,
        kind.exponent + measure.exponent,
        kind.interval_seconds or 0,
        kind.quality,
        ends=ends,
        mean_power=energy is not None,
    )


def _parent(names: Collection[str], linking_to: Mapping[str, str], child: Links, kind: str, what: str) -> str:
    """The name of the entry that `child`, of that kind, belongs to. Raises FeedStructureError."""
    for name in child.above(kind):
        if name in names:
            return name
    for path in (child.own, child.up):
        if path in linking_to:
            return linking_to[path]
    if len(names) != 1:
        raise _missing(f"{child.own}: {what}", len(names))
    return next(iter(names))


def _missing(what: str, candidates: int) -> FeedStructureError:
    return FeedStructureError(f"{what} is not to be found: {candidates} in the file")
