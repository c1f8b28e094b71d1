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

from datahub.feeds.formats.csv.channels import Channels, Told
from datahub.feeds.formats.csv.day_columns import Day, Days
from datahub.feeds.formats.csv.interval_columns import clock_of
from datahub.feeds.formats.csv.mapped_file import CsvFile, Lines, part_of_lines, rejections
from datahub.feeds.formats.csv.mapping import CsvMapping, Role, Slots, Source
from datahub.feeds.formats.csv.mapping_json import mapping_of
from datahub.feeds.formats.csv.qualities import Qualities
from datahub.feeds.formats.csv.series import in_order, other_ways
from datahub.feeds.formats.csv.times import Faults, Flags, walls_of
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.feeds.formats.csv.values import Amounts, Kept, Values, kept, too_wide
from datahub.feeds.formats.table import header_of
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Integers, Part, Settings, require_columns
from datahub.rows.usage import Codes, Quality, UsageColumns, UsageGrid, UsageRows

NAME = "usage_csv_wide"
KIND = "usage"
SUFFIXES = (".csv", ".txt")
MAPPED = True

_OWN: Mapping[str, Role] = {
    "meter": "meter", "date": "start", "register": "register", "commodity": "commodity", "unit": "unit",
    "direction": "direction", "kind": "kind", "quality": "quality",
}  # fmt: skip
_OWN_SLOT = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")
_OWN_SLOTS = re.compile(r"^(\d\d:\d\d)$")
_INT32 = 2**31 - 1


def sniff(content: bytes) -> bool:
    names = header_of(content)[0]
    slots = [name for name in names if name not in _OWN]
    return {"meter", "date"} <= set(names) and len(slots) > 1 and all(map(_OWN_SLOT.match, slots))


def read(
    source: BinaryIO,
    *,
    zone: ZoneInfo,
    settings: Settings = NO_SETTINGS,
    mapping: Mapping[str, object] = NO_SETTINGS,
) -> Iterator[Part[UsageRows]]:
    """Parts of days by channel, while the file goes by.

    A line is taken or rejected as a whole; a second line of a part for the same channel and day is rejected. Raises
    FeedStructureError before the first part: a mapping or setting that cannot be used, a header or first line
    that does not fit, a unit that is unknown or not said.
    """
    asked = mapping_of(mapping) if mapping else None
    if asked is not None and asked.shape != "wide":
        raise FeedStructureError(f"mapping: shape {asked.shape} is not read by {NAME}")
    yield from _Wide(source, asked, settings, zone)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What the lines of a stretch say, a row a line, and which of them are at fault."""

    cells: Cells
    told: Told
    amounts: Amounts
    quality: Codes
    starts: Integers  # of the day's first reading, epoch seconds
    faults: Faults

    def chosen(self, rows: Integers) -> "_Part":
        if len(rows) == len(self.cells):
            return self
        return _Part(
            self.cells.chosen(rows), self.told.chosen(rows), self.amounts.chosen(rows), self.quality[rows],
            self.starts[rows], {},
        )  # fmt: skip

    def good(self, rows: Integers) -> Integers:
        return rows[~np.isin(rows, list(self.faults))] if self.faults else rows


class _Wide:
    def __init__(
        self, source: BinaryIO, asked: CsvMapping | None, settings: Settings, zone: ZoneInfo
    ) -> None:
        self._file = file = CsvFile(source, asked, _own_mapping)
        mapping = file.mapping
        if mapping.slots is None:
            raise FeedStructureError("mapping: slots is needed in shape wide")
        self._step = mapping.slots.step
        at_end = mapping.time_of == "end"
        self._days = Days(file, mapping.slots, clock_of(mapping, zone), labels_are_ends=at_end)
        self._channels = Channels(file, settings)
        self._qualities = Qualities(file, settings)
        self._values = Values(mapping, settings)
        self._start = file.places("start")["start"]

    def __iter__(self) -> Iterator[Part[UsageRows]]:
        for lines in self._file:
            yield self._part(lines)

    def _part(self, lines: Lines) -> Part[UsageRows]:
        cells, faults = lines.cells, dict[int, str]()
        if not len(cells):
            return part_of_lines(lines, (), lines.rejected)
        told = self._channels.of(lines, faults)
        for row in np.flatnonzero(told.where(lambda meaning: meaning.key.kind == "register")).tolist():
            faults.setdefault(row, "a register is read at an instant: it has no intervals")
        quality = self._qualities.of(cells, faults)
        withdrawn = quality == Quality.WITHDRAWN
        amounts = self._values.of(cells, self._days.columns, self._days.names, withdrawn, faults)
        start = self._file.mapping.columns["start"]
        walls = walls_of(cells, self._start, self._file.mapping.time_form, faults, start.pattern)
        of, days = self._days.of(walls)
        starts = np.array([day.starts[0] for day in days])[of]
        part = _Part(cells, told, amounts, quality, starts, faults)
        _refuse_meeting(part, np.array([day.length(self._step) for day in days])[of])
        rows = [one for rows, day in _alike(of, days) if (one := self._rows(part, rows, day)) is not None]
        rejected = [*lines.rejected, *rejections(cells, faults)]
        return part_of_lines(lines, rows, sorted(rejected, key=lambda one: one.line))

    def _rows(self, part: _Part, rows: Integers, day: Day) -> UsageRows | None:
        """The days of `rows`, which all have the slots of `day`; what cannot be taken joins the part's faults."""
        self._check_others(part, rows, day)
        rows = part.good(rows)
        if not len(rows):
            return None
        some, faults = part.chosen(rows), dict[int, str]()
        amounts = some.amounts
        if len(day.readings) < len(self._days.columns) or (np.diff(day.readings) != 1).any():
            amounts = amounts.columns(day.readings)
        found = kept(amounts, some.told, np.full(len(rows), self._step), faults)
        too_wide(found, faults)
        good = np.arange(len(rows))
        if faults:
            good = np.setdiff1d(good, list(faults))
        order, repeats = in_order(some.told.channel[good], some.starts[good])
        for late, early in zip(good[repeats.late].tolist(), good[repeats.first].tolist(), strict=True):
            same = all((column[late] == column[early]).all() for column in (found.values, amounts.known))
            what = "repeats" if same else "gives another value for the start of"
            faults[late] = f"{what} line {some.cells.lines[early]}"
        good = good[order]
        part.faults.update({int(rows[row]): reason for row, reason in faults.items()})
        return self._laid_out(some, found, amounts.known, good, day) if len(good) else None

    def _check_others(self, part: _Part, rows: Integers, day: Day) -> None:
        """Slots that are no time of that day must be empty or 0."""
        others = np.setdiff1d(np.arange(len(self._days.columns)), day.readings)
        if len(others):
            said = part.amounts.digits[rows[:, None], others] != 0
            for row, place in zip(*(axis.tolist() for axis in np.nonzero(said)), strict=True):
                name = self._days.names[others[place]]
                part.faults.setdefault(
                    int(rows[row]), f"{name} says something, but that day has no such time"
                )

    def _laid_out(self, some: _Part, found: Kept, known: Flags, rows: Integers, day: Day) -> UsageRows:
        lines, quality = some.cells.lines, some.quality[:, None]
        values, told = found.values, some.told
        if len(rows) < len(lines) or (np.diff(rows) != 1).any():
            values, known, lines, quality = values[rows], known[rows], lines[rows], quality[rows]
            told, some = told.chosen(rows), some.chosen(rows)
        quality = np.broadcast_to(quality, known.shape)
        if day.even and not any(meaning.splits for meaning in told.meanings):
            low, high = int(values.min(initial=0)), int(values.max(initial=0))
            small = values.astype(np.int32) if low >= -_INT32 and high <= _INT32 else values
            return UsageGrid(
                told.keys, told.channel, some.starts, self._step, small, found.scale, known, quality, lines
            )
        return _flat(some.starts, told, found.scale, values, known, quality, lines, day, self._step)


