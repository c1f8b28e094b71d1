"""Token, introspection and revocation (RFC 6749, 7662, 7009)."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from cdsc_portal.lib.time import clock
from consent.oauth.callers import Caller
from consent.oauth.endpoint import FROM_PAGES, from_oauthlib, program_endpoint
from consent.oauth.server import PortalServer
from consent.services.credentials import hold_credential


@FROM_PAGES
@program_endpoint("grant_type")
@transaction.atomic  # what a second use ends stays ended, though the answer is an error
def token(request: HttpRequest, sent: dict[str, str], caller: Caller) -> HttpResponse:
    """Exchange a code or a refresh token for tokens of its grant."""
    if caller.credential and not hold_credential(caller.credential, at=clock.now()):
        raise InvalidClientError
    return from_oauthlib(*PortalServer(caller).create_token_response(request.path, "POST", sent))


@program_endpoint("token")
def introspect(request: HttpRequest, sent: dict[str, str], caller: Caller) -> HttpResponse:
    """Say what the caller's own token opens."""
    return from_oauthlib(*PortalServer(caller).create_introspect_response(request.path, "POST", sent))


@FROM_PAGES
@program_endpoint("token")
def revoke(request: HttpRequest, sent: dict[str, str], caller: Caller) -> HttpResponse:
    """End the caller's own token; the grant stays, which only the customer gives and takes."""
    return from_oauthlib(*PortalServer(caller).create_revocation_response(request.path, "POST", sent))
