"""How a CSV of others is laid out."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from datahub.feeds.formats.csv.time_forms import TimeForm
from datahub.rows.usage import Direction, Kind, Quality

Role = Literal[
    "meter", "register", "commodity", "unit", "direction", "kind", "quality", "value",
    "start", "start_time", "slot", "end", "end_time", "interval_seconds",
]  # fmt: skip
Sign = Literal["as_written", "reversed", "negative_is_export"]
Commodity = Literal["electricity", "natural_gas", "water"]
_LONG_ONLY = ("value", "start_time", "slot", "end", "end_time", "interval_seconds")
_NOT_COUNTED = ("start_time", "end", "end_time")  # a reading that is counted has no clock
ROLES: tuple[Role, ...] = get_args(Role)
ANY_OTHER = "*"  # among qualities: a word that is not named
QUALITIES: Mapping[str, Quality] = MappingProxyType({quality.name.lower(): quality for quality in Quality})


class MappingError(ValueError):
    """What is wrong in the mapping, in words that name the member."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a word stands: in a column (by name, or by position from 1), a part of it, or in no cell at all."""

    column: str | int | None = None
    pattern: re.Pattern[str] | None = None  # its first group is the word
    text: str = ""
    head: re.Pattern[str] | None = (
        None  # its first group, in the lines ahead of the data, is the word of all lines
    )


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
    """A stretch of the file that begins after a line like `start` and ends before one like `end`."""

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

    pattern: re.Pattern[str] | None
    first: str | int | None
    count: int | None
    start: int  # seconds after midnight at which the first begins
    step: int  # seconds
    clock_change: Literal["by_time", "by_count"]


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """Frozen form of the JSON; its members are named there as here."""

    shape: Literal["long", "wide"] = "long"
    delimiter: str | None = None  # None: the one that is most in the header
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
        self._check_columns()
        self._check_times()
        if self.thousands_mark == self.decimal_mark:
            raise MappingError("thousands_mark is the decimal_mark")
        if not self.header and (self.header_pattern or any(_is_named(one) for one in self._sources())):
            raise MappingError("without a header, columns are numbers and there is no header_pattern")

    def _check_columns(self) -> None:
        if (self.shape == "wide") != (self.slots is not None):
            raise MappingError(f"slots is {'needed in' if self.slots is None else 'only for'} shape wide")
        if self.slots is not None and self.columns.keys() & set(_LONG_ONLY):
            raise MappingError(f"in shape wide, slots say values and times: no {', '.join(_LONG_ONLY)}")
        if self.values and (self.sections or self.slots or "value" in self.columns):
            raise MappingError("values exclude sections, slots and a column value")
        if "start" not in self.columns or not (self.slots or self.values or "value" in self.columns):
            raise MappingError("columns needs start" + ("" if self.slots else " and value"))
        if self.columns["start"].column is None:
            raise MappingError("columns.start stands in a column")

    def _check_times(self) -> None:
        if self.time_of == "end" and "end" in self.columns:
            raise MappingError("time_of end and a column end exclude each other")
        if "slot" in self.columns and (self.time_of == "end" or self.columns.keys() & set(_NOT_COUNTED)):
            raise MappingError(f"a column slot excludes time_of end and columns {', '.join(_NOT_COUNTED)}")
        if self.zone is not None and self.offset is not None:
            raise MappingError("zone and offset exclude each other")
        if self.columns.keys() & {"start_time", "end_time"}:
            try:
                self.time_form.halves()
            except ValueError as error:
                raise MappingError(f"time_form {error}") from error

    def facts(self, place: int) -> Facts:
        """What is said of readings in that section, or in that column of values."""
        return self.values[place].facts if self.values else self.sections[place].facts

    def _sources(self) -> Collection[Source]:
        values = (Source(value.column) for value in self.values)
        return [*self.columns.values(), *values, Source(self.slots.first if self.slots else None)]


def _is_named(source: Source) -> bool:
    return isinstance(source.column, str)
