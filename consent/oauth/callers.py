"""Authenticate the client that calls an endpoint for programs, by one method only (RFC 6749 sections 2.3 and 3.2.1)."""

import base64
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus

from django.http import HttpRequest
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError, OAuth2Error

from consent.models import Client, ClientStatus, Credential
from consent.oauth.rate_limit import count_claimed_call, count_failure, count_proven_call, count_slow_check
from consent.queries.credentials import KnownClient, known_client
from consent.services.credentials import seal_used_secret, upgrade_credential


@dataclass(frozen=True, slots=True)
class Caller:
    """A client, and the credential that proved it; a public client has none."""

    client: Client
    credential: Credential | None


def authenticated_caller(request: HttpRequest, sent: dict[str, str], *, at: datetime) -> Caller:
    """The caller by its header (HTTP Basic) or its body. Outside a transaction: its calls and failures are counted.

    Failed guesses of others never delay a right secret. A disabled client counts as unknown.
    Raises InvalidRequestError: two ways in one call; InvalidClientError; TooManyCalls.
    """
    client_id, secret = _sent_credentials(request, sent)
    known = known_client(client_id)
    if known is not None and known.client.status == ClientStatus.DISABLED:
        known = None
    if known is not None and known.client.client_type == Client.CLIENT_PUBLIC and secret is None:
        count_claimed_call(request, client_id, at=at)
        return Caller(known.client, None)
    credential = known.proven_by(secret, at=at) if known and secret else None
    if credential is None:
        count_failure(request, client_id, at=at)
        credential = _check_slow_hash(request, known, secret, at=at) if known and secret else None
    if known is None or credential is None:
        raise InvalidClientError
    if secret and credential.pk in known.unsealed:
        seal_used_secret(credential=credential, secret=secret)
    count_proven_call(request, known.client, at=at)
    return Caller(known.client, credential)


def _check_slow_hash(
    request: HttpRequest, known: KnownClient, secret: str, *, at: datetime
) -> Credential | None:
    """The credential of a secret that only a slow hash can check. Raises TooManyCalls."""
    if known.slow_hash(at=at) is None:
        return None
    count_slow_check(request, at=at)
    return upgrade_credential(known=known, secret=secret, at=at)


def _sent_credentials(request: HttpRequest, sent: dict[str, str]) -> tuple[str, str | None]:
    """The id that the call names, and its secret. Raises InvalidRequestError: two ways, two clients."""
    header = request.headers.get("Authorization", "")
    is_basic = header.partition(" ")[0].lower() == "basic"
    methods = [is_basic, "client_secret" in sent, "client_assertion" in sent]
    if sum(methods) > 1:
        raise InvalidRequestError("More than one way of authenticating; use one (RFC 6749 section 2.3).")
    if not is_basic:
        return sent.get("client_id", ""), sent.get("client_secret")
    client_id, secret = _basic(header)
    if sent.get("client_id", client_id) != client_id:
        raise InvalidRequestError("client_id is not the client of the Authorization header.")
    return client_id, secret


def _basic(header: str) -> tuple[str, str]:
    """Id and secret, each form-encoded before the two were joined. Raises InvalidClientError: neither can be read."""
    try:
        pair = base64.b64decode(header.partition(" ")[2].strip(), validate=True).decode()
    except ValueError as error:  # no base64, not of ASCII letters, or no UTF-8 inside
        raise InvalidClientError from error
    client_id, _colon, secret = pair.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def calling_client(request: HttpRequest, *, at: datetime) -> Client | None:
    """The client whose id and secret are in the Authorization header (HTTP Basic), for calls that need no grant.

    None for every other; a suspended one reads nothing, as at the gate. Raises TooManyCalls.
    """
    try:
        client = authenticated_caller(request, {}, at=at).client
    except OAuth2Error:
        return None
    return client if client.status in (ClientStatus.PRODUCTION, ClientStatus.SANDBOX) else None
