"""The tokens of a grant: made in pairs, ended by family or with the grant."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import (
    AccessToken,
    AuthorizationCode,
    Client,
    Credential,
    Grant,
    RefreshToken,
)
from consent.transitions import OPEN, READABLE, GrantStatus

TOKEN_LIFETIME = timedelta(hours=1)
RETRY_WINDOW = timedelta(seconds=30)  # a client notices a lost response at once
# SQL as constants, as in the gate: to build them with the ORM for each call costs more than to run them.
_GRANT_OF_CODE = """
    SELECT issued.* FROM consent_grant issued JOIN consent_authorizationcode code ON code.grant_id = issued.id
    WHERE code.code = %s AND code.application_id = %s FOR NO KEY UPDATE OF issued
"""
_GRANT_OF_REFRESHING = """
    SELECT issued.* FROM consent_grant issued JOIN consent_refreshtoken token ON token.grant_id = issued.id
    WHERE token.token_checksum = %s AND token.application_id = %s FOR NO KEY UPDATE OF issued
"""
_STORE = """
    WITH access AS (
        INSERT INTO consent_accesstoken (
            user_id, application_id, grant_id, credential_id, opens_id, token_family, created, updated, resource,
            token, scope, expires, token_checksum
        ) VALUES (
            %(user)s, %(client)s, %(grant)s, %(credential)s, %(opens)s, %(family)s, %(at)s, %(at)s, '[]',
            '', %(scope)s, %(expires)s, %(access)s
        ) RETURNING id
    )
    INSERT INTO consent_refreshtoken (
        user_id, application_id, grant_id, credential_id, token_family, created, updated, resource, token,
        access_token_id, token_checksum
    ) SELECT
        %(user)s::bigint, %(client)s::bigint, %(grant)s::bigint, %(credential)s::bigint, %(family)s::uuid,
        %(at)s::timestamptz, %(at)s::timestamptz, '[]', '',
        id, %(refresh)s::text
    FROM access WHERE %(refresh)s::text IS NOT NULL
