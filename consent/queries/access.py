"""From a bearer token to what it opens now: one statement, run on every call."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from cdsc_portal.lib.prepared import prepared_cursor
from cdsc_portal.lib.ranges import Span
from consent.access import AccessPart, DataAccess
from consent.models import ClientStatus
from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import is_offered, scope_named
from consent.transitions import READABLE


def _listed(words: Iterable[str]) -> str:
    """A list in the statement itself: words of ours, known before any call, need not be sent with each."""
    return ", ".join(f"'{word}'" for word in words)


_READABLE = _listed(sorted(READABLE))
_SERVING = _listed([ClientStatus.PRODUCTION.value, ClientStatus.SANDBOX.value])
# FOR SHARE: whoever ends or narrows the grant waits until answers under way are out, and an answer that
# waited for that sees the grant as it became. Chosen contracts, and those that joined later; some twice, maybe.
_STATEMENT = f"""
    SELECT access_token.scope, issued.id, issued.public_id, issued.access_ends, client.id, client.public_id, (
        SELECT json_agg(json_build_array(part.scope, part.window_start, part.window_end, (
            SELECT json_agg(json_build_array(contract.id, contract.commodity))
            FROM (
                SELECT chosen.contract_id AS id FROM consent_selection chosen WHERE chosen.part_id = part.id
                UNION ALL
                SELECT later.id FROM consent_grantpart_future_accounts future
                JOIN accounts_servicecontract later ON later.billing_account_id = future.billingaccount_id
                WHERE future.grantpart_id = part.id
                  AND later.cds_created > COALESCE(part.later_since, issued.created)
            ) opened
            JOIN accounts_servicecontract contract ON contract.id = opened.id
        )) ORDER BY part.position)
        FROM consent_grantpart part
        WHERE part.grant_id = issued.id AND (part.access_ends IS NULL OR part.access_ends > %(at)s)
    )
    FROM consent_accesstoken access_token
    JOIN consent_grant issued ON issued.id = access_token.grant_id
    JOIN consent_client client ON client.id = issued.client_id
    WHERE access_token.token_checksum = %(checksum)s
      AND access_token.application_id = issued.client_id
      AND access_token.expires > %(at)s
      AND issued.status IN ({_READABLE})
      AND (issued.not_before IS NULL OR issued.not_before <= %(at)s)
      AND (issued.access_ends IS NULL OR issued.access_ends > %(at)s)
      AND client.status IN ({_SERVING})
    FOR SHARE OF issued
"""  # noqa: S608 - no part of it is input

_PartRow = tuple[str, str | None, str | None, list[tuple[int, str]] | None]


def data_access(token: str, *, at: datetime) -> DataAccess | None:
    """What `token` opens at `at`, or None: unknown, expired, its grant over, its client suspended.

    One statement; it holds the grant until the transaction ends. Only scopes that the token names and the
    utility offers open anything.
    """
    parameters: dict[str, Any] = {
        "checksum": hashlib.sha256(token.encode()).hexdigest(),
        "at": at,
    }
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STATEMENT, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    scope, grant_id, grant_public_id, ends, client_id, client_public_id, parts = row
    return DataAccess(
        grant_id=grant_id,
        grant_public_id=grant_public_id,
        client_id=client_id,
        client_public_id=client_public_id,
        ends=ends,
        parts=_parts(parts or [], _open_scopes(scope.split())),
    )


def _open_scopes(names: Collection[str]) -> dict[str, Scope]:
    """By id: the scopes among `names`, aliases included, that are known and offered."""
    role, named = settings.UTILITY_ROLE, (scope_named(name) for name in names)
    return {scope.id: scope for scope in named if scope is not None and is_offered(scope, role)}


def _parts(rows: list[_PartRow], scopes: dict[str, Scope]) -> tuple[AccessPart, ...]:
    return tuple(
        AccessPart(
            scope=name,
            resources=frozenset(scopes[name].opens),
            contracts=_covered(scopes[name], contracts or []),
            window=_window(scopes[name], start, end),
        )
        for name, start, end, contracts in rows
        if name in scopes
    )


def _covered(scope: Scope, contracts: list[tuple[int, str]]) -> frozenset[int]:
    covered = scope.commodities
    return frozenset(key for key, commodity in contracts if not covered or commodity in covered)


def _window(scope: Scope, start: str | None, end: str | None) -> Span:
    """A scope that tells the present has no period of data; until when is `access_ends`."""
    if scope.period is Period.NOW:
        return Span()
    return Span(_instant(start), _instant(end))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
