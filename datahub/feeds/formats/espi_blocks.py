"""ESPI interval blocks to columns, before it is known what they measure: types may come later in the file."""

from zoneinfo import ZoneInfo

from lxml import etree

from datahub.feeds.formats.base import Quality, Rejection
from datahub.feeds.formats.cells import exact
from datahub.feeds.formats.espi_links import ESPI, Links, line_of
from datahub.feeds.formats.espi_types import QUALITIES
from datahub.feeds.formats.local_time import wall_clock_moment
from datahub.feeds.formats.readings import Channel

_PERIOD, _START, _DURATION = f"{ESPI}timePeriod", f"{ESPI}start", f"{ESPI}duration"
_VALUE, _READING_QUALITY, _QUALITY = f"{ESPI}value", f"{ESPI}ReadingQuality", f"{ESPI}quality"


class Blocks:
    """Readings by the links of their block; `wall_clock`: the zone of local time written as UTC, or None."""

    def __init__(self, wall_clock: ZoneInfo | None) -> None:
        self._wall_clock = wall_clock
        self.channels: dict[Links, Channel] = {}
        self.rejected: list[Rejection] = []

    def take(self, block: etree._Element, links: Links) -> None:
        """Each IntervalReading becomes a reading or a rejection with its line."""
        channel = self.channels.setdefault(links, Channel())
        for reading in block.iterchildren(f"{ESPI}IntervalReading"):
            try:
                self._add(channel, reading)
            except ValueError as error:
                text = " ".join(str(part).strip() for part in reading.itertext() if part.strip())
                self.rejected.append(Rejection(line_of(reading), str(error), text))

    def _add(self, channel: Channel, reading: etree._Element) -> None:
        start, duration, value, quality = None, 0, None, Quality.UNSTATED
        for child in reading:
            if child.tag == _PERIOD:
                start, duration = _period(child)
            elif child.tag == _VALUE:
                value = _value(child.text)
            elif child.tag == _READING_QUALITY:
                quality = _quality(child)
        if start is None:
            raise ValueError("the reading has no start")
        moment = (start, 0) if self._wall_clock is None else wall_clock_moment(start, self._wall_clock)
        channel.add(line_of(reading), moment, duration, value, quality)


def _period(element: etree._Element) -> tuple[int | None, int]:
    return _seconds(element.findtext(_START)), _seconds(element.findtext(_DURATION)) or 0


def _seconds(text: str | None) -> int | None:
    if text is None or not text.strip():
        return None
    try:
        seconds = int(text)
    except ValueError as error:
        raise ValueError(f"{text.strip()!r} is not a count of seconds") from error
    if not 0 <= seconds < 1 << 33:
        raise ValueError(f"{seconds} seconds are out of bounds")
    return seconds


def _value(text: str | None) -> tuple[int, int] | None:
    return exact(text.strip()) if text and text.strip() else None


def _quality(element: etree._Element) -> Quality:
    text = (element.findtext(_QUALITY) or "").strip()
    return QUALITIES.get(int(text), Quality.UNSTATED) if text.isdigit() else Quality.UNSTATED