def _alike(of: Integers, days: Sequence[Day]) -> Iterator[tuple[Integers, Day]]:
    """Rows whose days have the same slots, together."""
    patterns = [day.pattern for day in days]
    for pattern in dict.fromkeys(patterns):
        alike = [one == pattern for one in patterns]
        yield np.flatnonzero(np.array(alike)[of]), days[alike.index(True)]


def _refuse_meeting(part: _Part, lengths: Integers) -> None:
    """Rejects days that begin before another day of their channel has ended; `lengths` in seconds, by row."""
    rows = part.good(np.arange(len(part.cells)))
    rows = rows[np.lexsort((part.starts[rows], part.told.channel[rows]))]
    steps = np.diff(part.starts[rows])
    meets = (np.diff(part.told.channel[rows]) == 0) & (steps > 0) & (steps < lengths[rows][:-1])
    for place in np.flatnonzero(meets).tolist():
        part.faults[int(rows[place + 1])] = f"begins before line {part.cells.lines[rows[place]]} has ended"


def _flat(
    begins: Integers, told: Told, scale: Integers, values: Integers, known: Flags, quality: Codes, lines: Integers,
    day: Day, step: int,
) -> UsageColumns:  # fmt: skip
    """The same readings one by one: of a day with a gap, or where the number tells the channel."""
    slots = len(day.readings)
    starts = (begins[:, None] + (day.starts - day.starts[0])).ravel()
    by_reading = told.chosen(np.repeat(np.arange(len(begins)), slots))
    keys, channel, flat = other_ways(by_reading, values.ravel())
    scale = scale if len(keys) == len(scale) else np.full(len(keys), scale.max())
    order, _ = in_order(channel, starts)
    return UsageColumns(
        keys, channel[order], starts[order], np.full(len(starts), step)[order], flat[order], scale,
        known.ravel()[order], quality.ravel()[order], np.repeat(lines, slots)[order],
    )  # fmt: skip


def _own_mapping(columns: Sequence[str]) -> CsvMapping:
    require_columns(columns, "meter", "date")
    slots = [name for name in columns if name not in _OWN]
    wrong = [name for name in slots if not _OWN_SLOT.match(name)]
    if wrong:
        raise FeedStructureError(f"line 1: unknown column {', '.join(map(repr, wrong))}")
    if len(set(columns)) < len(columns):
        raise FeedStructureError("line 1: a column is named twice")
    if len(slots) < 2:
        raise FeedStructureError("line 1: no columns of intervals")
    first, second = (int(found[1]) * 60 + int(found[2]) for found in map(_OWN_SLOT.match, slots[:2]) if found)
    if second <= first:
        raise FeedStructureError("line 1: the intervals are not in order of time")
    named = {role: Source(name) for name, role in _OWN.items() if name in columns}
    return CsvMapping(
        shape="wide", columns=named, slots=Slots(_OWN_SLOTS, None, None, 0, (second - first) * 60, "by_time")
    )
