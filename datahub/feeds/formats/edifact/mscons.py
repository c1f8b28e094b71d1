"""MSCONS (UN/EDIFACT D.04B, as energy markets use it): metered values of points.

A series is a place (LOC+172), a device (RFF+MG) and a register (PIA with its OBIS code); each QTY below it has its
times: begin and end (DTM 163, 164) for a quantity of a period, one moment (DTM 7 or 9) for what a register shows. Where
the series says its begin and a step (DTM 163, 672) ahead of them, those without times follow each other from there.
A time without offset is in the feed's zone, a date is its first moment. A unit that is not written is the one that the
OBIS code implies. The `line` of a reading is the number of its segment.

Settings: `meter` "device" names a meter by RFF+MG instead of LOC+172; `unit` for values without one whose code implies
none (gas); `qualities` for further quantity qualifiers ("136=actual 99=estimated"); `counts` "ignored" for a sender
whose UNT and UNZ count wrongly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import groupby
from typing import BinaryIO
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.cells import at_most, exact, needed
from datahub.feeds.formats.edifact.interchange import Frame, Quantities, Segment, Segments, Syntax
from datahub.feeds.formats.edifact.mscons_readings import (
    Moment,
    Moments,
    Reading,
    Readings,
    SeriesGrid,
    amounts,
)
from datahub.feeds.formats.local_time import moment, resolve_fold
from datahub.feeds.formats.obis import Obis, is_obis, obis
from datahub.feeds.formats.spool import SlotChannel, Spool
from datahub.feeds.formats.units import Measure, check_commodity, measure
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Part, Settings, choice
from datahub.rows.usage import REACH, YEARS, ChannelKey, Kind, Quality, UsageColumns

NAME = "mscons"
KIND = "usage"
SUFFIXES = (".txt", ".edi", ".mscons")

_UNITS = {
    "KWH": "kWh", "MWH": "MWh", "GWH": "GWh", "WHR": "Wh", "KWT": "kW", "MAW": "MW", "WTT": "W",
    "K3": "kvarh", "KVR": "kvar", "KVA": "kVA", "C79": "kVAh", "D44": "var", "MTQ": "m3", "FTQ": "ft3",
    "VLT": "V", "AMP": "A", "KVT": "kV", "LTR": "l",
}  # fmt: skip
_UNKNOWN = -1
_QUALITIES: Mapping[str, int] = {
    "220": Quality.ACTUAL,
    "67": Quality.SUBSTITUTED,
    "187": Quality.ESTIMATED,  # forecast
    "201": Quality.ESTIMATED,  # proposed
    "Z18": Quality.PROVISIONAL,
    "79": Quality.UNSTATED,  # a sum
    "Z31": Quality.UNSTATED,
    "20": _UNKNOWN,  # not to be used
}
_WORDS = {quality.name.lower(): quality for quality in Quality}
_CANCELS = "1"  # the function of a message
_LONGEST_GRID = 12 * 3600  # seconds; days and longer may last differently
_MOST_TOGETHER = 200_000  # readings of a series looked at as a whole


@dataclass(slots=True)
class _Quantity:
    """A QTY whose times are still to come."""

    segment: Segment
    begin: Moment | None = None
    end: Moment | None = None
    at: Moment | None = None
    fault: str = ""


def sniff(content: bytes) -> bool:
    head = content[: 1 << 12].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"UNA", b"UNB")) and b"MSCONS" in head


def read(
    source: BinaryIO, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS
) -> Iterator[Part[UsageColumns]]:
    """Columns by channel, once the frame of the whole file has held.

    Where more than half of a series' readings last equally long, up to half a day, those that last differently are
    rejected. Raises FeedStructureError: what `Segments` and `Frame` refuse, a message of another type, a setting.
    """
    segments, frame = Segments(source), Frame(choice(settings, "counts", "checked", "ignored") == "checked")
    messages = _Messages(zone, settings)
    for found in segments:
        if isinstance(found, Quantities):
            frame.take_together(found)
            messages.take_together(found)
        else:
            frame.take(found)
            messages.take(found)
    frame.close()
    yield from messages.spool.parts(messages.meanings(), size=segments.size)


class _Messages:
    """The readings of a file as its segments go by."""

    def __init__(self, zone: ZoneInfo, settings: Settings) -> None:
        self.spool = Spool()
        self._zone = zone
        self._by_device = choice(settings, "meter", "point", "device") == "device"
        self._unit = measure(settings["unit"]) if settings.get("unit") else None
        self._qualities = {**_QUALITIES, **_further_qualities(settings.get("qualities", ""))}
        self._slots: dict[tuple[ChannelKey, int], int] = {}
        self._found: dict[tuple[str, str, str, bool], int] = {}
        self._cancels = False
        self._point = self._device = self._register = ""
        self._quantity: _Quantity | None = None
        self._grid = SeriesGrid()
        self._grid_fault = ""
        self._series: dict[int, list[Reading]] = {}  # since what stands in `_before`
        self._before: dict[int, list[Readings]] = {}
        self._moments = Moments(partial(_said_moment, zone=zone))

    def meanings(self) -> list[SlotChannel]:
        return [SlotChannel(key, exponent) for key, exponent in self._slots]

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "DTM":
                if self._quantity is not None:
                    self._time(self._quantity, *segment.components(0, 3))
                else:
                    self._time_of_series(*segment.components(0, 3))
            case "QTY":
                self._finish_quantity()
                self._quantity = _Quantity(segment)
            case "STS":
                pass
            case "PIA":
                if segment.components(0, 1) == ("5",):
                    (self._register,) = segment.components(1, 1)
            case "LIN" | "LOC" | "NAD" | "UNS" | "UNT" | "UNH":
                self._finish_series()
                self._open(segment)
            case "RFF":
                name, number = segment.components(0, 2)
                self._device = number if name == "MG" else self._device
            case "BGM":
                self._cancels = segment.components(2, 1) == (_CANCELS,)
                if self._cancels:
                    self.spool.reject(
                        segment.number,
                        "cancels another message: what that brought is not undone",
                        segment.text,
                    )

    def _open(self, segment: Segment) -> None:
        self._register = ""
        self._grid.close(segment.number)
        if segment.tag != "LIN":
            self._grid, self._grid_fault = SeriesGrid(), ""
        if segment.tag == "UNH" and segment.components(1, 1) != ("MSCONS",):
            said = segment.components(1, 1)[0]
            raise FeedStructureError(f"segment {segment.number}: a message of type {said!r}, not MSCONS")
        if segment.tag == "LOC" and segment.components(0, 1) == ("172",):
            first, _, _, fourth = segment.components(1, 4)
            self._point, self._device = first or fourth, ""  # the number itself, or behind its agency
        elif segment.tag in ("UNH", "NAD"):
            self._point = self._device = ""

    def _time(self, quantity: _Quantity, which: str, text: str, form: str) -> None:
        try:
            match which:
                case "163":
                    quantity.begin = _moment(text, form, self._zone)
                case "164":
                    quantity.end = _moment(text, form, self._zone)
                case "7":
                    quantity.at = _moment(text, form, self._zone)
                case "9" if quantity.at is None:  # the day of the read; 7 is the moment that it stands for
                    quantity.at = _moment(text, form, self._zone)
        except ValueError as error:
            quantity.fault = quantity.fault or str(error)

    def _time_of_series(self, which: str, text: str, form: str) -> None:
        try:
            match which:
                case "163":
                    self._grid.begin = _moment(text, form, self._zone)
                case "164":
                    self._grid.end = _moment(text, form, self._zone)
                case "672":
                    self._grid.take_step(text, form)
        except ValueError as error:
            self._grid_fault = self._grid_fault or str(error)

    def _finish_quantity(self) -> None:
        quantity, self._quantity = self._quantity, None
        if quantity is None:
            return
        segment = quantity.segment
        try:
            slot, reading = self._reading(quantity)
        except ValueError as error:
            self.spool.reject(segment.number, str(error), segment.text)
            return
        self._series.setdefault(slot, []).append(reading)
        if len(self._series[slot]) >= _MOST_TOGETHER:
            self._put(slot, Readings.of(self._series.pop(slot)))

    def _reading(self, quantity: _Quantity) -> tuple[int, Reading]:
        if quantity.fault:
            raise ValueError(quantity.fault)
        is_read = quantity.begin is None and quantity.end is None
        if quantity.begin is not None and quantity.end is not None:
            start, stop = quantity.begin, quantity.end
        elif quantity.at is not None and is_read:
            start = stop = quantity.at
        elif is_read:
            if self._grid_fault:
                raise ValueError(self._grid_fault)
            is_read, (start, stop) = False, self._grid.place()
        else:
            raise ValueError("neither begin and end nor one moment are said")
        qualifier, text, unit = quantity.segment.components(0, 3)
        slot, quality = self._slot_and_quality(qualifier, unit, is_read)
        mark = quantity.segment.syntax.decimal
        digits, exponent = exact(text.replace(mark or ",", ".") if mark != "." else text)
        segment = quantity.segment
        return slot, Reading(segment.text, segment.number, start, stop, digits, exponent, quality)

    def _slot_and_quality(self, qualifier: str, unit: str, is_read: bool) -> tuple[int, int]:
        asked = (self._device if self._by_device else self._point, self._register, unit, is_read)
        slot = self._found.get(asked)
        if slot is None:
            slot = self._found[asked] = self._slot(*asked)
        quality = self._qualities.get(qualifier)
        if quality is None:
            raise ValueError(f"quantity qualifier {qualifier!r} is not known")
        return slot, Quality.WITHDRAWN if self._cancels else quality

    def take_together(self, quantities: Quantities) -> None:
        """Many quantities of one series; where any of those with one qualifier is odd, those go one by one."""
        self._finish_quantity()
        texts, component = quantities.texts, quantities.syntax.component
        heads = [text.partition(component)[0] for text in texts[::3]]
        past = 0
        for head, alike in groupby(heads):
            first, past = past, past + len(list(alike))
            if not self._take_alike(quantities, head + component, first, past):
                for segment in quantities.segments(first, past):
                    self.take(segment)
                self._finish_quantity()

    def _take_alike(self, quantities: Quantities, head: str, first: int, past: int) -> bool:
        """Whether the quantities [first, past), which all begin with `head`, were taken."""
        texts, syntax = quantities.texts[3 * first : 3 * past], quantities.syntax
        found = amounts(texts[::3], head, syntax)
        if found is None:
            return False
        qualifier, _, unit = next(quantities.segments(first, past)).components(0, 3)
        try:
            slot, quality = self._slot_and_quality(qualifier, unit, is_read=False)
            starts, stops = (self._moments.of(texts[place::3], syntax) for place in (1, 2))
        except ValueError:
            return False
        lines = quantities.number + 3 * np.arange(first, past)
        qualities = np.full(past - first, quality)
        self._put(slot, Readings(texts[::3], lines, starts, stops, found.digits, found.exponents, qualities))
        return True

    def _slot(self, meter: str, register: str, unit: str, is_read: bool) -> int:
        """The number of the channel so named. Raises ValueError."""
        needed(meter, "the device (RFF+MG)" if self._by_device else "the point (LOC+172)", 100)
        if not register:
            raise ValueError("no register (PIA) is said")
        said = _measure(unit) if unit else None
        known = _register(at_most(register, "register", 100), said)
        said = said or known.implied or self._unit
        if said is None:
            raise ValueError(f"{known.code}: its unit is neither said nor implied nor set")
        kind: Kind = "demand" if said.unit in ("W", "VA", "var") else "register" if is_read else "interval"
        if kind == "demand" and is_read:
            raise ValueError("how long the mean power was taken is not said")
        check_commodity(said.unit, known.commodity)
        key = ChannelKey(meter, known.code, known.commodity, said.unit, known.direction, kind)
        return self._slots.setdefault((key, said.exponent), len(self._slots))

    def _finish_series(self) -> None:
        self._finish_quantity()
        for slot in {**self._before, **self._series}:
            self._add(slot)

    def _put(self, slot: int, readings: Readings) -> None:
        """Keep them behind those of the series so far, but not too many."""
        before = self._before.setdefault(slot, [])
        if self._series.get(slot):
            before.append(Readings.of(self._series.pop(slot)))
        before.append(readings)
        if sum(len(some.texts) for some in before) >= _MOST_TOGETHER:
            self._add(slot)

    def _add(self, slot: int) -> None:
        """Readings of one series in the order of the file, those of unusual length left out."""
        before, since = self._before.pop(slot, []), self._series.pop(slot, [])
        some = Readings.joined([*before, Readings.of(since)] if since else before)
        starts = resolve_fold(*some.starts.T)
        stops, shifts = some.stops.T
        stops = np.where(stops > starts, stops, stops + shifts)
        lengths = stops - starts
        each, counts = np.unique(lengths, return_counts=True)
        usual, count = int(each[counts.argmax()]), int(counts.max())
        grid = 0 < usual <= _LONGEST_GRID and count * 2 > len(lengths)
        kept = np.flatnonzero(lengths == usual) if grid else np.arange(len(lengths))
        for place in np.setdiff1d(np.arange(len(lengths)), kept).tolist():
            reason = f"lasts {lengths[place]} seconds where its series has {usual}"
            self.spool.reject(int(some.lines[place]), reason, some.texts[place])
        quality = some.quality[kept]
        known = (quality != _UNKNOWN) & (quality != Quality.WITHDRAWN)
        self.spool.add(
            slot,
            lines=some.lines[kept],
            starts=starts[kept],
            durations=lengths[kept],
            digits=np.where(known, some.digits[kept], 0),
            exponents=some.exponents[kept],
            known=known,
            quality=np.where(quality == _UNKNOWN, Quality.UNSTATED, quality),
        )


@lru_cache(maxsize=1 << 10)
def _measure(unit: str) -> Measure:
    try:
        return measure(_UNITS.get(unit.upper(), unit))
    except FeedStructureError as error:
        raise ValueError(str(error)) from error


def _register(code: str, said: Measure | None) -> Obis:
    """What a register measures; of a product that is no OBIS code the unit must tell."""
    if is_obis(code) or said is None or not said.commodity:
        return obis(code)
    return Obis(code, said.commodity, "none", None)


_FORMS = {"102": 8, "203": 12, "204": 14, "303": 12, "304": 14, "205": 12}  # digits before the offset


@lru_cache(maxsize=1 << 16)
def _moment(text: str, form: str, zone: ZoneInfo) -> tuple[int, int]:
    """Epoch seconds and shift, as `local_time.moment` says. Raises ValueError."""
    digits = _FORMS.get(form)
    if digits is None:
        raise ValueError(f"time format {form!r} is not known")
    date, time, offset = text[:8], text[8:digits].ljust(6, "0"), text[digits:]
    if len(text) < digits or not text[:digits].isdigit() or bool(offset) != (form in ("303", "304", "205")):
        raise ValueError(f"{text!r} is no time of format {form}")
    if int(date[:4]) not in YEARS:
        raise ValueError(f"{text!r} is not {REACH}")
    if time == "240000":
        time, date = "000000", (datetime.strptime(date, "%Y%m%d") + timedelta(days=1)).strftime("%Y%m%d")
    iso = f"{date[:4]}-{date[4:6]}-{date[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}"
    if offset:
        iso += offset if len(offset) > 3 else f"{offset}:00"
    return moment(iso, zone)


def _said_moment(text: str, syntax: Syntax, *, zone: ZoneInfo) -> Moment:
    """Of a whole segment DTM. Raises ValueError."""
    _, said, form = Segment(0, "DTM", text, syntax).components(0, 3)
    return _moment(said, form, zone)


def _further_qualities(text: str) -> dict[str, int]:
    """From a setting like "136=actual 99=estimated"."""
    further: dict[str, int] = {}
    for pair in text.replace(",", " ").split():
        qualifier, _, word = pair.partition("=")
        if not qualifier or word not in _WORDS:
            raise FeedStructureError(f"setting qualities: {pair!r} is not like 136=actual")
        further[qualifier] = _WORDS[word]
    return further
