"""How often one client may call one endpoint from one address: enough for any real use, too little to guess."""

import base64
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from cdsc_portal.lib.call_limits import seconds_until_allowed
from consent.api.gated import remote_address


def seconds_to_wait(request: HttpRequest, sent: dict[str, str], *, at: datetime) -> int:
    """0 while the caller is within OAUTH_CALLS_PER_MINUTE, else the seconds until it may call again.

    Counted by the id the caller claims, not yet proven, together with its address: so nobody can use up
    the calls of a client elsewhere.
    """
    endpoint = request.path.rstrip("/")  # it answers with and without
    caller = f"oauth {endpoint} {remote_address(request)} {_claimed_id(request, sent)}"
    return seconds_until_allowed(caller, limit=settings.OAUTH_CALLS_PER_MINUTE, at=at)


def _claimed_id(request: HttpRequest, sent: dict[str, str]) -> str:
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return sent.get("client_id", "")
    try:
        return base64.b64decode(value).partition(b":")[0].decode()
    except ValueError:  # no base64, not ASCII, not UTF-8
        return ""
