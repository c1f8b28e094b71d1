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

_CELLS = 20  # up to the unit; what follows is not read
_TIME = "20260301093000"  # how one is written


class _Said(NamedTuple):
    """A reading as one record tells it; a register is read at an instant: seconds 0."""

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
    records = _Records(
        nem.market_offset(settings),
        choice(settings, "meter", "nmi", "serial"),
        choice(settings, "registers", "no", "yes") == "yes",
    )
    for block in nem.blocks_of(source, "NEM13", b"250"):
        for line, text in block.lines:
            records.take(line, text)
        yield records.part(block.offset)


class _Records:
    """The readings of a file as its lines go by."""

    def __init__(self, offset: int, meter: str, registers: bool) -> None:
        self._offset, self._meter, self._registers = offset, meter, registers
        self._over = False
        self._clear()

    def _clear(self) -> None:
        self._places: dict[ChannelKey, int] = {}
        self._reads: dict[tuple[ChannelKey, int], tuple[int, _Said]] = {}  # with the place in the rows
        self._rows: list[tuple[int, ...]] = []
        self._rejected: list[Rejection] = []

    def take(self, line: int, text: bytes) -> None:
        record = nem.record_of(text)
        try:
            if self._over and record not in (b"100", b""):
                raise ValueError("stands after the end record 900")
            if record == b"250":
                for said in self._readings([nem.text_of(cell) for cell in nem.cells_of(text)]):
                    self._add(line, said)
            elif record in (b"100", b"900"):
                self._over = record == b"900"
            elif record not in (b"550", b""):
                raise ValueError(f"{nem.text_of(record)[:20]!r} is no record of NEM13")
        except ValueError as error:
            self._rejected.append(Rejection(line, str(error), nem.text_of(text)))

    def _add(self, line: int, said: _Said) -> None:
        """A read that was told before is told once: an estimate gives way to what another record says."""
        place = self._places.setdefault(said.key, len(self._places))
        value = (said.digits, place, line, 0, said.exponent, said.quality, said.known)
        row, at = (said.start, said.seconds, *value), len(self._rows)
        if said.key.kind == "register":
            at, told = self._reads.setdefault((said.key, said.start), (at, said))
            if told is not said:
                if told.is_soft and told.value != said.value:
                    self._reads[said.key, said.start] = (at, said)
                    self._rows[at] = row
                if told.is_soft or said.is_soft or told.value == said.value:
                    return
        self._rows.append(row)

    def _readings(self, cells: list[str]) -> list[_Said]:
        """What a 250 record says, or a ValueError."""
        if len(cells) < _CELLS:
            raise ValueError(f"{len(cells)} cells where a 250 record has at least {_CELLS}")
        meter = cells[6] if self._meter == "serial" else cells[1]
        key, shift = nem.channel_of(
            meter=meter, register=cells[4], suffix=cells[4], uom=cells[19], direction=cells[7]
        )
        previous = _moment(cells[9]) - self._offset
        current = _moment(cells[14]) - self._offset
        if current <= previous:
            raise ValueError("the current read is not after the previous one")
        said = [_said(key, previous, current - previous, cells[18], shift, cells[15], "quantity")]
        if self._registers:
            register = key._replace(kind="register")
            said.append(_said(register, previous, 0, cells[8], shift, cells[10], "previous register read"))
            said.append(_said(register, current, 0, cells[13], shift, cells[15], "current register read"))
        return said

    def part(self, offset: int) -> Part[UsageColumns]:
        rows, rejected = [], self._rejected
        if self._rows:
            records = np.array(self._rows, READING)
            columns, more = columns_of_records(records, records["slot"].astype(np.int64), list(self._places))
            rows, rejected = [columns], sorted([*rejected, *more], key=lambda rejection: rejection.line)
        self._clear()
        return Part(rows, rejected, offset)


def _said(key: ChannelKey, start: int, seconds: int, text: str, shift: int, flag: str, name: str) -> _Said:
    quality = nem.quality_of(flag)
    if quality == nem.VARIES:
        raise ValueError(f"{name}: quality V says nothing here")
    if quality == nem.UNKNOWN:
        return _Said(key, start, seconds, 0, 0, Quality.UNSTATED, False)
    if not text:
        raise ValueError(f"{name} is empty")
    digits, exponent = exact(text)
    return _Said(key, start, seconds, digits, exponent + shift if digits else 0, quality, True)


def _moment(text: str) -> int:
    """Seconds may be left out."""
    return nem.market_time(f"{text}00" if len(text) == 12 else text, _TIME)
