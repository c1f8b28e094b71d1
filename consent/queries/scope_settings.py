"""Which scopes anybody may ask for at this server."""

from django.conf import settings

from consent.queries.scope_offers import offer_states
from consent.scopes.base import Scope
from consent.scopes.catalogue import offered_scopes


def available_scopes() -> tuple[Scope, ...]:
    """Those that a utility of this role offers and whose first offer is open. One query."""
    states = offer_states(client=None)
    return tuple(scope for scope in offered_scopes(settings.UTILITY_ROLE) if states.get(scope.id, True))
