"""Which meter reading, type and usage point a block belongs to, however the vendor links them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from datahub.feeds.formats.base import FeedStructureError
from datahub.feeds.formats.espi_links import Links
from datahub.feeds.formats.espi_types import MeterReading, ReadingType, UsagePoint
from datahub.feeds.formats.readings import Channel
from datahub.feeds.formats.usage_rows import ChannelKey

_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries of a feed by their path; `meter` is what names a meter: link, title or id."""

    meter: str
    points: dict[str, UsagePoint] = field(default_factory=dict)
    readings: dict[str, MeterReading] = field(default_factory=dict)
    types: dict[str, ReadingType] = field(default_factory=dict)

    def add_type(self, name: str, kind: ReadingType) -> None:
        """The first of a name counts: some vendors repeat a type with another behaviour, in one unit."""
        first = self.types.setdefault(name, kind)
        if (first.uom, first.exponent) != (kind.uom, kind.exponent):
            raise FeedStructureError(f"{name} is told twice, with different units")

    def reading_of(self, block: Links) -> MeterReading:
        for name in block.above("IntervalBlock"):
            if name in self.readings:
                return self.readings[name]
        for reading in self.readings.values():
            if reading.links.points_to(block):
                return reading
        return _only(self.readings, f"{block.own}: its MeterReading")

    def type_of(self, reading: MeterReading) -> ReadingType:
        for name in sorted(reading.links.related):
            if name in self.types:
                return self.types[name]
        return _only(self.types, f"{reading.links.own}: its ReadingType, which says the unit,")

    def point_of(self, reading: MeterReading) -> UsagePoint:
        for name in reading.links.above("MeterReading"):
            if name in self.points:
                return self.points[name]
        for point in self.points.values():
            if point.links.points_to(reading.links):
                return point
        return _only(self.points, f"{reading.links.own}: its UsagePoint")

    def meter_number(self, point: UsagePoint) -> str:
        if self.meter == "id":
            return point.links.own.rpartition("/")[2]
        if self.meter == "title":
            if sum(other.title == point.title for other in self.points.values()) > 1 or not point.title:
                raise FeedStructureError(f"title {point.title!r} does not name one usage point")
            return point.title
        return point.links.own


def channels_of(
    directory: Directory, blocks: Mapping[Links, Channel]
) -> Iterator[tuple[ChannelKey, Channel]]:
    """Blocks as channels.

    Meter readings of one key that run one after the other are one channel (some vendors start a new one each
    day); where they overlap, each is a register of its own, named by its link.
    """
    by_reading: dict[str, Channel] = {}
    for links, channel in blocks.items():
        by_reading.setdefault(directory.reading_of(links).links.own, Channel()).extend(channel)
    by_key: dict[ChannelKey, dict[str, Channel]] = {}
    for name, channel in by_reading.items():
        if channel.lines:
            reading = directory.readings[name]
            key = _key(directory, reading, channel)
            by_key.setdefault(key, {})[name] = channel
    for key, parts in by_key.items():
        yield from _apart(key, parts)


def _key(directory: Directory, reading: MeterReading, channel: Channel) -> ChannelKey:
    kind, point = directory.type_of(reading), directory.point_of(reading)
    channel.explain(exponent=kind.exponent, interval_seconds=kind.interval_seconds, quality=kind.quality)
    return ChannelKey(
        directory.meter_number(point),
        kind.register,
        kind.commodity_at(point),
        kind.unit,
        kind.direction,
        kind.kind,
    )


def _apart(key: ChannelKey, parts: dict[str, Channel]) -> Iterator[tuple[ChannelKey, Channel]]:
    ordered = sorted(parts.items(), key=lambda part: min(part[1].firsts))
    pairs = zip(ordered, ordered[1:], strict=False)
    if any(earlier.overlaps(later) for (_, earlier), (_, later) in pairs):
        for name, channel in parts.items():
            yield key._replace(register=f"{key.register} {name.rpartition('/')[2]}".strip()), channel
        return
    whole = Channel()
    for _, channel in ordered:
        whole.extend(channel)
    yield key, whole


def _only(candidates: Mapping[str, _Thing], what: str) -> _Thing:
    if len(candidates) != 1:
        raise FeedStructureError(f"{what} is not to be found: {len(candidates)} in the file")
    return next(iter(candidates.values()))
