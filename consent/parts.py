"""One kind of data with its dates and services, fixed: what is offered, what is granted, what remains of a grant.

docs/decisions/0056-three-shapes-of-a-part.md
"""

from dataclasses import dataclass

from consent.periods import PartPeriod
from consent.resolution import Resolution
from consent.scopes.base import Scope


@dataclass(frozen=True, slots=True)
class Part:
    """One scope of an offer or a grant.

    `type_sent` is the name that the company uses for the scope. `contracts` are database keys of service contracts;
    `future_accounts` those of the accounts whose new contracts may join, or do. `locked`: shared as requested or not at
    all, so it can neither be left out nor shortened; only its services may be chosen (F-67). Readings are shared no
    finer than `resolution`; `meters` are pairs of contract and meter: those that are shared, of contracts of which some
    were left out. `coarsest_resolution` is what the company can use at most.
    """

    scope: Scope
    type_sent: str
    period: PartPeriod
    contracts: frozenset[int]
    future_accounts: frozenset[int]
    locked: bool = False
    resolution: Resolution = Resolution.AS_READ
    meters: frozenset[tuple[int, int]] = frozenset()
    coarsest_resolution: Resolution = Resolution.AS_READ

    @property
    def can_be_shared(self) -> bool:
        """Whether an offered part has something to share: services, and time."""
        return bool(self.contracts) and not self.period.is_empty

    @property
    def is_required(self) -> bool:
        """Whether a decision to share must have this part: locked, and there is something to share."""
        return self.locked and self.can_be_shared
