"""Datadis JSON: hourly readings of Spanish supply points, in the form of their common platform.

A list of objects, one an hour: `cups` (the point, which is the meter here), `date` (2023/10/01) and `time`, the wall
clock at the END of the hour in the feed's zone, 24:00 for midnight; `consumptionKWh` and `surplusEnergyKWh` are what
was used and what was sent back, each a channel; `obtainMethod` is the quality. null is unknown. Shares of a generation
community (`generationEnergyKWh`, `selfConsumptionEnergyKWh`) are no measurement of the point and are left out.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from json import JSONDecoder
from typing import BinaryIO
from zoneinfo import ZoneInfo

from datahub.feeds.formats.cells import exact, needed
from datahub.feeds.formats.json_members import Member, members_of
from datahub.feeds.formats.limits import size_within
from datahub.feeds.formats.local_time import moment
from datahub.feeds.formats.spool import SlotChannel, Spool
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Part, Settings
from datahub.rows.usage import ChannelKey, Direction, Quality, UsageColumns

NAME = "datadis_json"
KIND = "usage"
SUFFIXES = (".json",)
MOST_BYTES = 16 << 20  # a point's two years take 3 MB

_HOUR = 3600
_DATE = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)")
_CLOCK = re.compile(r"(0\d|1\d|2[0-4]):00")
_VALUES: dict[str, Direction] = {"consumptionKWh": "import", "surplusEnergyKWh": "export"}
_KWH = 3  # a Wh is 10**-3 of it
_QUALITIES = {"": Quality.UNSTATED, "real": Quality.ACTUAL, "estimada": Quality.ESTIMATED}
_DECODER = JSONDecoder(parse_float=Decimal, parse_int=Decimal)  # an hour of NaN is rejected alone


def sniff(content: bytes) -> bool:
    head = content[: 1 << 12].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"[") and b'"cups"' in head and b'"consumptionKWh"' in head


def read(
    source: BinaryIO, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS
) -> Iterator[Part[UsageColumns]]:
    """Two channels a point. An hour that comes twice counts once; an hour that a clock change skips is rejected.

    Raises FeedStructureError: not a JSON list of objects, more than 16 MB.
    """
    size = size_within(source, MOST_BYTES)
    content = source.read()
    if not content.removeprefix(BOM_UTF8).lstrip().startswith(b"["):
        raise FeedStructureError("line 1: expected a list of hours")
    spool, slots = Spool(), dict[ChannelKey, int]()
    for member in members_of(BytesIO(content), _DECODER, list_name="hours"):
        if not isinstance(member.value, dict):
            raise FeedStructureError(f"line {member.line}: expected a list of hours, each an object")
        try:
            _add_hour(spool, slots, member, zone)
        except ValueError as error:
            spool.reject(member.line, str(error), member.text)
    channels = [SlotChannel(key, _KWH, _HOUR, ends=True) for key in slots]
    yield from spool.parts(channels, size=size)


def _add_hour(spool: Spool, slots: dict[ChannelKey, int], member: Member, zone: ZoneInfo) -> None:
    """Add the readings of one hour. Raises ValueError where any of it cannot be read, and adds none."""
    texts = {name: "" if value is None else str(value) for name, value in member.value.items()}
    meter = needed(texts.get("cups", ""), "cups", 100)
    date, clock = _DATE.fullmatch(texts.get("date", "")), _CLOCK.fullmatch(texts.get("time", ""))
    if date is None or clock is None:
        raise ValueError(
            f"{texts.get('date', '')!r}, {texts.get('time', '')!r} is not the end of an hour like 2023/10/01, 24:00"
        )
    day = f"{date[1]}-{date[2]}-{date[3]}"
    # midnight is an hour after 23:00, whatever the date is called then
    end, shift = moment(f"{day}T{'23' if clock[1] == '24' else clock[1]}:00", zone)
    end += _HOUR * (clock[1] == "24")
    method = texts.get("obtainMethod", "")
    quality = _QUALITIES.get(method.casefold())
    if quality is None:
        raise ValueError(f"obtainMethod {method!r} is not known")
    values = [(name, exact(texts[name]) if texts[name] else None) for name in _VALUES if name in texts]
    if not values:
        raise ValueError(f"none of {', '.join(_VALUES)} is there")
    for name, value in values:
        key = ChannelKey(meter, "", "electricity", "Wh", _VALUES[name], "interval")
        digits, exponent = value or (0, 0)
        spool.add(
            slots.setdefault(key, len(slots)),
            lines=[member.line],
            starts=[end],
            durations=[0],
            digits=[digits],
            exponents=exponent,
            known=int(value is not None),
            quality=quality,
            shifts=shift,
        )
