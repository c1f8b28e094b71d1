"""How a scope is declared. Pure: form, metadata, receipt, gate and docs all derive from the declaration."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise

ELECTRICITY = "electricity"  # as contracts name it
CLIENT_ADMIN = "cds_client_admin"  # the built-in scope that opens the APIs of a registration


class Period(Enum):
    """What a scope's `start` and `end` mean."""

    DATA = "data"  # the period of the data released
    NOW = "now"  # the state at each access; `end` says until when


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: its names, its words for customers, and what it opens.

    `place` orders scopes on pages and in documents.
    `includes` pairs a plain word for each kind of data with an example value; `records` names what a period
    covers, in the plural, as a sentence begins (unused where the period is NOW); `opens` are resource names,
    which are also the paths of the API. `commodities` limits the contracts it can cover (empty = any). A
    utility that only distributes offers no scope with `needs_supply`. `has_resolution`: readings, which the customer
    may share as sums, or of some meters.
    """

    id: str
    place: int
    title: str | Promise
    sentence: str | Promise
    includes: tuple[tuple[str | Promise, str | Promise], ...]
    excludes: str | Promise
    period: Period
    opens: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    records: str | Promise = ""
    commodities: frozenset[str] = frozenset()
    needs_supply: bool = False
    hint: str | Promise = ""
    has_resolution: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every type a request may name it by, the id first."""
        return (self.id, *self.aliases)

    def can_cover(self, commodity: str) -> bool:
        """Whether contracts of this commodity have anything to share under it."""
        return not self.commodities or commodity in self.commodities
