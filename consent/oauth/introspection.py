"""What a token opens, in the words of RFC 7662, for the client that owns it."""

from datetime import datetime
from typing import Any

from consent.models import AccessToken, Client, Grant, RefreshToken
from consent.oauth.redirects import issuer
from consent.oauth.tokens import access_ends, is_readable, may_issue_tokens
from consent.queries.registration_grants import granted_details


def describe_access_token(token: AccessToken, *, client: Client, at: datetime) -> dict[str, Any] | None:
    """Its claims, or None if it opens nothing at `at` (expired, or its grant is over or suspended)."""
    grant = token.grant
    if grant is None or token.expires <= at or not is_readable(grant, at=at):
        return None
    if token.opens is not None and not is_readable(token.opens, at=at):
        return None
    scopes = [name for name in token.scope.split() if name in grant.scope.split()]
    return {
        **_claims(grant, scopes, client, issued=token.created),
        "token_type": "Bearer",
        "exp": int(token.expires.timestamp()),
    }


def describe_refresh_token(token: RefreshToken, *, client: Client, at: datetime) -> dict[str, Any] | None:
    """Its claims, or None if it was used, revoked, or its grant gives no tokens any more."""
    grant = token.grant
    if grant is None or token.rotated or token.revoked or not may_issue_tokens(grant, at=at):
        return None
    end = {"exp": int(grant.access_ends.timestamp())} if grant.access_ends else {}
    return {
        **_claims(grant, grant.scope.split(), client, issued=token.created),
        "token_type": "refresh_token",
        **end,
    }


def _claims(grant: Grant, scopes: list[str], client: Client, *, issued: datetime) -> dict[str, Any]:
    return {
        "scope": " ".join(scopes),
        "client_id": client.client_id,
        "iat": int(issued.timestamp()),
        "iss": issuer(),
        "authorization_details": granted_details(grant, scopes, client=client),
        "grant_id": grant.public_id,
        "access_ends": access_ends(grant),
    }
