"""Usage as Green Button (NAESB ESPI) XML: an Atom feed of usage points, readings, their types, and blocks of a day.

A usage point is a meter under one contract, titled with the meter's number. A meter reading is a channel on one grid
with one power of ten; where the digits of its values change, another one goes on. Values are exact integers times
that power. What is unknown is left out.

Each entry stands at a fragment of the file's own address, so that its links answer: there are no addresses of single
entries. Readers join entries by comparing links, which they do as with addresses of their own.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

import numpy as np
from django.conf import settings
from django.utils import timezone

from cdsc_portal.lib.json.encoder import instant
from datahub.feeds.formats.units import ESPI_MEASURES
from datahub.rows.usage import Quality
from datahub.store.codec import DAY_SECONDS
from datahub.usage.exports.base import UsageFile
from datahub.usage.exports.local_time import local_time_parameters
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


class _Written(NamedTuple):
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
        self._told: set[str] = set()
        self._current: dict[tuple[object, ...], _Written] = {}
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
        if path in self._told:
            return path, ""
        self._told.add(path)
        kind = f"<ServiceCategory><kind>{_SERVICES[channel.commodity]}</kind></ServiceCategory>"
        related = (f"{path}/MeterReading", f"{self._root}/LocalTimeParameters/1")
        content = f"<UsagePoint {_ESPI}>{kind}</UsagePoint>"
        return path, self._entry(path, content, title=channel.meter_number, related=related)

    def _reading(self, segment: UsageSegment, point: str) -> tuple[_Written, str]:
        """(the meter reading that the segment goes on with, its entries if it is a new one)."""
        channel = segment.channel
        key = (point, channel.channel_id, channel.step)
        multiplier = _multiplier(channel.scale)
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
        if kind not in self._told:
            self._told.add(kind)
            content = "".join(
                f"<{name}>{value}</{name}>" for name, value in _type_of(channel, multiplier).items()
            )
            entries += self._entry(kind, f"<ReadingType {_ESPI}>{content}</ReadingType>")
        self._current[key] = _Written(path, multiplier, number)
        return self._current[key], entries

    def _blocks(self, segment: UsageSegment, reading: _Written) -> Iterator[str]:
        """An entry a local day."""
        channel = segment.channel
        rows = np.flatnonzero(channel.known[segment.rows]) + segment.rows.start
        starts = channel.starts[rows]
        first, last = int(starts[0]), int(starts[-1])
        days = calendar(By.DAY, first, last + DAY_SECONDS, timezone.get_default_timezone()).places(starts)
        edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(rows)]
        for begin, past in pairwise(edges):
            yield self._block(channel, rows[begin:past].tolist(), reading)

    def _block(self, channel: ChannelReadings, rows: list[int], reading: _Written) -> str:
        factor = 10 ** (-reading.multiplier - channel.scale)
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
        return self._entry(
            f"{reading.path}/IntervalBlock/{starts[0]}", content, up=f"{reading.path}/IntervalBlock"
        )

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
    said: dict[str, object] = {
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
    return {name: str(value) for name, value in said.items() if value is not None}


def _multiplier(scale: int) -> int:
    """The largest power of ten of the standard in which integers at `scale` stay integers."""
    return max((power for power in _MULTIPLIERS if power <= -scale), default=-scale)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
