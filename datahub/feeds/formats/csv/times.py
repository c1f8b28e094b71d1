"""Columns of times to UTC, all cells at once. A file writes them as ISO 8601 or in a form like %d/%m/%Y %H:%M."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.csv.faults import Faults
from datahub.feeds.formats.csv.tokenizer import MARGIN, NO_OFFSET, Cells
from datahub.feeds.formats.local_time import first_moment, iso_time, wall_clock_moment
from datahub.rows.base import Integers
from datahub.rows.usage import Flags

_ISO_DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_ISO_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]0+)?)?"
_ZONE = r"(?P<zone>[Zz]|[+-]\d\d:?\d\d)"
_ISO = rf"{_ISO_DATE}(?:[T ]{_ISO_CLOCK}(?: ?{_ZONE})?)?"
_DIRECTIVES = MappingProxyType({
    "Y": r"(?P<year>\d{4})", "y": r"(?P<short>\d\d)", "m": r"(?P<month>\d{1,2})", "d": r"(?P<day>\d{1,2})",
    "b": r"(?P<name>[^\W\d_]{3,9})", "H": r"(?P<hour>\d{1,2})", "I": r"(?P<twelve>\d{1,2})",
    "p": r"(?P<half>[AaPp]\.?[Mm]\.?)", "M": r"(?P<minute>\d\d)", "S": r"(?P<second>\d\d)", "z": _ZONE, "%": "%",
})  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_READ_BY_PLACE = {"year", "short", "month", "day", "hour", "minute", "second", "zone"}
_EPOCH = datetime(1970, 1, 1)
_DAY = 86_400
_MOST_COUNTED_DAYS = 40_000  # distinct days in a wider range are found by sorting


class Walls(NamedTuple):
    """Local clock times in seconds since 1970, and the offset from UTC that each cell states, or NO_OFFSET."""

    wall: Integers
    offset: Integers


@dataclass(frozen=True, slots=True)
class TimeForm:
    """`iso`, or text with %Y %y %m %d %b %H %I %p %M %S %z. Raises ValueError for a form without a date."""

    form: str

    def __post_init__(self) -> None:
        names = _pattern(self.form).groupindex.keys()
        if self.form != "iso" and not ({"year", "short"} & names and {"month", "name"} & names):
            raise ValueError(f"{self.form!r} says no date")

    def read(self, text: str) -> tuple[int, int]:
        """Wall and offset of a cell, as in `Walls`; 24:00 is the next midnight.

        Raises ValueError in words fit for a rejected row.
        """
        return _read(self.form, text)

    def places(self, text: str) -> Mapping[str, tuple[int, int]] | None:
        """Where the parts of such a text stand, [first, past); None where that depends on their values."""
        match = _pattern(self.form).fullmatch(text)
        if match is None:
            return None
        spans = {name: match.span(name) for name, part in match.groupdict().items() if part is not None}
        return spans if spans.keys() <= _READ_BY_PLACE else None

    def halves(self) -> tuple["TimeForm", str]:
        """The form of the date's column and that of the clock's, where they are two columns.

        Raises ValueError unless a space is between the two.
        """
        if self.form == "iso":
            return self, "iso clock"
        day, _, clock = self.form.partition(" ")
        names = _pattern(clock).groupindex.keys()
        if not {"hour", "twelve"} & names or "zone" in names:
            raise ValueError(f"{self.form!r} has no date and clock with a space between")
        return TimeForm(day), clock


@dataclass(frozen=True, slots=True)
class Clock:
    """How times without an offset are read; with `as_utc` an offset that a cell states is ignored."""

    zone: ZoneInfo
    offset: int | None
    as_utc: bool

    def utc(self, walls: Walls, faults: Faults) -> tuple[Integers, Integers]:
        """(epoch seconds, shift): shift is how much later the second pass of a repeated hour is, else 0."""
        stated = np.zeros(len(walls.wall), np.bool_) if self.as_utc else walls.offset != NO_OFFSET
        if stated.all():
            return walls.wall - walls.offset, np.zeros_like(walls.wall)
        if self.offset is not None:
            return walls.wall - np.where(stated, walls.offset, self.offset), np.zeros_like(walls.wall)
        first, shift = self._local(walls.wall, ~stated, faults)
        if stated.any():
            first[stated], shift[stated] = (walls.wall - walls.offset)[stated], 0
        return first, shift

    def first_moment(self, wall: int, offset: int) -> int:
        """The first instant at which the clock shows `wall`, or jumps over it; `offset` as in `Walls`."""
        if offset != NO_OFFSET and not self.as_utc:
            return wall - offset
        return first_moment(wall, self.zone) if self.offset is None else wall - self.offset

    def _local(self, wall: Integers, local: Flags, faults: Faults) -> tuple[Integers, Integers]:
        """The same in the zone, for the rows that are `local`; a time that clocks skip is a fault."""
        days, place = _distinct_days(wall // _DAY)
        offsets = [_day_offset(day, self.zone) for day in days.tolist()]
        offset = np.array([NO_OFFSET if of_day is None else of_day for of_day in offsets], np.int64)[place]
        first, shift = wall - offset, np.zeros_like(wall)

        # on a day on which clocks change, each distinct time is converted alone
        changing = np.flatnonzero((offset == NO_OFFSET) & local)
        distinct, place = np.unique(wall[changing], return_inverse=True)
        epochs, shifts = np.zeros_like(distinct), np.zeros_like(distinct)
        for number, seconds in enumerate(distinct.tolist()):
            try:
                epochs[number], shifts[number] = wall_clock_moment(seconds, self.zone)
            except (ValueError, OverflowError) as error:
                faults.add(changing[place == number], str(error))
        first[changing], shift[changing] = epochs[place], shifts[place]
        return first, shift


def walls_of(
    cells: Cells, column: int, form: TimeForm, faults: Faults, pattern: re.Pattern[str] | None = None
) -> Walls:
    """The times of a column, or of the part of its cells that `pattern` matches.

    A cell laid out as the first one is read by the places of its characters, any other on its own.
    """
    wall, offset = np.zeros(len(cells), np.int64), np.full(len(cells), NO_OFFSET)
    odd = np.ones(len(cells), np.bool_)
    if len(cells) and pattern is None:
        sample = cells.text(0, column)
        places = form.places(sample) if sample.isascii() else None
        if places is not None and len(sample) <= len(MARGIN):
            wall, offset, odd = cells.times(column, sample, places)
    alone = np.flatnonzero(odd)
    for row, text in zip(alone.tolist(), cells.texts(alone, column), strict=True):
        try:
            wall[row], offset[row] = form.read(matched_part(text, pattern))
        except ValueError as error:
            faults.setdefault(row, str(error))
            wall[row], offset[row] = 0, NO_OFFSET  # reading by places may have left a time of no calendar
    return Walls(wall, offset)


def matched_part(text: str, pattern: re.Pattern[str] | None) -> str:
    """What the first group of `pattern` matches in a cell. Raises ValueError where it matches nothing."""
    if pattern is None:
        return text
    match = pattern.search(text)
    if match is None:
        raise ValueError(f"{text!r} is not like {pattern.pattern}")
    return (match[1] or "").strip()


def seconds_of_clock(form: str, text: str) -> int:
    """Seconds since midnight of a clock in a column of its own, up to 24:00. Raises ValueError."""
    match = _pattern(form).fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time like 13:30" + ("" if form == "iso clock" else f", {form}"))
    return _clock(match.groupdict(), text)


def seconds_of_offset(text: str) -> int:
    """Z or +01:00 as seconds east of Greenwich."""
    if text in ("Z", "z"):
        return 0
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text, re.ASCII)
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise ValueError(f"{text!r} is not an offset like +01:00")
    size = int(match[2]) * 3600 + int(match[3]) * 60
    return -size if match[1] == "-" else size


def _distinct_days(days: Integers) -> tuple[Integers, Integers]:
    """(distinct days, place of each day in them); without sorting where they are close together."""
    low, high = int(days.min(initial=0)), int(days.max(initial=0))
    if high - low > _MOST_COUNTED_DAYS:
        distinct, places = np.unique(days, return_inverse=True)
        return distinct, places
    present = np.bincount(days - low, minlength=high - low + 1) > 0
    return np.flatnonzero(present) + low, (np.cumsum(present) - 1)[days - low]


@lru_cache(maxsize=1 << 12)
def _day_offset(day: int, zone: ZoneInfo) -> int | None:
    """Seconds that clocks are ahead of UTC all through a local day; None if they change, or it is out of range."""
    try:
        midnight = _EPOCH + timedelta(days=day)
        edges = {
            edge.replace(tzinfo=zone, fold=fold).utcoffset()
            for edge in (midnight, midnight + timedelta(days=1))
            for fold in (0, 1)
        }
    except OverflowError:
        return None
    (offset, *others) = edges
    return None if others or offset is None else int(offset.total_seconds())


@lru_cache(maxsize=64)
def _pattern(form: str) -> re.Pattern[str]:
    if form == "iso":
        return re.compile(_ISO, re.ASCII)
    if form == "iso clock":
        return re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]0+)?)?", re.ASCII)
    pieces, rest = [], iter(form)
    for character in rest:
        if character != "%":
            pieces.append(re.escape(character))
            continue
        directive = next(rest, "")
        if directive not in _DIRECTIVES:
            known = " ".join(f"%{name}" for name in _DIRECTIVES)
            raise ValueError(f"%{directive} is not known; there are {known}")
        pieces.append(_DIRECTIVES[directive])
    try:
        return re.compile("".join(pieces))
    except re.error as error:
        raise ValueError(f"{form!r}: {error}") from error


@lru_cache(maxsize=1 << 16)
def _read(form: str, text: str) -> tuple[int, int]:
    match = _pattern(form).fullmatch(text)
    if match is None and form == "iso":
        written = iso_time(text)
        offset = written.utcoffset()
        wall = int((written.replace(tzinfo=None) - _EPOCH).total_seconds())
        return wall, NO_OFFSET if offset is None else int(offset.total_seconds())
    if match is None:
        raise ValueError(f"{text!r} is not a time like {form}")
    parts = match.groupdict()
    year = int(parts.get("year") or 2000 + int(parts.get("short") or 0))
    month_name = (parts.get("name") or "")[:3].lower()
    if month_name and month_name not in _MONTHS:
        raise ValueError(f"{text!r} has no month like Jan")
    month = _MONTHS.index(month_name) + 1 if month_name else int(parts["month"] or 0)
    try:
        days = date(year, month, int(parts.get("day") or 1)).toordinal() - _EPOCH.toordinal()
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date that exists") from error
    zone = parts.get("zone")
    return days * _DAY + _clock(parts, text), NO_OFFSET if zone is None else seconds_of_offset(zone)


def _clock(parts: Mapping[str, str | None], text: str) -> int:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if parts.get("twelve"):
        hour = int(parts["twelve"] or 0)
        if not 1 <= hour <= 12:
            raise ValueError(f"{text!r} is not on the clock")
        hour = hour % 12 + (12 if (parts.get("half") or "a")[0] in "pP" else 0)
    seconds = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or seconds > _DAY:
        raise ValueError(f"{text!r} is not on the clock")
    return seconds
