"""Usage as Green Button (NAESB ESPI) XML: an Atom feed of usage points, readings, their types, and blocks of a day.

A usage point is a meter under one contract, titled with the meter's number. A meter reading is a channel on one grid
with one power of ten; where the digits of its values change, another one goes on. Values are exact integers times
that power. What is unknown is left out.

Each entry stands at a fragment of the file's own address, so that its links answer: there are no addresses of single
entries. Readers join entries by comparing links, which they do as with addresses of their own.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.utils import timezone

from cdsc_portal.lib.json.encoder import instant
from datahub.feeds.formats.units import ESPI_MEASURES
from datahub.rows.usage import Quality
from datahub.store.codec import DAY_SECONDS
from datahub.usage.exports.base import UsageFile
from datahub.usage.readings import ChannelReadings
from datahub.usage.segments import UsageSegment
from datahub.usage.sum_periods import By, calendar

QUALITIES = {  # a final substitute is "derived"; UNSTATED says nothing
    Quality.ACTUAL: 0, Quality.ESTIMATED: 8, Quality.SUBSTITUTED: 11, Quality.CORRECTED: 7, Quality.PROVISIONAL: 14,
}  # fmt: skip
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>urn:uuid:{id}</id>
<title>{title}</title>
<updated>{at}</updated>
<author><name>{author}</name></author>
<link rel="self" href="{address}"/>
"""
_ENTRY = """<entry>
<id>urn:uuid:{id}</id>
{links}
<title>{title}</title>
<content>
{content}
</content>
<published>{at}</published>
<updated>{at}</updated>
</entry>
"""
_ESPI = 'xmlns="http://naesb.org/espi"'
_MULTIPLIERS = (-12, -9, -6, -3, -2, -1, 0, 1, 2, 3, 6, 9, 12)  # the powers of ten that the standard knows
_SERVICES = {"electricity": 0, "natural_gas": 1, "water": 2}
_COMMODITIES = {"electricity": 1, "natural_gas": 7, "water": 9}
_DIRECTIONS = {"import": 1, "export": 19, "net": 4, "none": 0}
_UNITS: dict[str, int | None] = {
    known.unit: number for number, known in ESPI_MEASURES.items() if not known.exponent
}
_BEHAVIOURS = {"interval": 4, "register": 1, "demand": 6}
_KINDS = {"V": 54, "A": 4, "m3": 58, "ft3": 58, "gal": 58, "imp_gal": 58}
_ENERGY, _DEMAND = 12, 8
_NEVER = "00000000"
_LAST = 7
_HOUR = timedelta(hours=1)


class _MeterReading(NamedTuple):
    """The `number`th meter reading of a channel: its path and the power of ten of its type."""

    path: str
    multiplier: int
    number: int


