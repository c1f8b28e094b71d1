"""Usage as CSV with one reading a line.

Without a mapping the columns are: meter, start, value; and where they are needed: register, commodity, unit, direction,
kind, quality, end, interval_seconds. With one they are what it says. An empty value is unknown. Settings stand in for
what no cell says: meter, register, unit, commodity, direction, kind, quality, interval_seconds; and decimal_mark
("," or "."). Times without an offset are local, in the feed's zone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.csv.channels import ChannelReader, RowChannels
from datahub.feeds.formats.csv.dst_fold import FoldResolver
from datahub.feeds.formats.csv.faults import Faults
from datahub.feeds.formats.csv.interval_columns import IntervalReader
from datahub.feeds.formats.csv.mapped_file import CsvFile, Lines
from datahub.feeds.formats.csv.mapping import ROLES, CsvMapping, Role, Source
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.feeds.formats.csv.values import Amounts, ValueReader, scaled
from datahub.feeds.formats.order import in_order, repeat_reason
from datahub.feeds.formats.table import header_of
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Integers, Part, Settings, require_columns
from datahub.rows.usage import Codes, UsageColumns, UsageRows

NAME = "usage_csv_long"
KIND = "usage"
SUFFIXES = (".csv", ".txt")
BY_LINE = True
MAPPED = True

_NEEDED = ("meter", "start", "value")
_COLUMNS: tuple[Role, ...] = tuple(role for role in ROLES if role not in ("start_time", "end_time", "slot"))


def sniff(content: bytes) -> bool:
    return set(_NEEDED) <= set(header_of(content)[0])


def read(
    source: BinaryIO,
    *,
    zone: ZoneInfo,
    settings: Settings = NO_SETTINGS,
    mapping: Mapping[str, object] = NO_SETTINGS,
) -> Iterator[Part[UsageRows]]:
    """Parts of readings by channel, in bounded memory.

    A second line of a part for the same channel and start is rejected, whether it repeats the value or contradicts it.
    Raises FeedStructureError before the first part: a mapping or setting that cannot be used, a header or first line
    that does not fit, a unit that is unknown or not said, no length.
    """
    reader = _LongReader(source, mapping, settings, zone)
    for lines in reader.file:
        yield reader.part(lines)


class _LongReader:
    def __init__(
        self, source: BinaryIO, mapping: Mapping[str, object], settings: Settings, zone: ZoneInfo
    ) -> None:
        self.file = CsvFile(source, mapping, "long", _own_mapping)
        self._column = np.array([self.file.value])
        self._intervals = IntervalReader(self.file, settings, zone)
        self._channels = ChannelReader(self.file, settings)
        self._values = ValueReader(self.file, settings)
        self._fold = FoldResolver()

    def part(self, lines: Lines) -> Part[UsageRows]:
        if not len(lines.cells):
            return lines.part((), lines.rejected)
        cells, faults = lines.cells, Faults()
        channels = self._channels.read(lines, faults)
        times = self._intervals.starts(cells, faults)
        amounts, quality = self._values.read(cells, self._column, [""], faults)
        registers = channels.where(lambda conversion: conversion.key.kind == "register")
        lengths = self._intervals.lengths(cells, faults, unless=registers)

        good = faults.good_rows(len(cells))
        cells, channels, registers = cells.chosen(good), channels.chosen(good), registers[good]
        first, shift, seconds, ends, end_shifts = (column[good] for column in (*times, *lengths))
        epochs = self._fold.resolve(first, shift, channels.channel, channels.keys, more=not lines.is_last)
        if self.file.mapping.time_of == "end":
            starts, durations = epochs - seconds, seconds
        elif (seconds >= 0).all():
            starts, durations = epochs, seconds
        else:
            # an end in the repeated hour is the first that comes after its start
            ends = np.where(ends > epochs, ends, ends + end_shifts)
            starts, durations = epochs, np.where(seconds >= 0, seconds, ends - epochs)
        if registers.any():
            durations = np.where(registers, 0, durations)

        more_faults = Faults()
        more_faults.add(np.flatnonzero((durations <= 0) & ~registers), "end is not after start")
        columns = _columns(
            cells, channels, starts, durations, amounts.chosen(good), quality[good], more_faults
        )
        rejected = [*lines.rejected, *faults.rejections(lines.cells), *more_faults.rejections(cells)]
        rejected.sort(key=lambda rejection: rejection.line)
        return lines.part([columns] if columns.size else (), rejected)


def _columns(
    cells: Cells, channels: RowChannels, starts: Integers, durations: Integers, amounts: Amounts, quality: Codes,
    faults: Faults,
) -> UsageColumns:  # fmt: skip
    """The rows in order of channel and time, without those at fault; a start that comes twice is a fault."""
    values, scale = scaled(amounts, channels, durations, faults)
    keys, channel, values, scale = channels.split_by_sign(values[:, 0], scale)
    known = amounts.known[:, 0]
    good = faults.good_rows(len(starts))
    order, repeats, firsts = in_order(channel[good], starts[good])
    if not isinstance(good, slice):
        order, repeats, firsts = good[order], good[repeats], good[firsts]
    for late, first in zip(repeats.tolist(), firsts.tolist(), strict=True):
        same = all(column[late] == column[first] for column in (values, known, durations))
        faults[late] = repeat_reason(int(cells.lines[first]), same=same)
    return UsageColumns(
        keys, channel[order], starts[order], durations[order], values[order], scale, known[order], quality[order],
        cells.lines[order],
    )  # fmt: skip


def _own_mapping(columns: Sequence[str]) -> CsvMapping:
    require_columns(columns, *_NEEDED)
    unknown = [name for name in columns if name not in _COLUMNS]
    if unknown:
        raise FeedStructureError(f"line 1: unknown column {', '.join(map(repr, unknown))}")
    if len(set(columns)) < len(columns):
        raise FeedStructureError("line 1: a column is named twice")
    return CsvMapping(columns={role: Source(role) for role in _COLUMNS if role in columns})
