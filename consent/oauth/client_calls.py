"""Who calls where no grant is needed: a registered client that proves who it is."""

from django.http import HttpRequest
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from consent.models import Client, ClientStatus
from consent.oauth.incoming import credentials
from consent.oauth.server import PortalServer

_server = PortalServer()
_SERVING = (ClientStatus.PRODUCTION, ClientStatus.SANDBOX)


def calling_client(request: HttpRequest) -> Client | None:
    """The client whose id and secret are in the Authorization header (HTTP Basic); None for every other.

    A public client has no secret to prove itself with; a suspended one reads nothing, as at the gate.
    """
    try:
        client = _server.authenticated_client({}, credentials(request))
    except OAuth2Error:
        return None
    proven = client.client_type == Client.CLIENT_CONFIDENTIAL and client.status in _SERVING
    return client if proven else None
