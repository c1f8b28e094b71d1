"""How often one client may call one endpoint from one address: enough for any real use, too little to guess."""

import base64
import binascii
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from consent.api.gated import remote_address
from consent.oauth.checksums import checksum

_MINUTE = 60


def seconds_to_wait(request: HttpRequest, sent: dict[str, str], *, at: datetime) -> int:
    """0 while the caller is within OAUTH_CALLS_PER_MINUTE, else the seconds until it may call again.

    Counted by the id the caller claims, not yet proven, together with its address: so nobody can use up
    the calls of a client elsewhere.
    """
    minute, second = divmod(int(at.timestamp()), _MINUTE)
    caller = f"{request.path} {remote_address(request)} {_claimed_id(request, sent)} {minute}"
    key = f"oauth-calls-{checksum(caller)}"
    cache.add(key, 0, timeout=2 * _MINUTE)
    try:
        calls = cache.incr(key)
    except ValueError:  # the cache dropped it in between
        return 0
    return 0 if calls <= settings.OAUTH_CALLS_PER_MINUTE else _MINUTE - second


def _claimed_id(request: HttpRequest, sent: dict[str, str]) -> str:
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return sent.get("client_id", "")
    try:
        return base64.b64decode(value).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
