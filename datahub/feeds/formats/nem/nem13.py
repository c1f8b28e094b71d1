"""NEM13: accumulated consumption of the Australian market (AEMO's Meter Data File Format).

A 250 record holds two reads of a register and the quantity between them. The quantity becomes a reading of kind
interval from the previous read to the current one; with setting `registers` "yes" each read becomes one of kind
register too. Times are market time, UTC+10 all year (setting `offset` for another). The meter is the NMI; with setting
`meter` "serial" the meter's serial number. The register is the suffix. Reason codes and 550 records are not kept.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.cells import exact
from datahub.feeds.formats.nem import records as nem
from datahub.feeds.formats.reading_records import READING, columns_of_records
from datahub.rows.base import NO_SETTINGS, Part, Rejection, Settings, choice
from datahub.rows.usage import ChannelKey, Quality, UsageColumns

NAME = "nem13"
KIND = "usage"
SUFFIXES = (".csv",)

_CELLS = 20  # up to the unit; the others are not read
_TIME_EXAMPLE = "20260301093000"


class _Reading(NamedTuple):
    """A reading of one record; a register is read at an instant: seconds 0."""

    key: ChannelKey
    start: int
    seconds: int
    digits: int
    exponent: int
    quality: int
    known: bool

    @property
    def value(self) -> tuple[int, int, bool]:
        return self.digits, self.exponent, self.known

    @property
    def is_soft(self) -> bool:
        """Whether a better value may follow."""
        return not self.known or self.quality in (Quality.ESTIMATED, Quality.PROVISIONAL)


def sniff(content: bytes) -> bool:
    return nem.is_version(content[:200], "NEM13")


def read(
    source: BinaryIO, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS
) -> Iterator[Part[UsageColumns]]:
    """Up to three readings a 250 record; a read that ends one period and begins the next is one reading.

    Raises FeedStructureError: another header, no end, another record than 250 first, a setting that is none.
    """
    offset, meter_cell = nem.market_offset(settings), nem.meter_cell(settings)
    registers = choice(settings, "registers", "no", "yes") == "yes"
    is_over = False
    for block in nem.blocks_of(source, "NEM13", b"250"):
        part = _Part()
        for line, text in block.lines:
            record = nem.record_of(text)
            try:
                if is_over and record not in (b"100", b""):
                    raise ValueError("stands after the end record 900")
                if record == b"250":
                    cells = [nem.text_of(cell) for cell in nem.cells_of(text)]
                    for reading in _readings(cells, meter_cell, offset, registers=registers):
                        part.add(line, reading)
                elif record in (b"100", b"900"):
                    is_over = record == b"900"
                elif record not in (b"550", b""):
                    raise ValueError(f"{nem.text_of(record)[:20]!r} is no record of NEM13")
            except ValueError as error:
                part.rejected.append(Rejection(line, str(error), nem.text_of(text)))
        yield part.finish(block.offset)


class _Part:
    """The readings of a block of lines."""

    def __init__(self) -> None:
        self.rejected: list[Rejection] = []
        self._places: dict[ChannelKey, int] = {}
        self._reads: dict[tuple[ChannelKey, int], tuple[int, _Reading]] = {}  # with the place in the rows
        self._rows: list[tuple[int, ...]] = []

    def add(self, line: int, reading: _Reading) -> None:
        """A read that a record before gave is one reading with it: an estimate gives way to the other value."""
        place = self._places.setdefault(reading.key, len(self._places))
        row = (
            reading.start, reading.seconds, reading.digits, place, line, 0, reading.exponent, reading.quality,
            reading.known,
        )  # fmt: skip
        if reading.key.kind == "register":
            at, before = self._reads.setdefault((reading.key, reading.start), (len(self._rows), reading))
            if before is not reading:
                if before.is_soft and before.value != reading.value:
                    self._reads[reading.key, reading.start] = (at, reading)
                    self._rows[at] = row
                if before.is_soft or reading.is_soft or before.value == reading.value:
                    return
        self._rows.append(row)

    def finish(self, offset: int) -> Part[UsageColumns]:
        if not self._rows:
            return Part([], self.rejected, offset)
        records = np.array(self._rows, READING)
        columns, repeats = columns_of_records(records, records["slot"].astype(np.int64), list(self._places))
        rejected = sorted([*self.rejected, *repeats], key=lambda rejection: rejection.line)
        return Part([columns], rejected, offset)


def _readings(cells: list[str], meter_cell: int, offset: int, *, registers: bool) -> list[_Reading]:
    """The readings of a 250 record. Raises ValueError."""
    if len(cells) < _CELLS:
        raise ValueError(f"{len(cells)} cells where a 250 record has at least {_CELLS}")
    key, shift = nem.channel_of(
        meter=cells[meter_cell], register=cells[4], suffix=cells[4], uom=cells[19], direction=cells[7]
    )
    # seconds may be left out
    times = (f"{cell}00" if len(cell) == 12 else cell for cell in (cells[9], cells[14]))
    previous, current = (nem.market_time(time, _TIME_EXAMPLE) - offset for time in times)
    if current <= previous:
        raise ValueError("the current read is not after the previous one")
    readings = [_reading(key, previous, current - previous, cells[18], shift, cells[15], "quantity")]
    if registers:
        key = key._replace(kind="register")
        readings += [
            _reading(key, previous, 0, cells[8], shift, cells[10], "previous register read"),
            _reading(key, current, 0, cells[13], shift, cells[15], "current register read"),
        ]
    return readings


def _reading(
    key: ChannelKey, start: int, seconds: int, text: str, shift: int, flag: str, name: str
) -> _Reading:
    quality = nem.quality_of(flag)
    if quality == nem.VARIES:
        raise ValueError(f"{name}: quality V says nothing here")
    if quality == nem.UNKNOWN:
        return _Reading(key, start, seconds, 0, 0, Quality.UNSTATED, False)
    if not text:
        raise ValueError(f"{name} is empty")
    digits, exponent = exact(text)
    return _Reading(key, start, seconds, digits, exponent + shift if digits else 0, quality, True)
