"""A new secret between the form that made it and the page that shows it: sealed in the browser's own session.

The page is fetched by a redirect, so that a reload makes no secret. The secret is in no address, and deleted once it
was read.
"""

from datetime import timedelta

from django.http import HttpRequest

from cdsc_portal.lib.secrets.sealed import BrokenSealError, seal, unseal
from cdsc_portal.lib.time import clock
from consent.models import Client

_KEY = "new_client_secret"
_PURPOSE = "new client secret"
_FOR = timedelta(minutes=5)


def store_secret(request: HttpRequest, client: Client, secret: str) -> None:
    """For the next page; one that was stored before and not read is deleted."""
    request.session[_KEY] = {
        "client": client.public_id,
        "sealed": seal(secret, purpose=_PURPOSE),
        "until": (clock.now() + _FOR).timestamp(),
    }


def pop_secret(request: HttpRequest, client: Client) -> str:
    """The secret of `client` that was made a moment ago, once; else an empty text."""
    stored = request.session.pop(_KEY, None)
    if stored is None or stored["client"] != client.public_id or stored["until"] <= clock.now().timestamp():
        return ""
    try:
        return unseal(stored["sealed"], purpose=_PURPOSE)
    except BrokenSealError:  # the server's key has changed since
        return ""