class GreenButton(UsageFile):
    """ESPI as its versions 1 to 4 share it."""

    media_type = "application/atom+xml"
    suffix = "xml"

    def begin(self) -> bytes:
        address = f"{settings.PUBLIC_URL}/usage_data/file"
        self._root = f"{address}#"
        self._at = instant(self.at)
        self._entries_written: set[str] = set()
        self._current: dict[tuple[object, ...], _MeterReading] = {}
        clock = f"{self._root}/LocalTimeParameters/1"
        head = _HEAD.format(
            id=uuid5(NAMESPACE_URL, f"{self._root}{self._at}"), address=address, at=self._at,
            title=escape(f"{settings.UTILITY_NAME}: usage"), author=escape(settings.UTILITY_NAME),
        )  # fmt: skip
        zone = timezone.get_default_timezone()
        parameters = local_time_parameters(zone, self.at.year)
        content = "".join(f"<{name}>{value}</{name}>" for name, value in parameters.items())
        return (
            head + self._entry(clock, f"<LocalTimeParameters {_ESPI}>{content}</LocalTimeParameters>")
        ).encode()

    def chunk(self, segments: Sequence[UsageSegment]) -> Iterator[bytes]:
        for segment in segments:
            if segment.channel.known[segment.rows].any():
                point = self._point(segment)
                yield point[1].encode()
                reading, entries = self._reading(segment, point[0])
                yield entries.encode()
                yield from (block.encode() for block in self._blocks(segment, reading))

    def end(self) -> bytes:
        return b"</feed>\n"

    def _point(self, segment: UsageSegment) -> tuple[str, str]:
        """(path, its entry if that is not written yet)."""
        channel = segment.channel
        path = f"{self._root}/UsagePoint/{_digest(segment.contract_number, channel.meter_number)}"
        if path in self._entries_written:
            return path, ""
        self._entries_written.add(path)
        kind = f"<ServiceCategory><kind>{_SERVICES[channel.commodity]}</kind></ServiceCategory>"
        related = (f"{path}/MeterReading", f"{self._root}/LocalTimeParameters/1")
        content = f"<UsagePoint {_ESPI}>{kind}</UsagePoint>"
        return path, self._entry(path, content, title=channel.meter_number, related=related)

    def _reading(self, segment: UsageSegment, point: str) -> tuple[_MeterReading, str]:
        """(the meter reading that the segment goes on with, its entries if it is a new one)."""
        channel = segment.channel
        key = (point, channel.channel_id, channel.step)
        # the largest power of ten of the standard in which integers at the channel's scale stay integers
        multiplier = max((power for power in _MULTIPLIERS if power <= -channel.scale), default=-channel.scale)
        current = self._current.get(key)
        if current is not None and current.multiplier == multiplier:
            return current, ""
        number = current.number + 1 if current else 1
        grid = "periods" if channel.step is None else str(channel.step)
        name = _digest(channel.register, channel.direction, channel.unit, channel.kind, grid, str(number))
        path = f"{point}/MeterReading/{name}"
        kind = f"{self._root}/ReadingType/{_digest(*_type_of(channel, multiplier).values())}"
        entries = self._entry(
            path, f"<MeterReading {_ESPI}/>", title=channel.register or channel.direction,
            up=f"{point}/MeterReading", related=(f"{path}/IntervalBlock", kind),
        )  # fmt: skip
        if kind not in self._entries_written:
            self._entries_written.add(kind)
            content = "".join(
                f"<{name}>{value}</{name}>" for name, value in _type_of(channel, multiplier).items()
            )
            entries += self._entry(kind, f"<ReadingType {_ESPI}>{content}</ReadingType>")
        self._current[key] = _MeterReading(path, multiplier, number)
        return self._current[key], entries

    def _blocks(self, segment: UsageSegment, reading: _MeterReading) -> Iterator[str]:
        """An entry a local day."""
        channel = segment.channel
        known = np.flatnonzero(channel.known[segment.rows]) + segment.rows.start
        moments = channel.starts[known]
        first, last = int(moments[0]), int(moments[-1])
        days = calendar(By.DAY, first, last + DAY_SECONDS, timezone.get_default_timezone()).places(moments)
        edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(known)]
        factor = 10 ** (-reading.multiplier - channel.scale)
        for begin, past in pairwise(edges):
            rows = known[begin:past]
            starts, lengths = channel.starts[rows].tolist(), channel.durations[rows].tolist()
            values, codes = channel.values[rows].tolist(), channel.quality[rows].tolist()
            readings = "".join(
                f"<IntervalReading>{_QUALITY_XML[code]}<timePeriod><duration>{length}</duration><start>{start}</start>"
                f"</timePeriod><value>{value * factor}</value></IntervalReading>\n"
                for start, length, value, code in zip(starts, lengths, values, codes, strict=True)
            )
            duration = starts[-1] + lengths[-1] - starts[0]
            interval = f"<interval><duration>{duration}</duration><start>{starts[0]}</start></interval>\n"
            content = f"<IntervalBlock {_ESPI}>\n{interval}{readings}</IntervalBlock>"
            path = f"{reading.path}/IntervalBlock"
            yield self._entry(f"{path}/{starts[0]}", content, up=path)

    def _entry(
        self, path: str, content: str, *, title: str = "", up: str = "", related: Sequence[str] = ()
    ) -> str:
        links = [
            ("self", path),
            ("up", up or path.rpartition("/")[0]),
            *(("related", other) for other in related),
        ]
        return _ENTRY.format(
            id=uuid5(NAMESPACE_URL, path),
            links="\n".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in links),
            title=escape(title),
            content=content,
            at=self._at,
        )


