"""Token, introspection and revocation (RFC 6749, 7662, 7009)."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from consent.oauth.endpoint import from_oauthlib, program_endpoint
from consent.oauth.incoming import credentials
from consent.oauth.server import PortalServer

_server = PortalServer()


@program_endpoint()
@transaction.atomic  # what a second use ends stays ended, though the answer is an error
def token(request: HttpRequest, sent: dict[str, str]) -> HttpResponse:
    """Exchange a code or a refresh token for tokens of its grant."""
    return from_oauthlib(*_server.create_token_response(request.path, "POST", sent, credentials(request)))


@program_endpoint()
def introspect(request: HttpRequest, sent: dict[str, str]) -> HttpResponse:
    """Say what the caller's own token opens."""
    return from_oauthlib(
        *_server.create_introspect_response(request.path, "POST", sent, credentials(request))
    )


@program_endpoint()
def revoke(request: HttpRequest, sent: dict[str, str]) -> HttpResponse:
    """End the caller's own token; the grant stays, which only the customer gives and takes."""
    return from_oauthlib(
        *_server.create_revocation_response(request.path, "POST", sent, credentials(request))
    )
