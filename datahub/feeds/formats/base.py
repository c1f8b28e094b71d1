"""What every feed format gives back: frozen rows, and for each line it could not take a reason."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt

KINDS = ("hierarchy", "usage", "bills", "supply_terms", "generation_mix")  # of feeds
Settings = Mapping[str, str]
NO_SETTINGS: Settings = MappingProxyType({})
Cells = Mapping[str, str]
Integers = npt.NDArray[np.int64]
Row = TypeVar("Row")


class FeedStructureError(ValueError):
    """The file is refused as a whole; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was read and not taken. `line` counts from 1, the header included."""

    line: int
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    """A stretch of a file: each of its data lines is in a row or in a rejection, never in neither.

    `offset`: how many bytes of the file are through when this part is. The same file gives the same parts.
    `skipped`: files of a ZIP that are no data; the first part names them.
    """

    rows: Sequence[Row]
    rejected: Sequence[Rejection]
    offset: int
    skipped: Sequence[str] = ()

    @property
    def accepted(self) -> int:
        """Data lines (for usage: readings) that the rows stand for."""
        return sum(getattr(row, "size", 1) for row in self.rows)

    @property
    def read(self) -> int:
        return self.accepted + len(self.rejected)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Row]):
    """A whole file, as `Part` is a stretch of one."""

    rows: Sequence[Row]
    rejected: Sequence[Rejection]

    @property
    def accepted(self) -> int:
        """Data lines (for usage: readings) that the rows stand for."""
        return sum(getattr(row, "size", 1) for row in self.rows)

    @property
    def read(self) -> int:
        return self.accepted + len(self.rejected)

    @classmethod
    def collect(cls, lines: Iterable[tuple[int, Cells]], make: Callable[[int, Cells], Row]) -> "Parsed[Row]":
        """One row a line; a ValueError from `make` rejects the line with its message."""
        rows: list[Row] = []
        rejected: list[Rejection] = []
        for line, cells in lines:
            try:
                rows.append(make(line, cells))
            except ValueError as error:
                rejected.append(Rejection(line, str(error), ",".join(cells.values())))
        return cls(rows, rejected)


def decoded(content: bytes) -> str:
    """The text of a UTF-8 file, with or without byte order mark.

    Raises FeedStructureError naming the first byte that is wrong; a byte 0 is, which no text of a database can hold.
    """
    if (place := content.find(b"\0")) >= 0:
        raise FeedStructureError(f"line {content.count(10, 0, place) + 1}: a character 0")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FeedStructureError(
            f"not UTF-8: byte 0x{content[error.start]:02x} at position {error.start}, line {line}"
        ) from error


def require_columns(present: Collection[str], *needed: str) -> None:
    """Raises FeedStructureError naming the columns that are not there."""
    missing = [name for name in needed if name not in present]
    if missing:
        raise FeedStructureError(f"line 1: missing column {', '.join(missing)}")


def choice(settings: Settings, name: str, *allowed: str) -> str:
    """What a setting says, or the first of `allowed`. Raises FeedStructureError for anything else."""
    said = settings.get(name) or allowed[0]
    if said not in allowed:
        raise FeedStructureError(f"setting {name} {said!r} is none of {', '.join(allowed)}")
    return said


class Quality(IntEnum):
    """How far a reading can be trusted, as stored: one byte a reading."""

    ACTUAL = 0
    ESTIMATED = 1
    SUBSTITUTED = 2  # final substitute: no better value will come
    CORRECTED = 3
    PROVISIONAL = 4
    UNSTATED = 5  # the feed does not say
    WITHDRAWN = 6  # the feed takes an earlier value back: the reading becomes unknown


Unit = Literal[
    "Wh", "varh", "VAh", "W", "var", "VA", "V", "A", "m3", "ft3", "gal", "imp_gal", "therm", "J", "Btu"
]
Direction = Literal["import", "export", "net", "none"]
Kind = Literal["interval", "register", "demand"]


@dataclass(frozen=True, slots=True, eq=False)
class UsageSeries:
    """One channel's readings as columns in order of time, no start twice.

    Reading i covers [starts[i], starts[i] + durations[i]) in seconds since 1970 UTC (a register is read at an
    instant: duration 0) and is values[i] / 10**scale, exactly. Where `known` is false the value is
    unknown and values[i], which is 0, means nothing.
    """

    meter_number: str
    register: str  # as the feed names it, "" if it has no name
    commodity: str  # electricity, natural_gas, water
    unit: Unit
    direction: Direction
    kind: Kind
    interval_seconds: int | None  # None: not all readings last equally long
    starts: Integers
    durations: Integers
    values: Integers
    scale: int
    known: npt.NDArray[np.bool_]
    quality: npt.NDArray[np.uint8]
    lines: Integers
    line: int = 0  # where the series begins

    @property
    def size(self) -> int:
        return len(self.starts)

    @property
    def total(self) -> Decimal:
        """Exact sum of what is known, in `unit`."""
        return Decimal(sum(self.values[self.known].tolist())).scaleb(-self.scale)


@dataclass(frozen=True, slots=True)
class EntityRow:
    line: int
    name: str
    abbreviation: str
    kind: str  # distribution_utility, supplier


@dataclass(frozen=True, slots=True)
class ProgramRow:
    line: int
    program_number: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    line: int
    customer_number: str
    name: str
    is_test: bool | None = None


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A user and what the user may do; `until` only for a delegate. Who is not known yet is to be invited."""

    line: int
    customer_number: str
    email: str
    user_name: str
    role: str  # owner, viewer, delegate
    account_number: str  # "" = all accounts of the customer
    may_share: bool
    until: datetime | None  # UTC, exclusive


