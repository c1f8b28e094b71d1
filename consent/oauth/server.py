"""oauthlib's endpoints, set up for what this server offers: codes, refresh tokens, a client's own tokens (X-05)."""

import logging
import secrets
from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.endpoints.introspect import IntrospectEndpoint
from oauthlib.oauth2.rfc6749.endpoints.revocation import RevocationEndpoint
from oauthlib.oauth2.rfc6749.endpoints.token import TokenEndpoint
from oauthlib.oauth2.rfc6749.errors import InvalidClientError
from oauthlib.oauth2.rfc6749.grant_types import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from oauthlib.oauth2.rfc6749.tokens import BearerToken

from cdsc_portal.lib.time import clock
from consent.models import Client
from consent.oauth.callers import Caller
from consent.oauth.tokens import access_ends, access_token_lifetime
from consent.oauth.validator import PortalValidator
from consent.queries.registration_grants import granted_details

# at debug level oauthlib writes refresh tokens into its log
logging.getLogger("oauthlib").setLevel(logging.INFO)


class GrantToken(BearerToken):
    """A bearer token that says what was granted, with a refresh token only where the grant lasts (X-10)."""

    def create_token(self, request: Request, refresh_token: bool = False, **kwargs: Any) -> dict[str, Any]:
        token = super().create_token(request, refresh_token=request.grant.refreshable, **kwargs)
        token["authorization_details"] = granted_details(request.grant, request.scopes, client=request.client)
        token["grant_id"] = request.grant.public_id
        token["cds_grant_ids"] = [request.grant.public_id]
        token["access_ends"] = access_ends(request.grant)
        return token


class PortalServer(TokenEndpoint, IntrospectEndpoint, RevocationEndpoint):
    """The token, introspection and revocation endpoints for one call of `caller`, with one validator behind them."""

    def __init__(self, caller: Caller) -> None:
        validator = PortalValidator(caller)
        token_type = GrantToken(
            validator,
            token_generator=lambda request, refresh_token=False: secrets.token_urlsafe(32),
            expires_in=lambda request: access_token_lifetime(
                request.grant, opens=validator.opens, at=clock.now()
            ),
        )
        TokenEndpoint.__init__(
            self,
            default_grant_type="authorization_code",
            default_token_type=token_type,
            grant_types={
                "authorization_code": AuthorizationCodeGrant(validator),
                "refresh_token": RefreshTokenGrant(validator),
                "client_credentials": ClientCredentialsGrant(validator),
            },
        )
        IntrospectEndpoint.__init__(self, validator)
        RevocationEndpoint.__init__(self, validator)

    def validate_introspect_request(self, request: Request) -> None:
        """Only a client that can prove who it is learns about tokens (X-13)."""
        super().validate_introspect_request(request)
        if request.client.client_type == Client.CLIENT_PUBLIC:
            raise InvalidClientError(request=request)
