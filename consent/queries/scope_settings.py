"""What staff set about scopes, for one client: what it may not ask for, and the limits of what it may."""

from django.conf import settings
from django.db.models import Min, Q

from cdsc_portal.lib.db.prepared import prepared_cursor
from consent.models import Client, ScopeSetting
from consent.scopes.base import Scope
from consent.scopes.catalogue import offered_scopes

# written out: calls of the open series make it, and composing it takes longer than running it
_CLOSED = """
    SELECT scope FROM consent_scopesetting WHERE NOT is_open AND (client_id IS NULL OR client_id = %s::bigint)
"""


def closed_scopes(*, client: Client | None) -> frozenset[str]:
    """Scope ids switched off for `client`, or for everybody where it is None. One query.

    Grants that are open stay as they are; only asking ends.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_CLOSED, [client.pk if client else None])
        return frozenset(scope for (scope,) in cursor.fetchall())


def available_scopes() -> tuple[Scope, ...]:
    """What anybody may ask for: offered by a utility of this role, and not switched off. One query."""
    closed = closed_scopes(client=None)
    return tuple(scope for scope in offered_scopes(settings.UTILITY_ROLE) if scope.id not in closed)


def limits_of(*, client: Client) -> dict[str, tuple[int | None, int | None]]:
    """By scope id the days back and the days ahead of the request's day: the tighter of the server's and the client's.

    None: as the scope is declared. One query.
    """
    settings_of = ScopeSetting.objects.filter(Q(client__isnull=True) | Q(client=client))
    limits = settings_of.values_list("scope").annotate(Min("days_back"), Min("days_ahead")).order_by()
    return {scope: (back, ahead) for scope, back, ahead in limits}
