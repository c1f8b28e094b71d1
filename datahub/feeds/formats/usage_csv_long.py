"""Usage as CSV with one reading a line.

Columns: meter, start, value; and where they are needed: register, commodity, unit, direction, kind, quality,
end, interval_seconds. An empty value is unknown. Settings stand in for what no cell says: unit, commodity,
direction, kind, interval_seconds; and decimal_mark ("," or ".").
"""

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo

from datahub.feeds.formats.base import (
    NO_SETTINGS,
    Cells,
    FeedStructureError,
    Parsed,
    Quality,
    Rejection,
    Settings,
    UsageSeries,
    choice,
)
from datahub.feeds.formats.cells import UNKNOWN, at_most, exact, needed, one_of, whole_number
from datahub.feeds.formats.local_time import moment
from datahub.feeds.formats.readings import Channel, parsed_channels
from datahub.feeds.formats.table import Table, header_of
from datahub.feeds.formats.units import measure
from datahub.feeds.formats.usage_rows import ChannelKey

NAME = "usage_csv_long"
KIND = "usage"
SUFFIXES = (".csv", ".txt")

_NEEDED = ("meter", "start", "value")
_CHANNEL = ("meter", "register", "commodity", "unit", "direction", "kind")
_OPTIONAL = (*_CHANNEL[1:], "quality", "end", "interval_seconds")
_QUALITIES = {
    "": Quality.UNSTATED,
    "actual": Quality.ACTUAL, "a": Quality.ACTUAL,
    "estimated": Quality.ESTIMATED, "e": Quality.ESTIMATED,
    "substituted": Quality.SUBSTITUTED, "s": Quality.SUBSTITUTED,
    "corrected": Quality.CORRECTED, "c": Quality.CORRECTED,
    "provisional": Quality.PROVISIONAL, "p": Quality.PROVISIONAL,
    "withdrawn": Quality.WITHDRAWN, "w": Quality.WITHDRAWN,
}  # fmt: skip
_Channels = defaultdict[ChannelKey, Channel]


def sniff(content: bytes) -> bool:
    return set(_NEEDED) <= set(header_of(content)[0])


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[UsageSeries]:
    """Series by channel; local times are in `zone`, times with an offset are taken at their word.

    A second line for the same channel and start is rejected, whether it repeats the value or contradicts it.
    Raises FeedStructureError: what `Table` refuses, a unit that is unknown or not said, no length.
    """
    table = Table(content, _NEEDED, _OPTIONAL)
    if not {"end", "interval_seconds", "kind"} & {*table.columns, *settings}:
        raise FeedStructureError("how long a reading lasts is not said: no column end, no interval_seconds")
    channels: _Channels = defaultdict(Channel)
    rejected: list[Rejection] = []
    take = _taker(channels, zone, settings)
    for line, cells in table:
        try:
            take(line, cells)
        except FeedStructureError as error:
            raise FeedStructureError(f"line {line}: {error}") from error
        except ValueError as error:
            rejected.append(Rejection(line, str(error), ",".join(cells.values())))
    return parsed_channels(channels.items(), rejected)


def _taker(channels: _Channels, zone: ZoneInfo, settings: Settings) -> Callable[[int, Cells], None]:
    default = {name: settings.get(name, "") for name in _OPTIONAL}
    comma = choice(settings, "decimal_mark", ".", ",") == ","
    by_name: dict[tuple[str | None, ...], tuple[ChannelKey, int]] = {}  # worked out once, not once a reading

    def take(line: int, cells: Cells) -> None:
        name = tuple(map(cells.get, _CHANNEL))
        if name not in by_name:
            by_name[name] = _channel(*(cells.get(part) or default.get(part, "") for part in _CHANNEL))
        key, exponent = by_name[name]
        start = moment(cells["start"], zone)
        quality = _quality(cells.get("quality") or default["quality"])
        text = cells["value"].replace(",", ".") if comma else cells["value"]
        value = None if quality is Quality.WITHDRAWN else _value(text, exponent)
        seconds = cells.get("interval_seconds") or default["interval_seconds"]
        length = 0 if key.kind == "register" else _length(cells.get("end"), seconds, zone)
        channels[key].add(line, start, length, value, quality)

    return take


def _channel(
    meter: str, register: str, commodity: str, unit: str, direction: str, kind: str
) -> tuple[ChannelKey, int]:
    if not unit:
        raise FeedStructureError("the unit is not said: no cell, no setting")
    unit_kept, exponent, implied = measure(unit)
    commodity = one_of(commodity or implied, "commodity", "electricity", "natural_gas", "water")
    direction = direction.lower() or ("none" if unit_kept in ("V", "A") else "import")
    kind = kind.lower() or ("demand" if unit_kept in ("W", "VA", "var") else "interval")
    key = ChannelKey(
        needed(meter, "meter", 100),
        at_most(register, "register", 100),
        commodity,
        unit_kept,
        one_of(direction, "direction", "import", "export", "net", "none"),
        one_of(kind, "kind", "interval", "register", "demand"),
    )
    return key, exponent


@lru_cache(maxsize=64)
def _quality(text: str) -> Quality:
    try:
        return _QUALITIES[text.lower()]
    except KeyError as error:
        raise ValueError(f"quality {text!r} is not known") from error


@lru_cache(maxsize=1 << 16)
def _value(text: str, exponent: int) -> tuple[int, int] | None:
    if text.lower() in UNKNOWN:
        return None
    digits, own = exact(text)
    return digits, own + exponent if digits else 0


@lru_cache(maxsize=1 << 10)
def _length(end: str | None, seconds: str, zone: ZoneInfo) -> int | tuple[int, int]:
    if end:
        return moment(end, zone)
    if not seconds:
        raise ValueError("how long the reading lasts is not said: end and interval_seconds are empty")
    return whole_number(seconds, "interval_seconds")
