"""Usage as CSV with one meter and day a line, and a column for each interval of the day.

Without a mapping the columns are: meter, date, and where they are needed register, commodity, unit, direction, kind,
quality; all others are intervals, named by the local time at which they begin (00:00, 00:15, ...). With one they are
what it says. An empty cell is unknown. Settings stand in for what no cell says: meter, register, unit, commodity,
direction, kind, quality; and decimal_mark ("," or ".").
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.csv.channels import ChannelReader, RowChannels
from datahub.feeds.formats.csv.day_columns import Day, DayReader
from datahub.feeds.formats.csv.faults import Faults
from datahub.feeds.formats.csv.mapped_file import CsvFile, Lines
from datahub.feeds.formats.csv.mapping import CsvMapping, Role, Slots, Source
from datahub.feeds.formats.csv.times import walls_of
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.feeds.formats.csv.values import Amounts, ValueReader, scaled
from datahub.feeds.formats.order import in_order, repeat_reason
from datahub.feeds.formats.table import header_of
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Integers, Part, Settings, require_columns
from datahub.rows.usage import Codes, Flags, UsageColumns, UsageGrid, UsageRows

NAME = "usage_csv_wide"
KIND = "usage"
SUFFIXES = (".csv", ".txt")
MAPPED = True

_ROLE_OF_COLUMN: Mapping[str, Role] = {
    "meter": "meter", "date": "start", "register": "register", "commodity": "commodity", "unit": "unit",
    "direction": "direction", "kind": "kind", "quality": "quality",
}  # fmt: skip
_SLOT_NAME = re.compile(r"^((?:[01]\d|2[0-3]):[0-5]\d)$")
_INT32 = 2**31 - 1


def sniff(content: bytes) -> bool:
    names = header_of(content)[0]
    slots = [name for name in names if name not in _ROLE_OF_COLUMN]
    return {"meter", "date"} <= set(names) and len(slots) > 1 and all(map(_SLOT_NAME.match, slots))


def read(
    source: BinaryIO,
    *,
    zone: ZoneInfo,
    settings: Settings = NO_SETTINGS,
    mapping: Mapping[str, object] = NO_SETTINGS,
) -> Iterator[Part[UsageRows]]:
    """Parts of days by channel, in bounded memory.

    A line is taken or rejected as a whole; a second line of a part for the same channel and day is rejected. Raises
    FeedStructureError before the first part: a mapping or setting that cannot be used, a header or first line
    that does not fit, a unit that is unknown or not said.
    """
    reader = _WideReader(source, mapping, settings, zone)
    for lines in reader.file:
        yield reader.part(lines)


@dataclass(frozen=True, slots=True, eq=False)
class _Days:
    """The lines of a block, each a day of a channel: row i begins at starts[i], in epoch seconds."""

    cells: Cells
    channels: RowChannels
    amounts: Amounts
    quality: Codes
    starts: Integers

    def chosen(self, rows: Integers) -> "_Days":
        if len(rows) == len(self.cells) and not (np.diff(rows) != 1).any():
            return self
        return _Days(
            self.cells.chosen(rows), self.channels.chosen(rows), self.amounts.chosen(rows), self.quality[rows],
            self.starts[rows],
        )  # fmt: skip


class _WideReader:
    def __init__(
        self, source: BinaryIO, mapping: Mapping[str, object], settings: Settings, zone: ZoneInfo
    ) -> None:
        self.file = CsvFile(source, mapping, "wide", _own_mapping)
        self._days = DayReader(self.file, zone)
        self._step = self._days.step
        self._channels = ChannelReader(self.file, settings)
        self._values = ValueReader(self.file, settings)
        self._start = self.file.places("start")["start"]

    def part(self, lines: Lines) -> Part[UsageRows]:
        cells, faults = lines.cells, Faults()
        if not len(cells):
            return lines.part((), lines.rejected)
        channels = self._channels.read(lines, faults)
        registers = channels.where(lambda conversion: conversion.key.kind == "register")
        faults.add(np.flatnonzero(registers), "a register is read at an instant: it has no intervals")
        amounts, quality = self._values.read(cells, self._days.columns, self._days.names, faults)
        mapping = self.file.mapping
        walls = walls_of(cells, self._start, mapping.time_form, faults, mapping.columns["start"].pattern)
        number, days = self._days.read(walls)
        starts = np.array([day.starts[0] for day in days])[number]
        lengths = np.array([day.length(self._step) for day in days])[number]
        _reject_overlaps(cells, channels.channel, starts, lengths, faults)

        all_days = _Days(cells, channels, amounts, quality, starts)
        patterns = [day.pattern for day in days]
        parts: list[UsageRows] = []
        for pattern in dict.fromkeys(patterns):  # days with the same slots together
            alike = [other == pattern for other in patterns]
            rows = np.flatnonzero(np.array(alike)[number])
            parts += self._rows(all_days, rows, days[alike.index(True)], faults)
        rejected = [*lines.rejected, *faults.rejections(cells)]
        return lines.part(parts, sorted(rejected, key=lambda rejection: rejection.line))

    def _rows(self, all_days: _Days, rows: Integers, day: Day, faults: Faults) -> Iterator[UsageRows]:
        """The days of `rows`, which all have the slots of `day`, as far as they can be taken."""
        columns = np.arange(len(self._days.columns))
        others = np.setdiff1d(columns, day.readings)
        filled = all_days.amounts.digits[rows[:, None], others] != 0
        for row, place in zip(*(axis.tolist() for axis in np.nonzero(filled)), strict=True):
            name = self._days.names[others[place]]
            faults.setdefault(int(rows[row]), f"{name} says something, but that day has no such time")

        rows = _without_faults(rows, faults)
        if not len(rows):
            return
        some, faults_of_rows = all_days.chosen(rows), Faults()
        amounts = (
            some.amounts if np.array_equal(day.readings, columns) else some.amounts.columns(day.readings)
        )
        values, scale = scaled(amounts, some.channels, np.full(len(rows), self._step), faults_of_rows)
        good = _without_faults(np.arange(len(rows)), faults_of_rows)
        order, repeats, firsts = (good[of] for of in in_order(some.channels.channel[good], some.starts[good]))
        for late, first in zip(repeats.tolist(), firsts.tolist(), strict=True):
            same = all((column[late] == column[first]).all() for column in (values, amounts.known))
            faults_of_rows[late] = repeat_reason(int(some.cells.lines[first]), same=same)
        for row, reason in faults_of_rows.items():
            faults[int(rows[row])] = reason
        if len(order):
            yield self._laid_out(some.chosen(order), day, values, amounts.known, scale, order)

    def _laid_out(
        self, days: _Days, day: Day, values: Integers, known: Flags, scale: Integers, order: Integers
    ) -> UsageRows:
        """A grid; single readings where a day has a gap, or where the sign of a number decides its channel."""
        if len(order) < len(values) or (np.diff(order) != 1).any():
            values, known = values[order], known[order]
        channels, lines = days.channels, days.cells.lines
        quality = np.broadcast_to(days.quality[:, None], known.shape)
        if day.even and not any(conversion.splits for conversion in channels.conversions):
            fits = max(int(values.max(initial=0)), -int(values.min(initial=0))) <= _INT32
            return UsageGrid(
                channels.keys, channels.channel, days.starts, self._step, values.astype(np.int32) if fits else values,
                scale, known, quality, lines,
            )  # fmt: skip
        slots = len(day.readings)
        starts = (days.starts[:, None] + (day.starts - day.starts[0])).ravel()
        by_reading = channels.chosen(np.repeat(np.arange(len(lines)), slots))
        keys, channel, values, scale = by_reading.split_by_sign(values.ravel(), scale)
        in_time, _, _ = in_order(channel, starts)
        return UsageColumns(
            keys, channel[in_time], starts[in_time], np.full(len(starts), self._step)[in_time], values[in_time], scale,
            known.ravel()[in_time], quality.ravel()[in_time], np.repeat(lines, slots)[in_time],
        )  # fmt: skip


def _without_faults(rows: Integers, faults: Faults) -> Integers:
    return rows[~np.isin(rows, list(faults))] if faults else rows


def _reject_overlaps(
    cells: Cells, channel: Integers, starts: Integers, lengths: Integers, faults: Faults
) -> None:
    """Days that begin before another day of their channel has ended are faults; `lengths` in seconds."""
    rows = _without_faults(np.arange(len(cells)), faults)
    rows = rows[np.lexsort((starts[rows], channel[rows]))]
    steps = np.diff(starts[rows])
    overlaps = (np.diff(channel[rows]) == 0) & (steps > 0) & (steps < lengths[rows][:-1])
    for place in np.flatnonzero(overlaps).tolist():
        faults[int(rows[place + 1])] = f"begins before line {cells.lines[rows[place]]} has ended"


def _own_mapping(columns: Sequence[str]) -> CsvMapping:
    require_columns(columns, "meter", "date")
    slots = [name for name in columns if name not in _ROLE_OF_COLUMN]
    wrong = [name for name in slots if not _SLOT_NAME.match(name)]
    if wrong:
        raise FeedStructureError(f"line 1: unknown column {', '.join(map(repr, wrong))}")
    if len(set(columns)) < len(columns):
        raise FeedStructureError("line 1: a column is named twice")
    if len(slots) < 2:
        raise FeedStructureError("line 1: no columns of intervals")
    first, second = (int(name[:2]) * 60 + int(name[3:]) for name in slots[:2])
    if second <= first:
        raise FeedStructureError("line 1: the intervals are not in order of time")
    named = {role: Source(name) for name, role in _ROLE_OF_COLUMN.items() if name in columns}
    return CsvMapping(shape="wide", columns=named, slots=Slots((second - first) * 60, _SLOT_NAME))
