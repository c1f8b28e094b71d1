"""From a bearer token to what it opens now: one statement, run on every call."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.queries.relations import BILLING_ACCOUNTS, CONTRACTS, CUSTOMERS
from cdsc_portal.lib.checksums import checksum
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
# Chosen contracts, and those that joined later.
# Parts of which the same was ticked are one row, and their contracts are looked up once: most customers tick the same
# services for all data, and a chain has hundreds. A client in the sandbox reads what test customers have, whatever its
# grants name: it may have been in production before.
_QUERY = f"""
    SELECT access_token.scope, issued.id, issued.public_id, issued.access_ends, client.id, client.public_id, (
        SELECT json_agg(json_build_array(alike.parts, (
            SELECT json_object_agg(opened.commodity, opened.contracts)
            FROM (
                SELECT contract.commodity, array_agg(contract.id) AS contracts
                FROM {CONTRACTS} contract
                WHERE (
                    contract.id = ANY(alike.chosen)
                    OR contract.billing_account_id = ANY(alike.accounts) AND contract.cds_created > alike.later_since
                ) AND (client.status <> '{ClientStatus.SANDBOX.value}' OR EXISTS (
                    SELECT FROM {BILLING_ACCOUNTS} account
                    JOIN {CUSTOMERS} customer ON customer.id = account.customer_id
                    WHERE account.id = contract.billing_account_id AND customer.is_test
                ))
                GROUP BY contract.commodity
            ) opened
        )))
        FROM (
            SELECT json_agg(json_build_array(part.position, part.scope, part.window_start, part.window_end)) AS parts,
                part.chosen, part.accounts, part.later_since
            FROM (
                SELECT part.position, part.scope, part.window_start, part.window_end,
                    COALESCE(part.later_since, issued.created) AS later_since,
                    ARRAY(SELECT contract_id FROM consent_selection WHERE part_id = part.id ORDER BY 1) AS chosen,
                    ARRAY(
                        SELECT billingaccount_id FROM consent_grantpart_future_accounts
                        WHERE grantpart_id = part.id ORDER BY 1
                    ) AS accounts
                FROM consent_grantpart part
                WHERE part.grant_id = issued.id AND (part.access_ends IS NULL OR part.access_ends > %(at)s)
            ) part
            GROUP BY part.chosen, part.accounts, part.later_since
        ) alike
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
"""  # noqa: S608 - no part of it is input

# Whoever ends or narrows the grant waits until answers under way are out, and an answer that waited for that sees the
# grant as it became.
_STATEMENT = f"{_QUERY} FOR SHARE OF issued"

_PartRow = tuple[int, str, str | None, str | None]  # position, scope, window
_Alike = tuple[list[_PartRow], dict[str, list[int]] | None]  # and the contracts that they open, by commodity


def data_access(token: str, *, at: datetime, lock: bool = True) -> DataAccess | None:
    """What `token` opens at `at`, or None: unknown, expired, its grant over, its client suspended.

    One statement. It holds the grant until the transaction ends; without `lock`, for who reads nothing under it, it
    locks and writes nothing. Only scopes that the token names and the
    utility offers open anything.
    """
    parameters: dict[str, Any] = {
        "checksum": checksum(token),
        "at": at,
    }
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STATEMENT if lock else _QUERY, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    scope, grant_id, grant_public_id, ends, client_id, client_public_id, alike = row
    return DataAccess(
        grant_id=grant_id,
        grant_public_id=grant_public_id,
        client_id=client_id,
        client_public_id=client_public_id,
        ends=ends,
        parts=_parts(alike or [], _open_scopes(scope.split())),
    )


def _open_scopes(names: Collection[str]) -> dict[str, Scope]:
    """By id: the scopes among `names`, aliases included, that are known and offered."""
    role, named = settings.UTILITY_ROLE, (scope_named(name) for name in names)
    return {scope.id: scope for scope in named if scope is not None and is_offered(scope, role)}


def _parts(rows: list[_Alike], scopes: dict[str, Scope]) -> tuple[AccessPart, ...]:
    """In the order of their positions."""
    found = [
        (
            position,
            AccessPart(
                scope=name,
                resources=frozenset(scopes[name].opens),
                contracts=_covered(scopes[name], contracts or {}),
                window=_window(scopes[name], start, end),
            ),
        )
        for parts, contracts in rows
        for position, name, start, end in parts
        if name in scopes
    ]
    return tuple(part for _, part in sorted(found, key=lambda one: one[0]))


def _covered(scope: Scope, contracts: dict[str, list[int]]) -> frozenset[int]:
    covered = scope.commodities
    return frozenset().union(
        *(keys for commodity, keys in contracts.items() if not covered or commodity in covered)
    )


def _window(scope: Scope, start: str | None, end: str | None) -> Span:
    """A scope that tells the present has no period of data; until when is `access_ends`."""
    if scope.period is Period.NOW:
        return Span()
    return Span(_instant(start), _instant(end))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
