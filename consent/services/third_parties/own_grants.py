"""A client's own grants: got by its credentials, with no customer behind them (docs/decisions/0063)."""

from datetime import datetime
from typing import Any

from cdsc_portal.lib.db.advisory_locks import hold_until_commit
from consent.models import Actor, Client, Grant, GrantKind
from consent.services.transitions import record_event
from consent.transitions import OPEN, GrantStatus

_FIRST_REQUESTS = 0x6F776E  # a space of locks by client


def own_grant(*, client: Client, scope: str, details: list[dict[str, Any]], at: datetime) -> Grant:
    """The client's grant of this scope and these details, made at the first request for it, and locked.

    Call it in a transaction. One that was closed is not opened again: the next request makes another.
    """
    if (grant := _find(client, scope, details)) is not None:
        return grant
    # two first requests make one grant; the client's row stays free, since the call holds that of its secret
    hold_until_commit(_FIRST_REQUESTS, client.pk)
    if (grant := _find(client, scope, details)) is not None:
        return grant
    grant = Grant.objects.create(
        client=client,
        user=None,
        kind=GrantKind.CLIENT,
        status=GrantStatus.ACTIVE,
        scope=scope,
        authorization_details=details,
        created=at,
        modified=at,
    )
    record_event(grant, former="", to=GrantStatus.ACTIVE, actor=Actor.CLIENT, at=at)
    return grant


def _find(client: Client, scope: str, details: list[dict[str, Any]]) -> Grant | None:
    grants = Grant.objects.filter(client=client, kind=GrantKind.CLIENT, scope=scope, status__in=OPEN)
    return grants.filter(authorization_details=details).select_for_update(no_key=True).first()
