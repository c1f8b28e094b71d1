"""NEM12: interval data of the Australian market (AEMO's Meter Data File Format).

A 200 record names a data stream; each 300 record below it holds a day of values in market time, UTC+10 all year
(setting `offset` for another, e.g. "+08:00"); 400 records say how the quality varies within the day. The meter is the
NMI; with setting `meter` "serial" the meter's serial number. The register is the suffix. Method numbers, reason codes
and 500 records are not kept.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.cells import whole_number
from datahub.feeds.formats.digits import numbers, shifted
from datahub.feeds.formats.nem import records as nem
from datahub.feeds.formats.order import in_order
from datahub.rows.base import NO_SETTINGS, Part, Rejection, Settings
from datahub.rows.usage import ChannelKey, ChannelKeys, Codes, Quality, UsageGrid

NAME = "nem12"
KIND = "usage"
SUFFIXES = (".csv",)

_LENGTHS = (1, 5, 10, 15, 30)  # minutes
_CELLS_BEHIND = 5  # the values: quality, reason code and description, updated, loaded
_NUMBER = re.compile(rb"\s*(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)?\s*")
_INT32 = 2**31 - 1
_NMI_CONFIGURATION = re.compile(r"([A-Z][0-9A-Z])+")  # the suffixes of all data streams of the NMI


class _Stream(NamedTuple):
    """A data stream: what a 200 record says of the days below it."""

    key: ChannelKey
    exponent: int
    minutes: int
    slots: int


class _Event(NamedTuple):
    """A 400 record: slots [first, past) have this quality."""

    line: int
    first: int
    past: int
    quality: int


@dataclass(slots=True)
class _Day:
    """A 300 record and the 400 records below it."""

    line: int
    stream: _Stream
    start: int
    values: bytes
    quality: int
    text: bytes
    events: list[_Event] = field(default_factory=list)
    fault: str = ""

    def qualities(self) -> Codes:
        """One a slot. Raises ValueError: a flag V with slots that are in no event or in several."""
        if self.fault:
            raise ValueError(self.fault)
        codes = np.full(self.stream.slots, self.quality, np.uint8)
        covered = np.zeros(self.stream.slots, np.bool_)
        for event in self.events:
            if covered[event.first : event.past].any():
                raise ValueError(f"line {event.line}: its intervals meet those of a 400 record before it")
            covered[event.first : event.past] = True
            codes[event.first : event.past] = event.quality
        if self.quality == nem.VARIES and not covered.all():
            raise ValueError(f"quality V, and no 400 record speaks of interval {int(np.argmin(covered)) + 1}")
        return codes


def sniff(content: bytes) -> bool:
    return nem.is_version(content[:200], "NEM12")


def read(source: BinaryIO, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Iterator[Part[UsageGrid]]:
    """A grid for each interval length in every part; a 300 record is taken or rejected as a whole.

    Raises FeedStructureError: another header, no end, no 200 record before the first 300, a setting that is none.
    """
    days = _DayReader(nem.market_offset(settings), nem.meter_cell(settings))
    for block in nem.blocks_of(source, "NEM12", b"200"):
        for line, text in block.lines:
            days.take(line, text)
        yield days.part(block.offset)
    yield days.part(block.offset, last=True)


class _DayReader:
    """Collects the days of a file; called with its lines in their order."""

    def __init__(self, offset: int, meter_cell: int) -> None:
        self._offset, self._meter_cell = offset, meter_cell
        self._stream: _Stream | str = "no 200 record above it"
        self._days: list[_Day] = []
        self._open: _Day | None = None  # to which 400 records belong
        self._skipped = False  # whether that day was rejected, and the 400 records below it are ignored
        self._is_over = False
        self._rejected: list[Rejection] = []

    def take(self, line: int, text: bytes) -> None:
        record = nem.record_of(text)
        try:
            if self._is_over and record not in (b"100", b""):
                raise ValueError("stands after the end record 900")
            match record:
                case b"300":
                    self._open, self._skipped = None, True
                    self._open = self._day(line, text)
                    self._days.append(self._open)
                case b"400":
                    self._event(line, nem.cells_of(text))
                case b"200":
                    self._open, self._skipped = None, False
                    self._stream = self._stream_of(line, nem.cells_of(text))
                case b"100" | b"900":
                    self._is_over = record == b"900"
                    self._open, self._skipped = None, False
                    self._stream = "no 200 record above it"
                case b"500" | b"":
                    pass
                case _:
                    raise ValueError(f"{nem.text_of(record)[:20]!r} is no record of NEM12")
        except ValueError as error:
            self._rejected.append(Rejection(line, str(error), nem.text_of(text)))

    def _stream_of(self, line: int, cells: Sequence[bytes]) -> _Stream | str:
        """The stream, or why the days below cannot be taken."""
        texts = [nem.text_of(cell) for cell in cells] + [""] * 10
        try:
            minutes = whole_number(texts[8], "interval length")
            if minutes not in _LENGTHS:
                raise ValueError(
                    f"interval length {minutes} is none of {', '.join(map(str, _LENGTHS))} minutes"
                )
            suffixes = texts[2].upper()
            if suffixes and not _NMI_CONFIGURATION.fullmatch(suffixes):
                raise ValueError(f"NMI configuration {texts[2][:40]!r} is not a row of suffixes like E1B1Q1")
            key, exponent = nem.channel_of(
                meter=texts[self._meter_cell], register=texts[4], suffix=texts[4], uom=texts[7]
            )
        except ValueError as error:
            return f"line {line}: {error}"
        return _Stream(key, exponent, minutes, 24 * 60 // minutes)

    def _day(self, line: int, text: bytes) -> _Day:
        stream = self._stream
        if isinstance(stream, str):
            raise ValueError(stream)
        if b'"' not in text and text.count(b",") == stream.slots + 1 + _CELLS_BEHIND:
            _, date, rest = text.split(b",", 2)
            values, flag, *_ = rest.rsplit(b",", _CELLS_BEHIND)
        else:
            flag = b""
        if not flag.isalnum() or flag.isdigit():
            date, values, flag = _split_odd(nem.cells_of(text), stream)
        start = nem.market_time(nem.text_of(date.strip()), "20260301") - self._offset
        return _Day(line, stream, start, values, nem.quality_of(nem.text_of(flag.strip())), text)

    def _event(self, line: int, cells: Sequence[bytes]) -> None:
        day = self._open
        if day is None:
            if self._skipped:
                return
            raise ValueError("no 300 record above it")
        try:
            texts = [nem.text_of(cell) for cell in cells] + [""] * 4
            first, last = whole_number(texts[1], "first interval"), whole_number(texts[2], "last interval")
            if not 1 <= first <= last <= day.stream.slots:
                raise ValueError(f"intervals {first} to {last} are not within 1 to {day.stream.slots}")
            quality = nem.quality_of(texts[3])
            if quality == nem.VARIES:
                raise ValueError("quality V says nothing here")
            day.events.append(_Event(line, first - 1, last, quality))
        except ValueError as error:
            day.fault = day.fault or f"line {line}: {error}"

    def part(self, offset: int, *, last: bool = False) -> Part[UsageGrid]:
        """What is complete; the day whose 400 records may still come waits for the next part."""
        waiting = [] if last or self._open is None else [self._days.pop()]
        by_length: dict[int, list[_Day]] = {}
        for day in self._days:
            by_length.setdefault(day.stream.minutes, []).append(day)
        grids = [grid for days in by_length.values() if (grid := self._grid(days)) is not None]
        rejected = sorted(self._rejected, key=lambda rejection: rejection.line)
        self._days, self._rejected = waiting, []
        return Part(grids, rejected, offset)

    def _grid(self, days: Sequence[_Day]) -> UsageGrid | None:
        """The days that can be taken, all of one interval length; the others are rejected."""
        days, codes = self._with_qualities(days)
        if not days:
            return None
        slots, unknown = days[0].stream.slots, codes == nem.UNKNOWN
        read = numbers(b",".join([day.values for day in days]))
        bad = (~read.good).reshape(-1, slots) & ~unknown
        digits = np.where(unknown, 0, read.digits.reshape(-1, slots))
        places: dict[ChannelKey, int] = {}
        channel = np.array([places.setdefault(day.stream.key, len(places)) for day in days], np.int64)
        exponents = read.exponents.reshape(-1, slots) + np.array([[day.stream.exponent] for day in days])
        scale = np.zeros(len(places), np.int64)
        np.maximum.at(scale, channel, np.where(bad | unknown, 0, -exponents).max(axis=1))
        values, fits = shifted(digits, np.maximum(exponents + scale[channel][:, None], 0))
        bad |= ~fits
        for row in np.flatnonzero(bad.any(axis=1)).tolist():
            slot = int(np.argmax(bad[row]))
            cell = days[row].values.split(b",")[slot]
            wrong = f": {nem.text_of(cell)[:40]!r} is not a number that can be kept exactly"
            self._reject(days[row], f"value {slot + 1}{wrong if cell.strip() else ' is empty'}")
        starts = np.array([day.start for day in days])
        good = np.flatnonzero(~bad.any(axis=1))
        order, repeats, firsts = (good[rows] for rows in in_order(channel[good], starts[good]))
        for late, first in zip(repeats.tolist(), firsts.tolist(), strict=True):
            same = np.array_equal(values[late], values[first]) and np.array_equal(codes[late], codes[first])
            what = "repeats" if same else "gives other values for the day of"
            self._reject(days[late], f"{what} line {days[first].line}")
        if not len(order):
            return None
        if np.abs(values[order]).max() <= _INT32:
            values = values.astype(np.int32)
        return UsageGrid(
            ChannelKeys.of(places),
            channel[order],
            starts[order],
            days[0].stream.minutes * 60,
            values[order],
            scale,
            ~unknown[order],
            np.where(unknown, np.uint8(Quality.UNSTATED), codes)[order],
            np.array([day.line for day in days])[order],
        )

    def _with_qualities(self, days: Sequence[_Day]) -> tuple[list[_Day], Codes]:
        """The days whose qualities can be read, and the qualities: a row a day."""
        readable, codes = [], []
        for day in days:
            try:
                codes.append(day.qualities())
                readable.append(day)
            except ValueError as error:
                self._reject(day, str(error))
        return readable, np.array(codes, np.uint8)

    def _reject(self, day: _Day, reason: str) -> None:
        self._rejected.append(Rejection(day.line, reason, nem.text_of(day.text)))


def _split_odd(cells: Sequence[bytes], stream: _Stream) -> tuple[bytes, bytes, bytes]:
    """(date, values, quality) of a 300 record that is quoted or has other cells than it should.

    Raises ValueError where these are too few or too many.
    """
    behind = stream.slots + 2
    given = next((at for at, cell in enumerate(cells[2:]) if not _NUMBER.fullmatch(cell)), len(cells) - 2)
    flag = cells[behind] if len(cells) > behind else b""
    if given < stream.slots and not (flag.isalnum() and not flag.isdigit()):
        raise ValueError(f"{given} values where {stream.slots} of {stream.minutes} minutes are due")
    if given > stream.slots or not flag:
        raise ValueError(
            f"more than {stream.slots} values of {stream.minutes} minutes, or no quality behind them"
        )
    return cells[1] if len(cells) > 1 else b"", b",".join(cells[2:behind]), flag
