"""A new secret on its way from the form that made it to the page that shows it: sealed in the browser's own session.

The page is fetched anew, so that a reload makes nothing; the secret is in no address, and gone once it was read.
"""

from datetime import timedelta

from django.http import HttpRequest

from cdsc_portal.lib.secrets.sealed import BrokenSealError, seal, unseal
from cdsc_portal.lib.time import clock
from consent.models import Client

_KEY = "new_client_secret"
_PURPOSE = "new client secret"
_FOR = timedelta(minutes=5)


def keep_secret(request: HttpRequest, client: Client, secret: str) -> None:
    """For the next page; one that was kept before and not read is forgotten."""
    request.session[_KEY] = {
        "client": client.public_id,
        "sealed": seal(secret, purpose=_PURPOSE),
        "until": (clock.now() + _FOR).timestamp(),
    }


def take_secret(request: HttpRequest, client: Client) -> str:
    """The secret of `client` that was made a moment ago, this once; else nothing."""
    kept = request.session.pop(_KEY, None)
    if kept is None or kept["client"] != client.public_id or kept["until"] <= clock.now().timestamp():
        return ""
    try:
        return unseal(kept["sealed"], purpose=_PURPOSE)
    except BrokenSealError:  # the server's key has changed since
        return ""