"""
_GIVES_TOKENS = OPEN - {GrantStatus.SUSPENDED}


def locked_grant_of_code(digest: str, client: Client) -> Grant | None:
    """The grant of a code of `client`, locked until the transaction ends: calls for one grant run in turn.

    Read the code afterwards: a transaction that had the lock may have changed it.
    """
    return next(iter(Grant.objects.raw(_GRANT_OF_CODE, [digest, client.pk])), None)


def locked_grant_of_refresh_token(digest: str, client: Client) -> Grant | None:
    """The same of a refresh token."""
    return next(iter(Grant.objects.raw(_GRANT_OF_REFRESHING, [digest, client.pk])), None)


def access_ends(grant: Grant) -> str | None:
    """The first instant at which the grant opens nothing any more, as RFC 3339 in UTC; None: until it is stopped.

    The details have the period of the data, which may end on another day.
    """
    return grant.access_ends.astimezone(UTC).isoformat().replace("+00:00", "Z") if grant.access_ends else None


def may_issue_tokens(grant: Grant, *, at: datetime) -> bool:
    """Whether tokens may still be made for it: neither ended nor suspended (X-04: it ends them all)."""
    return grant.status in _GIVES_TOKENS and (grant.access_ends is None or grant.access_ends > at)


def is_readable(grant: Grant, *, at: datetime) -> bool:
    """Whether a token of it opens anything at `at`, as the gate decides too."""
    started = grant.not_before is None or grant.not_before <= at
    return grant.status in READABLE and started and (grant.access_ends is None or grant.access_ends > at)


def access_token_lifetime(grant: Grant, *, opens: Grant | None = None, at: datetime) -> int:
    """Seconds an access token made at `at` lives: an hour, or less where the grant ends sooner, or the one it `opens`.

    Without a refresh token it is the only one there will be, so it lives as long as the grant.
    """
    if opens is not None and opens.access_ends is not None:
        return max(1, int(min(TOKEN_LIFETIME, opens.access_ends - at).total_seconds()))
    if grant.access_ends is None:
        return int(TOKEN_LIFETIME.total_seconds())
    left = grant.access_ends - at
    lives = min(TOKEN_LIFETIME, left) if grant.refreshable else left
    return max(1, int(lives.total_seconds()))


def is_later_generation_used(token: RefreshToken) -> bool:
    """Whether a successor of `token` was itself exchanged: then its client did get the answer."""
    successors = RefreshToken.objects.filter(token_family=token.token_family, pk__gt=token.pk)
    return successors.filter(rotated__isnull=False).exists()


def end_lost_pair(token: RefreshToken, *, at: datetime) -> None:
    """End the pair that an earlier exchange of `token` gave, before a retry is given another (X-04).

    So a family has one living refresh token at most, and use of the lost one is seen. Call it under the grant's lock.
    """
    lost = RefreshToken.objects.filter(token_family=token.token_family, pk__gt=token.pk, revoked__isnull=True)
    AccessToken.objects.filter(refresh_token__in=lost).delete()
    lost.update(revoked=at)


def store_tokens(
    *,
    grant: Grant,
    family: uuid.UUID,
    scope: str,
    access: str,
    refresh: str | None,
    expires: datetime,
    credential: Credential | None,
    opens: Grant | None = None,
    at: datetime,
) -> None:
    """Store the checksums of an access token and, for a grant that lasts, of its refresh token (X-18).

    Both name the credential of the call that they answer, so that they can end with it (X-19). `opens` is the other
    grant that a Grant Admin's token is for. One statement.
    """
    values = {
        "user": grant.user_id,
        "client": grant.client_id,
        "grant": grant.pk,
        "credential": credential.pk if credential else None,
        "opens": opens.pk if opens else None,
        "family": family,
        "scope": scope,
        "expires": expires,
        "access": checksum(access),
        "refresh": checksum(refresh) if refresh else None,
        "at": at,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_STORE, values)


def end_family(family: uuid.UUID | None, *, at: datetime) -> None:
    """End all tokens that descend from one code; the grant stays (X-03, X-04)."""
    if family:
        RefreshToken.objects.filter(token_family=family, revoked__isnull=True).update(revoked=at)
        AccessToken.objects.filter(token_family=family).delete()


def end_tokens_of(grant: Grant, *, at: datetime) -> None:
    """End every token and waiting code of a grant that is over, and each Grant Admin's token for it (X-14)."""
    AuthorizationCode.objects.filter(grant=grant, spent__isnull=True).delete()
    RefreshToken.objects.filter(grant=grant, revoked__isnull=True).update(revoked=at)
    AccessToken.objects.filter(Q(grant=grant) | Q(opens=grant)).delete()


def end_tokens_got_by(client: Client, credentials: Collection[Credential], *, at: datetime) -> None:
    """End the tokens of a confidential client that were got with `credentials`, or before tokens named any (X-19)."""
    got = Q(application=client) & (Q(credential__in=credentials) | Q(credential=None))
    RefreshToken.objects.filter(got, revoked__isnull=True).update(revoked=at)
    AccessToken.objects.filter(got).delete()


def end_tokens_of_credentials(credentials: Collection[Credential], *, at: datetime) -> None:
    """End the tokens that were got with these secrets, and no others (R-145)."""
    RefreshToken.objects.filter(credential__in=credentials, revoked__isnull=True).update(revoked=at)
    AccessToken.objects.filter(credential__in=credentials).delete()


def delete_expired(*, at: datetime) -> int:
    """Delete what can open nothing any more; how many rows.

    A spent code and a rotated refresh token stay as long as their grant lives, so that reuse is seen.
    """
    over = Q(grant__access_ends__lte=at) | ~Q(grant__status__in=OPEN)
    expired = (
        AccessToken.objects.filter(Q(expires__lte=at)),
        RefreshToken.objects.filter(over),
        AuthorizationCode.objects.filter(over | Q(spent__isnull=True, expires__lte=at)),
    )
    return sum(rows.delete()[0] for rows in expired)
