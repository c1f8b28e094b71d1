"""What a caller may read: the frozen answer of the gate. Pure; every data view takes one, every data query obeys it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cdsc_portal.lib.time.ranges import Span
from consent.resolution import Resolution


@dataclass(frozen=True, slots=True)
class AccessPart:
    """One scope's share of an access.

    `resources` are the names it opens (e.g. "usage_data"); `contracts` database keys of service contracts; `window`
    the period of data, UTC, half-open. A part whose scope speaks of the present has an unbounded window. Readings leave
    no finer than `resolution`; `meters` are pairs (contract, meter) of the contracts of which only these meters may be
    read.
    """

    scope: str
    resources: frozenset[str]
    contracts: frozenset[int]
    window: Span
    resolution: Resolution = Resolution.AS_READ
    meters: frozenset[tuple[int, int]] = frozenset()


class Access(Protocol):
    """What data queries ask of either kind of access."""

    def parts_for(self, resource: str) -> tuple[AccessPart, ...]: ...


@dataclass(frozen=True, slots=True)
class DataAccess:
    """What one bearer token opens now. Keys are database keys; parts that have ended are left out already."""

    grant_id: int
    grant_public_id: str
    client_id: int
    client_public_id: str
    ends: datetime | None
    parts: tuple[AccessPart, ...]

    def parts_for(self, resource: str) -> tuple[AccessPart, ...]:
        """The parts that open `resource`; empty means: not granted."""
        return tuple(part for part in self.parts if resource in part.resources)


@dataclass(frozen=True, slots=True)
class AdminAccess:
    """What one token of a registration's object for the APIs opens: its registration, and no data. Database keys."""

    registration_id: int
    client_id: int
    grant_id: int
    credential_id: int


@dataclass(frozen=True, slots=True)
class FilesAccess:
    """What one Grant Admin token for a grant of files opens: these files of its registration, and nothing else.

    `client_id` and `credential_id` are of the object that got the token, `grant_id` is the grant of files. Database
    keys, but for `files`: public ids.
    """

    registration_id: int
    client_id: int
    grant_id: int
    credential_id: int
    scope: str
    files: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnerAccess:
    """What a customer's user sees of their own, in the same form, so that the same queries serve both."""

    user_id: int
    contracts: frozenset[int]

    def parts_for(self, resource: str) -> tuple[AccessPart, ...]:
        return (AccessPart("own", frozenset({resource}), self.contracts, Span()),)


def contracts_of(parts: Iterable[AccessPart]) -> frozenset[int]:
    """Every contract that any of the parts opens."""
    return frozenset().union(*(part.contracts for part in parts))
