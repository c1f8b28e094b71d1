"""A client's own grants: got by its credentials, with no customer behind them (docs/decisions/0063)."""

from datetime import datetime
from typing import Any

from cdsc_portal.lib.db.advisory_locks import hold_until_commit
from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.json.encoder import dumps
from consent.models import Actor, Client, Grant, GrantKind
from consent.services.transitions import record_event
from consent.transitions import OPEN, GrantStatus

_FIELDS = Grant._meta.concrete_fields
_FIND = f"""
    SELECT {", ".join(f'"{field.column}"' for field in _FIELDS)} FROM consent_grant
    WHERE client_id = %s AND kind = '{GrantKind.CLIENT.value}' AND scope = %s AND authorization_details = %s::jsonb
        AND status IN ({", ".join(f"'{status}'" for status in sorted(OPEN))})
    ORDER BY id LIMIT 1 FOR NO KEY UPDATE
"""  # noqa: S608 - no part of it is input
_FIRST_REQUESTS = 0x6F776E  # a space of locks by client


def own_grant(
    *, client: Client, scope: str, details: list[dict[str, Any]], opens: Grant | None = None, at: datetime
) -> Grant:
    """The client's grant of this scope and these details, made at the first request for it, and locked.

    Of a Grant Admin it is the child of the grant that it `opens`, which the caller holds: it is paused and ends with
    that. Call it in a transaction. One that was closed is not opened again: the next request makes another.
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
        parent=opens,
        access_ends=opens.access_ends if opens else None,
        created=at,
        modified=at,
    )
    record_event(grant, former="", to=GrantStatus.ACTIVE, actor=Actor.CLIENT, at=at)
    return grant


def _find(client: Client, scope: str, details: list[dict[str, Any]]) -> Grant | None:
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_FIND, [client.pk, scope, dumps(details).decode()])
        row = cursor.fetchone()
    return None if row is None else Grant.from_db("default", [field.attname for field in _FIELDS], row)
