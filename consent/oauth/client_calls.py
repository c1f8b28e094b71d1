"""Who calls where no grant is needed: a registered client that proves who it is."""

from datetime import datetime

from django.http import HttpRequest
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from consent.models import Client, ClientStatus
from consent.oauth.callers import authenticated_caller

_SERVING = (ClientStatus.PRODUCTION, ClientStatus.SANDBOX)


def calling_client(request: HttpRequest, *, at: datetime) -> Client | None:
    """The client whose id and secret are in the Authorization header (HTTP Basic); None for every other.

    A suspended one reads nothing, as at the gate. Raises TooManyCalls.
    """
    try:
        caller = authenticated_caller(request, {}, at=at)
    except OAuth2Error:
        return None
    return caller.client if caller.client.status in _SERVING else None
