"""One kind of data with its dates and services, fixed: what is offered, what is granted, what remains of a grant.

docs/decisions/0056-three-shapes-of-a-part.md
"""

from dataclasses import dataclass

from consent.periods import PartPeriod
from consent.scopes.base import Scope


@dataclass(frozen=True, slots=True)
class Part:
    """One scope of an offer or a grant.

    `type_sent` is the name that the company uses for the scope. `contracts` are database keys of service contracts;
    `future_accounts` those of the accounts whose new contracts may join, or do. `locked`: shared as requested or not at
    all, so it can neither be left out nor shortened; only its services may be chosen (F-67).
    """

    scope: Scope
    type_sent: str
    period: PartPeriod
    contracts: frozenset[int]
    future_accounts: frozenset[int]
    locked: bool = False

    @property
    def can_be_shared(self) -> bool:
        """Whether an offered part has something to share: services, and time."""
        return bool(self.contracts) and not self.period.is_empty

    @property
    def is_required(self) -> bool:
        """Whether a decision to share must have this part: locked, and there is something to share."""
        return self.locked and self.can_be_shared
