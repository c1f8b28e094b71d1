"""How a CSV of others is laid out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from datahub.feeds.formats.csv.times import Clock, TimeForm
from datahub.rows.usage import Direction, Kind, Quality

Role = Literal[
    "meter", "register", "commodity", "unit", "direction", "kind", "quality", "value",
    "start", "start_time", "slot", "end", "end_time", "interval_seconds",
]  # fmt: skip
Sign = Literal["as_written", "reversed", "negative_is_export"]
Commodity = Literal["electricity", "natural_gas", "water"]
_LONG_ROLES = ("value", "start_time", "slot", "end", "end_time", "interval_seconds")
_CLOCK_ROLES = ("start_time", "end", "end_time")  # a reading with a slot number has none of these
ROLES: tuple[Role, ...] = get_args(Role)
ANY_OTHER = "*"  # among qualities: a word that is not named
QUALITIES: Mapping[str, Quality] = MappingProxyType({quality.name.lower(): quality for quality in Quality})


class MappingError(ValueError):
    """What is wrong in the mapping, in words that name the member."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a word stands: in a column (by name, or by position from 1), a part of it, or in no cell at all.

    The first group of `pattern` is the word of a cell; that of `head`, found in the lines ahead of the data, the word
    of all lines, as `text` is.
    """

    column: str | int | None = None
    pattern: re.Pattern[str] | None = None
    text: str = ""
    head: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a unit of the file is in ours."""

    unit: str
    multiplier: str = "1"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a word or a section says of its readings; None: nothing."""

    meter: str | None = None
    register: str | None = None
    commodity: Commodity | None = None
    unit: str | None = None
    direction: Direction | None = None
    kind: Kind | None = None
    sign: Sign | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file that begins after a line like `start` and ends before one like `end`."""

    start: re.Pattern[str]
    end: re.Pattern[str] | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """One of several columns whose cells are readings of registers of their own."""

    column: str | int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Slots:
    """The columns of a wide file that are intervals of the day: those like `pattern`, or `count` from `first` on."""

    step: int  # seconds
    pattern: re.Pattern[str] | None = None
    first: str | int | None = None
    count: int | None = None
    start: int = 0  # seconds after midnight at which the first begins
    clock_change: Literal["by_time", "by_count"] = "by_time"


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """The JSON as a frozen value; members have the same names in both."""

    shape: Literal["long", "wide"] = "long"
    delimiter: str | None = None  # None: the character that is most frequent in the header
    decimal_mark: str = "."
    thousands_mark: str | None = None
    encoding: str | None = None
    skip_lines: int = 0
    header_pattern: re.Pattern[str] | None = None
    header: bool = True
    columns: Mapping[Role, Source] = field(default_factory=lambda: MappingProxyType({}))
    time_form: TimeForm = TimeForm("iso")
    zone: ZoneInfo | None = None  # None: the feed's
    offset: int | None = None  # seconds east of Greenwich, all year
    time_of: Literal["start", "end"] = "start"
    wall_clock_as_utc: bool = False
    interval_seconds: int | None = None
    multiplier: str = "1"
    mean_power: bool = False
    sign: Sign = "as_written"
    units: Mapping[str, Measured] = field(default_factory=lambda: MappingProxyType({}))
    directions: Mapping[str, Direction] = field(default_factory=lambda: MappingProxyType({}))
    kinds: Mapping[str, Kind] = field(default_factory=lambda: MappingProxyType({}))
    commodities: Mapping[str, Commodity] = field(default_factory=lambda: MappingProxyType({}))
    qualities: Mapping[str, Quality] = field(default_factory=lambda: MappingProxyType({}))
    registers: Mapping[str, Facts] = field(default_factory=lambda: MappingProxyType({}))
    unknown: tuple[str, ...] = ()
    values: tuple[ValueColumn, ...] = ()
    slots: Slots | None = None
    sections: tuple[Section, ...] = ()
    ignore: tuple[re.Pattern[str], ...] = ()

    def check(self) -> None:
        """Raises MappingError where members must stand together and do not, or cannot."""
        columns, sources = self.columns.keys(), [source.column for source in self.columns.values()]
        names = [*sources, *(value.column for value in self.values), self.slots.first if self.slots else None]
        is_named = any(isinstance(name, str) for name in names)
        has_value = bool(self.slots or self.values or "value" in columns)
        rules = (
            (self.shape == "wide" and not self.slots, "slots is needed in shape wide"),
            (self.shape != "wide" and self.slots, "slots is only for shape wide"),
            (
                self.slots and columns & set(_LONG_ROLES),
                f"in shape wide, slots say values and times: no {', '.join(_LONG_ROLES)}",
            ),
            (
                self.values and (self.sections or self.slots or "value" in columns),
                "values exclude sections, slots and a column value",
            ),
            (
                "start" not in columns or not has_value,
                "columns needs start" + ("" if self.slots else " and value"),
            ),
            (self.columns.get("start", Source(1)).column is None, "columns.start stands in a column"),
            (self.time_of == "end" and "end" in columns, "time_of end and a column end exclude each other"),
            (
                "slot" in columns and (self.time_of == "end" or columns & set(_CLOCK_ROLES)),
                f"a column slot excludes time_of end and columns {', '.join(_CLOCK_ROLES)}",
            ),
            (self.zone is not None and self.offset is not None, "zone and offset exclude each other"),
            (self.thousands_mark == self.decimal_mark, "thousands_mark is the decimal_mark"),
            (
                not self.header and (self.header_pattern or is_named),
                "without a header, columns are numbers and there is no header_pattern",
            ),
        )
        for is_broken, reason in rules:
            if is_broken:
                raise MappingError(reason)
        if columns & {"start_time", "end_time"}:
            try:
                self.time_form.halves()
            except ValueError as error:
                raise MappingError(f"time_form {error}") from error

    def facts(self, number: int) -> Facts:
        """What is said of readings in that section, or in that column of values."""
        return self.values[number].facts if self.values else self.sections[number].facts

    def clock(self, zone: ZoneInfo) -> Clock:
        """How times without an offset are read in a feed of that zone."""
        return Clock(self.zone or zone, self.offset, self.wall_clock_as_utc)
