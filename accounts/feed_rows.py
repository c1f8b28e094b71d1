"""Rows of a hierarchy feed, whatever format they came from: formats make them, the loads of this app take them. Pure.

Lines count from 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Literal


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
    entities: Sequence[EntityRow] = ()
    programs: Sequence[ProgramRow] = ()
    customers: Sequence[CustomerRow] = ()
    memberships: Sequence[MembershipRow] = ()
    accounts: Sequence[AccountRow] = ()
    contracts: Sequence[ContractRow] = ()
    premises: Sequence[PremiseRow] = ()
    points: Sequence[PointRow] = ()
    meters: Sequence[MeterRow] = ()
    point_links: Sequence[PointLinkRow] = ()
    installations: Sequence[InstallationRow] = ()

    @property
    def size(self) -> int:
        """How many rows, of all kinds together."""
        about_the_file = ("mode", "as_of")
        return sum(len(getattr(self, kind.name)) for kind in fields(self) if kind.name not in about_the_file)


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
