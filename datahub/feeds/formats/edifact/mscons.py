"""MSCONS (UN/EDIFACT D.04B, as energy markets use it): metered values of points.

A series is a place (LOC+172), a device (RFF+MG) and a register (PIA with its OBIS code); each QTY below it has its
times: begin and end (DTM 163, 164) for a quantity of a period, one moment (DTM 7 or 9) for the state of a meter. Where
the series states its begin and a step (DTM 163, 672) ahead of them, those without times follow each other from there.
A time without offset is in the feed's zone, a date is its first moment. A unit that is not written is the one that the
OBIS code implies. The `line` of a reading is the number of its segment.

Settings: `meter` "device" names a meter by RFF+MG instead of LOC+172; `unit` for values without one whose code implies
none (gas); `qualities` for further quantity qualifiers ("136=actual 99=estimated"); `counts` "ignored" for a sender
whose UNT and UNZ count wrongly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import BinaryIO
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.cells import at_most, exact, needed
from datahub.feeds.formats.edifact.interchange import Frame, Quantities, Segment, Segments, Syntax
from datahub.feeds.formats.edifact.mscons_readings import (
    Moment,
    MomentCache,
    Reading,
    Readings,
    SeriesGrid,
    amounts,
)
from datahub.feeds.formats.local_time import moment, resolve_fold
from datahub.feeds.formats.obis import Obis, is_obis, obis
from datahub.feeds.formats.spool import SlotChannel, Spool
from datahub.feeds.formats.units import check_commodity, measure
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Part, Settings, choice
from datahub.rows.usage import YEARS, YEARS_TEXT, ChannelKey, Kind, Quality, UsageColumns

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
_QUALITY_WORDS = {quality.name.lower(): quality for quality in Quality}
_DIGITS = {
    "102": 8,
    "203": 12,
    "204": 14,
    "303": 12,
    "304": 14,
    "205": 12,
}  # ahead of the offset, by format of a DTM
_CANCELS = "1"  # the function of a message
_LONGEST_GRID = 12 * 3600  # seconds; days and longer may last differently
_MOST_IN_MEMORY = 200_000  # readings of a series; a longer one is checked piece by piece


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
    messages = _MessageReader(zone, settings)
    for item in segments:
        if isinstance(item, Quantities):
            frame.take_quantities(item)
            messages.take_quantities(item)
        else:
            frame.take(item)
            messages.take(item)
    frame.close()
    yield from messages.spool.parts(messages.channels(), size=segments.size)


class _MessageReader:
    """Puts the readings of messages into its spool; called with the segments of a file in their order."""

    def __init__(self, zone: ZoneInfo, settings: Settings) -> None:
        self.spool = Spool()
        self._zone = zone
        self._by_device = choice(settings, "meter", "point", "device") == "device"
        self._unit = measure(settings["unit"]) if settings.get("unit") else None
        self._qualities = dict(_QUALITIES)
        for pair in settings.get("qualities", "").replace(",", " ").split():
            qualifier, _, word = pair.partition("=")
            if not qualifier or word not in _QUALITY_WORDS:
                raise FeedStructureError(f"setting qualities: {pair!r} is not like 136=actual")
            self._qualities[qualifier] = _QUALITY_WORDS[word]
        self._slots: dict[tuple[ChannelKey, int], int] = {}  # of the spool, by channel and power of ten
        self._slot_numbers: dict[tuple[str, str, str, bool], int] = {}  # the same by the words of the file
        self._cancels = False
        self._point = self._device = self._register = ""
        self._quantity: _Quantity | None = None
        self._grid = SeriesGrid()
        # readings of the open series by slot: whole pieces, and behind them single ones
        self._pieces: dict[int, list[Readings]] = {}
        self._singles: dict[int, list[Reading]] = {}
        self._moments = MomentCache(self._moment_of)

    def channels(self) -> list[SlotChannel]:
        return [SlotChannel(key, exponent) for key, exponent in self._slots]

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "DTM":
                self._take_time(*segment.components(0, 3))
            case "QTY":
                self._finish_quantity()
                self._quantity = _Quantity(segment)
            case "PIA":
                if segment.components(0, 1) == ("5",):
                    (self._register,) = segment.components(1, 1)
            case "LIN" | "LOC" | "NAD" | "UNS" | "UNT" | "UNH":
                self._finish_quantity()
                for slot in {**self._pieces, **self._singles}:
                    self._add_to_spool(slot)
                self._open(segment)
            case "RFF":
                name, number = segment.components(0, 2)
                self._device = number if name == "MG" else self._device
            case "BGM":
                self._cancels = segment.components(2, 1) == (_CANCELS,)
                if self._cancels:
                    reason = "cancels another message: what that brought is not undone"
                    self.spool.reject(segment.number, reason, segment.text)

    def take_quantities(self, quantities: Quantities) -> None:
        """Many quantities of one series; where any of those with one qualifier is odd, all of these go singly."""
        self._finish_quantity()
        component = quantities.syntax.component
        qualifiers = [text.partition(component)[0] for text in quantities.texts[::3]]
        past = 0
        for head, group in groupby(qualifiers):
            first, past = past, past + len(list(group))
            readings = self._read_alike(quantities, head + component, first, past)
            if readings is None:
                for segment in quantities.segments(first, past):
                    self.take(segment)
                self._finish_quantity()
            else:
                self._keep(*readings)

    def _open(self, segment: Segment) -> None:
        """Begin what the segment begins: a line, a place, a party, a message."""
        self._register = ""
        self._grid.close(segment.number)
        if segment.tag != "LIN":
            self._grid = SeriesGrid()
        if segment.tag == "UNH" and segment.components(1, 1) != ("MSCONS",):
            kind = segment.components(1, 1)[0]
            raise FeedStructureError(f"segment {segment.number}: a message of type {kind!r}, not MSCONS")
        if segment.tag == "LOC" and segment.components(0, 1) == ("172",):
            first, _, _, fourth = segment.components(1, 4)
            self._point, self._device = first or fourth, ""  # the number itself, or behind its agency
        elif segment.tag in ("UNH", "NAD"):
            self._point = self._device = ""

    def _take_time(self, which: str, text: str, form: str) -> None:
        quantity = self._quantity
        target = quantity or self._grid
        try:
            match which:
                case "163":
                    target.begin = _moment(text, form, self._zone)
                case "164":
                    target.end = _moment(text, form, self._zone)
                case "7" if quantity:
                    quantity.at = _moment(text, form, self._zone)
                case "9" if (
                    quantity and quantity.at is None
                ):  # the day of the read; 7 is the moment it is valid for
                    quantity.at = _moment(text, form, self._zone)
                case "672" if quantity is None:
                    self._grid.take_step(text, form)
        except ValueError as error:
            target.fault = target.fault or str(error)

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
        singles = self._singles.setdefault(slot, [])
        singles.append(reading)
        if len(singles) >= _MOST_IN_MEMORY:
            self._keep(slot, Readings.of(self._singles.pop(slot)))

    def _reading(self, quantity: _Quantity) -> tuple[int, Reading]:
        """(slot, reading). Raises ValueError."""
        if quantity.fault:
            raise ValueError(quantity.fault)
        has_times = quantity.begin is not None or quantity.end is not None
        is_register = quantity.at is not None and not has_times
        if quantity.begin is not None and quantity.end is not None:
            start, stop = quantity.begin, quantity.end
        elif quantity.at is not None and is_register:
            start = stop = quantity.at
        elif has_times:
            raise ValueError("neither begin and end nor one moment are said")
        else:
            start, stop = self._grid.next_interval()
        segment = quantity.segment
        qualifier, text, unit = segment.components(0, 3)
        slot, quality = self._slot_and_quality(qualifier, unit, is_register)
        mark = segment.syntax.decimal
        digits, exponent = exact(text.replace(mark or ",", ".") if mark != "." else text)
        return slot, Reading(segment.text, segment.number, start, stop, digits, exponent, quality)

    def _read_alike(
        self, quantities: Quantities, head: str, first: int, past: int
    ) -> tuple[int, Readings] | None:
        """(slot, readings) of the quantities [first, past), which all begin with `head`; None where one is odd."""
        texts, syntax = quantities.texts[3 * first : 3 * past], quantities.syntax
        numbers = amounts(texts[::3], head, syntax)
        if numbers is None:
            return None
        qualifier, _, unit = next(quantities.segments(first, past)).components(0, 3)
        try:
            slot, quality = self._slot_and_quality(qualifier, unit, is_register=False)
            starts, stops = (self._moments.read(texts[place::3], syntax) for place in (1, 2))
        except ValueError:
            return None
        lines = quantities.number + 3 * np.arange(first, past)
        qualities = np.full(past - first, quality)
        return slot, Readings(texts[::3], lines, starts, stops, numbers.digits, numbers.exponents, qualities)

    def _slot_and_quality(self, qualifier: str, unit: str, is_register: bool) -> tuple[int, int]:
        words = (self._device if self._by_device else self._point, self._register, unit, is_register)
        slot = self._slot_numbers.get(words)
        if slot is None:
            slot = self._slot_numbers[words] = self._slot(*words)
        quality = self._qualities.get(qualifier)
        if quality is None:
            raise ValueError(f"quantity qualifier {qualifier!r} is not known")
        return slot, Quality.WITHDRAWN if self._cancels else quality

    def _slot(self, meter: str, register: str, unit: str, is_register: bool) -> int:
        """The slot of the channel with these words. Raises ValueError."""
        needed(meter, "the device (RFF+MG)" if self._by_device else "the point (LOC+172)", 100)
        if not register:
            raise ValueError("no register (PIA) is said")
        at_most(register, "register", 100)
        stated = measure(_UNITS.get(unit.upper(), unit)) if unit else None
        if is_obis(register) or stated is None or not stated.commodity:
            known = obis(register)
        else:
            known = Obis(register, stated.commodity, "none", None)
        measured = stated or known.implied or self._unit
        if measured is None:
            raise ValueError(f"{known.code}: its unit is neither said nor implied nor set")
        kind: Kind = "register" if is_register else "interval"
        if measured.unit in ("W", "VA", "var"):
            kind = "demand"
            if is_register:
                raise ValueError("how long the mean power was taken is not said")
        check_commodity(measured.unit, known.commodity)
        key = ChannelKey(meter, known.code, known.commodity, measured.unit, known.direction, kind)
        return self._slots.setdefault((key, measured.exponent), len(self._slots))

    def _keep(self, slot: int, readings: Readings) -> None:
        """Keep them behind those of the series so far, as far as memory allows."""
        pieces = self._pieces.setdefault(slot, [])
        if self._singles.get(slot):
            pieces.append(Readings.of(self._singles.pop(slot)))
        pieces.append(readings)
        if sum(len(piece.texts) for piece in pieces) >= _MOST_IN_MEMORY:
            self._add_to_spool(slot)

    def _add_to_spool(self, slot: int) -> None:
        """The kept readings of the series in the order of the file, without those of unusual length."""
        pieces, singles = self._pieces.pop(slot, []), self._singles.pop(slot, [])
        readings = Readings.joined([*pieces, Readings.of(singles)] if singles else pieces)
        starts = resolve_fold(*readings.starts.T)
        stops, shifts = readings.stops.T
        stops = np.where(stops > starts, stops, stops + shifts)
        lengths = stops - starts
        distinct, counts = np.unique(lengths, return_counts=True)
        usual, count = int(distinct[counts.argmax()]), int(counts.max())
        has_grid = 0 < usual <= _LONGEST_GRID and count * 2 > len(lengths)
        is_usual = lengths == usual if has_grid else np.ones(len(lengths), np.bool_)
        for place in np.flatnonzero(~is_usual).tolist():
            reason = f"lasts {lengths[place]} seconds where its series has {usual}"
            self.spool.reject(int(readings.lines[place]), reason, readings.texts[place])
        quality = readings.quality[is_usual]
        known = (quality != _UNKNOWN) & (quality != Quality.WITHDRAWN)
        self.spool.add(
            slot,
            lines=readings.lines[is_usual],
            starts=starts[is_usual],
            durations=lengths[is_usual],
            digits=np.where(known, readings.digits[is_usual], 0),
            exponents=readings.exponents[is_usual],
            known=known,
            quality=np.where(quality == _UNKNOWN, Quality.UNSTATED, quality),
        )

    def _moment_of(self, text: str, syntax: Syntax) -> Moment:
        """Of a whole segment DTM. Raises ValueError."""
        _, moment_text, form = Segment(0, "DTM", text, syntax).components(0, 3)
        return _moment(moment_text, form, self._zone)


@lru_cache(maxsize=1 << 16)
def _moment(text: str, form: str, zone: ZoneInfo) -> Moment:
    """Epoch seconds and shift, as `local_time.moment` says. Raises ValueError."""
    digits = _DIGITS.get(form)
    if digits is None:
        raise ValueError(f"time format {form!r} is not known")
    date, time, offset = text[:8], text[8:digits].ljust(6, "0"), text[digits:]
    if len(text) < digits or not text[:digits].isdigit() or bool(offset) != (form in ("303", "304", "205")):
        raise ValueError(f"{text!r} is no time of format {form}")
    if int(date[:4]) not in YEARS:
        raise ValueError(f"{text!r} is not {YEARS_TEXT}")
    if time == "240000":
        time, date = "000000", (datetime.strptime(date, "%Y%m%d") + timedelta(days=1)).strftime("%Y%m%d")
    iso = f"{date[:4]}-{date[4:6]}-{date[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}"
    if offset:
        iso += offset if len(offset) > 3 else f"{offset}:00"
    return moment(iso, zone)
