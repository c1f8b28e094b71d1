"""Usage as CSV with one reading a line.

Without a mapping the columns are: meter, start, value; and where they are needed: register, commodity, unit, direction,
kind, quality, end, interval_seconds. With one they are what it says. An empty value is unknown. Settings stand in for
what no cell says: meter, register, unit, commodity, direction, kind, quality, interval_seconds; and decimal_mark
("," or "."). Local times are in the feed's zone, times with an offset are taken at their word.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.csv.channels import Channels, Told
from datahub.feeds.formats.csv.dst_fold import FoldResolver
from datahub.feeds.formats.csv.interval_columns import IntervalReader
from datahub.feeds.formats.csv.mapped_file import CsvFile, Lines, part_of_lines, rejections
from datahub.feeds.formats.csv.mapping import ROLES, CsvMapping, Role, Source
from datahub.feeds.formats.csv.mapping_json import mapping_of
from datahub.feeds.formats.csv.qualities import Qualities
from datahub.feeds.formats.csv.series import in_order, other_ways
from datahub.feeds.formats.csv.times import Faults
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.feeds.formats.csv.values import Amounts, Values, kept, too_wide
from datahub.feeds.formats.table import header_of
from datahub.rows.base import (
    NO_SETTINGS,
    FeedStructureError,
    Integers,
    Part,
    Rejection,
    Settings,
    require_columns,
)
from datahub.rows.usage import Codes, Quality, UsageColumns, UsageRows

NAME = "usage_csv_long"
KIND = "usage"
SUFFIXES = (".csv", ".txt")
BY_LINE = True
MAPPED = True

_NEEDED = ("meter", "start", "value")
_OWN: tuple[Role, ...] = tuple(role for role in ROLES if role not in ("start_time", "end_time", "slot"))


class _Readings(NamedTuple):
    """Rows of a part, each a reading, still in the order of the file."""

    cells: Cells
    told: Told
    first: Integers
    shift: Integers
    seconds: Integers
    ends: Integers
    end_shifts: Integers
    amounts: Amounts
    quality: Codes


def sniff(content: bytes) -> bool:
    return set(_NEEDED) <= set(header_of(content)[0])


def read(
    source: BinaryIO,
    *,
    zone: ZoneInfo,
    settings: Settings = NO_SETTINGS,
    mapping: Mapping[str, object] = NO_SETTINGS,
) -> Iterator[Part[UsageRows]]:
    """Parts of readings by channel, while the file goes by.

    A second line of a part for the same channel and start is rejected, whether it repeats the value or contradicts it.
    Raises FeedStructureError before the first part: a mapping or setting that cannot be used, a header or first line
    that does not fit, a unit that is unknown or not said, no length.
    """
    asked = mapping_of(mapping) if mapping else None
    if asked is not None and asked.shape != "long":
        raise FeedStructureError(f"mapping: shape {asked.shape} is not read by {NAME}")
    yield from _Long(source, asked, settings, zone)


class _Long:
    def __init__(
        self, source: BinaryIO, asked: CsvMapping | None, settings: Settings, zone: ZoneInfo
    ) -> None:
        self._file = file = CsvFile(source, asked, _own_mapping)
        self._column = np.array([file.value])
        self._at_end = file.mapping.time_of == "end"
        self._when = IntervalReader(file, settings, zone)
        self._channels = Channels(file, settings)
        self._qualities = Qualities(file, settings)
        self._values = Values(file.mapping, settings)
        self._passes = FoldResolver()

    def __iter__(self) -> Iterator[Part[UsageRows]]:
        for lines in self._file:
            yield self._part(lines)

    def _part(self, lines: Lines) -> Part[UsageRows]:
        if not len(lines.cells):
            return part_of_lines(lines, (), lines.rejected)
        faults: dict[int, str] = {}
        readings = self._read(lines, faults)
        rejected = [*lines.rejected, *rejections(lines.cells, faults)]
        columns, more = self._columns(_without(readings, faults), more=not lines.is_last)
        rejected = sorted([*rejected, *more], key=lambda one: one.line)
        return part_of_lines(lines, [columns] if columns.size else (), rejected)

    def _read(self, lines: Lines, faults: Faults) -> _Readings:
        """Each line on its own."""
        cells = lines.cells
        told = self._channels.of(lines, faults)
        first, shift = self._when.starts(cells, faults)
        quality = self._qualities.of(cells, faults)
        withdrawn = quality == Quality.WITHDRAWN
        amounts = self._values.of(cells, self._column, [""], withdrawn, faults)
        registers = told.where(lambda meaning: meaning.key.kind == "register")
        seconds, ends, end_shifts = self._when.lengths(cells, faults, unless=registers)
        return _Readings(cells, told, first, shift, seconds, ends, end_shifts, amounts, quality)

    def _columns(self, some: _Readings, *, more: bool) -> tuple[UsageColumns, list[Rejection]]:
        """Lines that can be taken, seen together: which pass of an hour, which scale, which comes twice."""
        told, faults = some.told, dict[int, str]()
        times = self._passes.resolve(some.first, some.shift, told.channel, told.keys, more=more)
        if self._at_end:
            durations, starts = some.seconds, times - some.seconds
        elif (some.seconds >= 0).all():
            durations, starts = some.seconds, times
        else:
            # an end in the repeated hour is the first that comes after its start
            ends = np.where(some.ends > times, some.ends, some.ends + some.end_shifts)
            durations, starts = np.where(some.seconds >= 0, some.seconds, ends - times), times
        registers = told.where(lambda meaning: meaning.key.kind == "register")
        if registers.any():
            durations = np.where(registers, 0, durations)
        for row in np.flatnonzero((durations <= 0) & ~registers).tolist():
            faults[row] = "end is not after start"
        found = kept(some.amounts, told, durations, faults)
        too_wide(found, faults)
        keys, channel, values = other_ways(told, found.values[:, 0])
        scale = found.scale if len(keys) == len(found.scale) else np.full(len(keys), found.scale.max())

        rows: Integers = np.arange(len(starts))
        if faults:
            rows = np.setdiff1d(rows, list(faults))
        order, repeats = in_order(channel[rows], starts[rows]) if faults else in_order(channel, starts)
        for late, early in zip(rows[repeats.late].tolist(), rows[repeats.first].tolist(), strict=True):
            alike = (values, some.amounts.known[:, 0], durations)
            same = all(column[late] == column[early] for column in alike)
            what = "repeats" if same else "gives another value for the start of"
            faults[late] = f"{what} line {some.cells.lines[early]}"
        kept_rows = rows[order] if faults or not isinstance(order, slice) else order
        columns = UsageColumns(
            keys, channel[kept_rows], starts[kept_rows], durations[kept_rows], values[kept_rows], scale,
            some.amounts.known[kept_rows, 0], some.quality[kept_rows], some.cells.lines[kept_rows],
        )  # fmt: skip
        return columns, rejections(some.cells, faults)


def _without(readings: _Readings, faults: Faults) -> _Readings:
    if not faults:
        return readings
    good = np.ones(len(readings.cells), np.bool_)
    good[list(faults)] = False
    return _Readings(
        readings.cells.chosen(good), readings.told.chosen(good), readings.first[good], readings.shift[good],
        readings.seconds[good], readings.ends[good], readings.end_shifts[good], readings.amounts.chosen(good),
        readings.quality[good],
    )  # fmt: skip


def _own_mapping(columns: Sequence[str]) -> CsvMapping:
    require_columns(columns, *_NEEDED)
    unknown = [name for name in columns if name not in _OWN]
    if unknown:
        raise FeedStructureError(f"line 1: unknown column {', '.join(map(repr, unknown))}")
    if len(set(columns)) < len(columns):
        raise FeedStructureError("line 1: a column is named twice")
    return CsvMapping(columns={role: Source(role) for role in _OWN if role in columns})
