"""Who can decide where the reader may only look."""

from datetime import datetime

from accounts.models import User
from accounts.queries.roles import owners_of, visible_contracts


def deciders_in_words(*, viewer: User, at: datetime) -> str:
    """Names of the owners of the contracts that `viewer` sees; a viewer knows their household. Two queries."""
    contracts = list(visible_contracts(user=viewer, at=at).values_list("pk", flat=True))
    return ", ".join(str(owner) for owner in owners_of(contracts=contracts, at=at))