_QUALITY_XML = [
    f"<ReadingQuality><quality>{QUALITIES[code]}</quality></ReadingQuality>" if code in QUALITIES else ""
    for code in Quality
]


def _type_of(channel: ChannelReadings, multiplier: int) -> dict[str, str]:
    """The members of a reading type, in the order of the standard."""
    register = dict(re.findall(r"\b(tou|tier) (\d+)", channel.register))
    demand = channel.kind == "demand"
    members: dict[str, object] = {
        "accumulationBehaviour": _BEHAVIOURS[channel.kind],
        "commodity": _COMMODITIES[channel.commodity],
        "consumptionTier": register.get("tier"),
        "dataQualifier": 8 if demand else 12,  # maximum, normal
        "flowDirection": _DIRECTIONS[channel.direction],
        "intervalLength": channel.step,
        "kind": _DEMAND if demand else _KINDS.get(channel.unit, _ENERGY),
        "powerOfTenMultiplier": multiplier,
        "tou": register.get("tou"),
        "uom": _UNITS[channel.unit],
    }
    return {name: str(value) for name, value in members.items() if value is not None}


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def local_time_parameters(zone: ZoneInfo, year: int) -> dict[str, str]:
    """dstEndRule, dstOffset, dstStartRule and tzOffset (seconds) as the clocks of `year` follow them."""
    begins, ends = _clock_changes(zone, year)
    winter = min(_ahead(zone, moment) for moment in (_first(year), _first(year) + timedelta(days=182)))
    if begins is None or ends is None:
        return {"dstEndRule": _NEVER, "dstOffset": "0", "dstStartRule": _NEVER, "tzOffset": _seconds(winter)}
    summer = _ahead(zone, begins) - _ahead(zone, begins - _HOUR)
    return {
        "dstEndRule": _rule(zone, ends),
        "dstOffset": _seconds(summer),
        "dstStartRule": _rule(zone, begins),
        "tzOffset": _seconds(winter),
    }


def _clock_changes(zone: ZoneInfo, year: int) -> tuple[datetime | None, datetime | None]:
    """The hours (UTC) of `year` from which the clocks are ahead, and from which they are no longer."""
    begins = ends = None
    for day in (_first(year) + timedelta(days=place) for place in range(366)):
        if _ahead(zone, day) != _ahead(zone, day + timedelta(days=1)):
            hours = [day + hour * _HOUR for hour in range(1, 25)]
            change = next(hour for hour in hours if _ahead(zone, hour) != _ahead(zone, hour - _HOUR))
            if _ahead(zone, change) > _ahead(zone, change - _HOUR):
                begins = change
            else:
                ends = change
    return begins, ends


def _rule(zone: ZoneInfo, change: datetime) -> str:
    """Month, which weekday of it, and the hour on the clock before the change, packed into 32 bits.

    The last of the month where it is that in the next years too, else the first to the fourth.
    """
    wall = (change - _HOUR).astimezone(zone) + _HOUR
    side = 0 if _ahead(zone, change) > _ahead(zone, change - _HOUR) else 1
    later = [_clock_changes(zone, change.year + years)[side] for years in range(6)]
    days = [(each - _HOUR).astimezone(zone) + _HOUR for each in later if each is not None]
    is_last = all((day + timedelta(days=7)).month != day.month for day in days)
    which = _LAST if is_last else (wall.day - 1) // 7 + 2
    packed = wall.month << 28 | which << 25 | wall.isoweekday() << 17 | wall.hour << 12
    return f"{packed + wall.minute * 60:08X}"


def _ahead(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _first(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _seconds(offset: timedelta) -> str:
    return str(int(offset.total_seconds()))