@dataclass(frozen=True, slots=True)
class AccountRow:
    line: int
    account_number: str
    customer_number: str
    parent_number: str  # "" = top level
    address: str
    programs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractRow:
    """Local dates, [start, end)."""

    line: int
    contract_number: str
    account_number: str
    commodity: str
    distribution: str  # name of the entity, "" = none
    address: str
    start: date
    end: date | None
    programs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PremiseRow:
    line: int
    premise_number: str
    address: str


@dataclass(frozen=True, slots=True)
class PointRow:
    line: int
    servicepoint_number: str
    premise_number: str  # "" = none
    commodity: str
    voltage: int | None  # volts
    region: str
    pricing_node: str
    region_since: datetime | None = None  # UTC; None = as of the file, or ever where nothing was known


@dataclass(frozen=True, slots=True)
class MeterRow:
    line: int
    meter_number: str
    commodity: str


@dataclass(frozen=True, slots=True)
class PointLinkRow:
    """A contract served through a point, [start, end) in UTC."""

    line: int
    contract_number: str
    servicepoint_number: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class InstallationRow:
    """A meter at a point, [start, end) in UTC."""

    line: int
    meter_number: str
    servicepoint_number: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """All or part of the hierarchy as it was at `as_of`; an older file never undoes a newer one.

    `full`: what is not listed has ended. `changes`: what is not listed stays. `Parsed.rows` holds one.
    """

    mode: Literal["full", "changes"]
    as_of: datetime  # UTC
    entities: tuple[EntityRow, ...] = ()
    programs: tuple[ProgramRow, ...] = ()
    customers: tuple[CustomerRow, ...] = ()
    memberships: tuple[MembershipRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    contracts: tuple[ContractRow, ...] = ()
    premises: tuple[PremiseRow, ...] = ()
    points: tuple[PointRow, ...] = ()
    meters: tuple[MeterRow, ...] = ()
    point_links: tuple[PointLinkRow, ...] = ()
    installations: tuple[InstallationRow, ...] = ()

    @property
    def size(self) -> int:
        return sum(
            len(part)
            for part in (
                self.entities,
                self.programs,
                self.customers,
                self.memberships,
                self.accounts,
                self.contracts,
                self.premises,
                self.points,
                self.meters,
                self.point_links,
                self.installations,
            )
        )


@dataclass(frozen=True, slots=True)
class SupplyTermRow:
    """Who supplied a contract on which tariff, [start, end) in local dates."""

    line: int
    contract_number: str
    supplier: str  # name of the entity
    supplier_contract_number: str
    tariff_code: str
    tariff_name: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class BillLineRow:
    line: int
    name: str
    kind: str  # usage, demand, fixed, tax, credit, other
    quantity: Decimal | None
    unit: str
    rate: Decimal | None  # currency per unit
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BillSectionRow:
    """What one contract is charged for [start, end), local dates."""

    line: int
    contract_number: str
    start: date
    end: date
    commodity: str
    supplier: str  # "" = not named
    tariff_code: str
    tariff_name: str
    amount: Decimal
    lines: tuple[BillLineRow, ...]


@dataclass(frozen=True, slots=True)
class BillRow:
    """One statement for [start, end), local dates; where its format tells all of it, it adds up or was rejected."""

    line: int
    account_number: str  # "" = that of the first section's contract
    statement_number: str
    statement_date: date
    due_date: date | None
    start: date
    end: date
    currency: str  # ISO 4217
    amount: Decimal  # to pay
    previous_balance: Decimal | None
    paid: Decimal | None  # since the last statement, positive
    new_charges: Decimal | None
    file_name: str  # of the PDF beside the feed, "" = none
    replaces: str = ""  # number of the statement that this one corrects, "" = none
    sections: tuple[BillSectionRow, ...] = field(default=())

    @property
    def size(self) -> int:
        return 1 + sum(1 + len(section.lines) for section in self.sections)
