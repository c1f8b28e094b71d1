"""The validator that oauthlib calls at the token, revocation and introspection endpoints.

Clients are authenticated before (`callers`); codes and tokens are ours, since each belongs to a grant. oauthlib
passes state from one call to the next on its request: we add `grant`, `token_family` and `authorization_code`
there.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, ClientStatus, Grant, RefreshToken
from consent.oauth import tokens
from consent.oauth.callers import Caller
from consent.oauth.grant_admin import administered, details_types, is_grant_admin, refused_details
from consent.oauth.introspection import describe_access_token, describe_refresh_token
from consent.queries.issued_tokens import access_tokens, refresh_tokens
from consent.queries.registration_grants import granted_details
from consent.requests import InvalidDetails
from consent.requests.details_json import read_entries
from consent.services.third_parties.own_grants import own_grant


class PortalValidator(OAuth2Validator):
    """Codes once, refresh tokens rotated, everything bound to its client and its grant."""

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.caller = caller
        self.opens: Grant | None = None  # of a Grant Admin's token: the grant of another object

    def client_authentication_required(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        return True

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """The endpoint has authenticated the client before."""
        request.client = self.caller.client
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """A suspended client gets no tokens; it may still revoke."""
        if client.status == ClientStatus.SUSPENDED:
            return False
        return grant_type in client.grant_types

    def get_default_scopes(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        """Of a client's own token: its only scope, where it has but one; of a Grant Admin's the one of its details."""
        if details := getattr(request, "authorization_details", None):
            return details_types(details, request)
        return request.client.allowed_scopes if len(request.client.allowed_scopes) == 1 else []

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Of a client's own token: those it is registered for. Makes the grant at the first request (R-63).

        A Grant Admin's token names one grant of another object (R-33).
        """
        wanted, at = sorted(set(scopes)), clock.now()
        if not wanted or not set(wanted) <= set(client.allowed_scopes):
            return False
        details: list[dict[str, str]] = []
        if any(is_grant_admin(name) for name in wanted):
            details, self.opens = administered(request, client, wanted, at=at)
        elif getattr(request, "authorization_details", None):
            raise refused_details("This scope takes no authorization_details.", request)
        request.grant = own_grant(
            client=client, scope=" ".join(wanted), details=details, opens=self.opens, at=at
        )
        request.token_family = uuid.uuid4()
        request.scopes = wanted
        return True

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether `code` is this client's, fresh, unused and the first of its approval to come.

        A double click has two codes, of which one gives tokens. A second use ends them all (X-03).
        """
        digest, at = checksum(code), clock.now()
        grant = tokens.locked_grant_of_code(digest, client)
        if grant is None:
            return False
        codes = list(grant.codes.all())
        presented = next(stored for stored in codes if stored.code == digest)
        alike = [each for each in codes if each.consent_request_id == presented.consent_request_id]
        if presented.spent:
            tokens.end_tokens_of(grant, at=at)
            return False
        if (
            presented.expires <= at
            or any(stored.spent for stored in alike)  # two after a double click
            or not tokens.may_issue_tokens(grant, at=at)
        ):
            return False
        request.authorization_code = presented
        request.grant, request.token_family = grant, presented.token_family
        request.scopes = grant.scope.split()
        _require_as_granted(request)
        return True

    def get_code_challenge(self, code: str, request: Request) -> str:
        return request.authorization_code.code_challenge

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return request.authorization_code.code_challenge_method

    def get_default_redirect_uri(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> str:
        """The code's own, where the request named none either (RFC 6749 4.1.3)."""
        if request.authorization_code.redirect_uri_sent:
            raise errors.InvalidRequestError(
                "redirect_uri is missing: the request named one.", request=request
            )
        return request.authorization_code.redirect_uri

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, *args: Any, **kwargs: Any
    ) -> bool:
        """The very text of the request (X-01)."""
        request = args[0] if args else kwargs["request"]
        if redirect_uri != request.authorization_code.redirect_uri:
            raise errors.InvalidGrantError("redirect_uri differs from the request's.", request=request)
        return True

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Mark it spent; the row stays, to notice a second use."""
        request.authorization_code.spent = clock.now()
        request.authorization_code.save(update_fields=["spent"])

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether it may be exchanged: this client's, unused or retried at once, its grant giving tokens.

        Any other reuse, and use of a token that a retry replaced, ends the token family, never the grant (X-04).
        """
        digest, at = checksum(refresh_token), clock.now()
        grant = tokens.locked_grant_of_refresh_token(digest, client)
        if grant is None:
            return False
        presented = grant.refresh_tokens.get(token_checksum=digest)
        if presented.revoked or (presented.rotated and not _is_retry(presented, client=client, at=at)):
            tokens.end_family(presented.token_family, at=at)
            return False
        if not tokens.may_issue_tokens(grant, at=at):
            return False
        request.refresh_token_instance = presented
        request.grant, request.token_family = grant, presented.token_family
        _require_as_granted(request)
        return True

    def get_original_scopes(
        self, refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What a refresh may ask for at most: the grant as it stands."""
        return request.grant.scope.split()

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        at = clock.now()
        if request.grant_type == "refresh_token":
            exchanged = request.refresh_token_instance
            if exchanged.rotated:
                tokens.end_lost_pair(exchanged, at=at)
            else:
                exchanged.rotated = at
                exchanged.save(update_fields=["rotated"])
        tokens.store_tokens(
            grant=request.grant,
            family=request.token_family,
            scope=token["scope"],
            access=token["access_token"],
            refresh=token.get("refresh_token"),
            expires=at + timedelta(seconds=token["expires_in"]),
            credential=self.caller.credential,
            opens=self.opens,
            at=at,
        )

    @transaction.atomic
    def revoke_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """End a refresh token with its family, or one access token; nothing of other clients (X-12).

        An access token goes alone: its client keeps the refresh token; only the customer could give another.
        """
        digest = checksum(token)
        AccessToken.objects.filter(token_checksum=digest, application=request.client).delete()
        grant = tokens.locked_grant_of_refresh_token(digest, request.client)
        if grant is not None:
            tokens.end_family(grant.refresh_tokens.get(token_checksum=digest).token_family, at=clock.now())

    def introspect_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """What the asking client's own token opens now; None for every other (X-13)."""
        at = clock.now()
        if request.client.status == ClientStatus.SUSPENDED:
            return None
        client, digest = request.client, checksum(token)
        for access_token in access_tokens(digest=digest, client=client):
            return describe_access_token(access_token, client=client, at=at)
        for refresh_token in refresh_tokens(digest=digest, client=client):
            return describe_refresh_token(refresh_token, client=client, at=at)
        return None


def _is_retry(token: RefreshToken, *, client: Client, at: datetime) -> bool:
    """Sent again at once, by a client whose answer got lost. A public client cannot prove that it is the same one."""
    if token.rotated is None or client.client_type == Client.CLIENT_PUBLIC:
        return False
    return at - token.rotated <= tokens.RETRY_WINDOW and not tokens.is_later_generation_used(token)


def _require_as_granted(request: Request) -> None:
    """A token request may repeat the details as granted, not name others (RFC 9396 6, X-10)."""
    details = getattr(request, "authorization_details", None)
    if details is None:
        return
    try:
        granted = granted_details(request.grant, request.grant.scope.split(), client=request.client)
        same = read_entries(details) == granted
    except InvalidDetails:
        same = False
    if not same:
        raise refused_details(
            "authorization_details differ from those granted; leave them out or send them as granted.",
            request,
        )
