"""The browsers in which a login was opened before: guesses of strangers do not lock them out.

A signed cookie, set for a year at a right login or by a link that was mailed to the login's address, says so: a random
name of the device and digests of the addresses. It opens nothing. Whoever steals it may guess as often as one device.
"""

import secrets
from dataclasses import replace
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.services.sign_in_locks import Origin
from cdsc_portal.lib.secrets.sealed import digest, digests

COOKIE = "known_device"
_LIFE = 365 * 24 * 60 * 60
_PURPOSE = "known device"
_MOST = 10  # logins of one browser


def origin_of(request: HttpRequest, email: str) -> Origin:
    """Where a try at the login of `email`, or at its mailbox, comes from."""
    cookie = _read(request)
    is_known = not set(cookie["logins"]).isdisjoint(digests(email.strip().lower(), purpose=_PURPOSE))
    return replace(stranger(request), device=cookie["device"] if is_known else "")


def stranger(request: HttpRequest) -> Origin:
    """Where a try comes from at what belongs to no login yet."""
    return Origin(network=truncate_ip(get_adapter(request).get_client_ip(request)))


def remember_device(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """`user` has logged in here, or has read a mail here: this browser is known from now on."""
    cookie, login = _read(request), digest(user.email.lower(), purpose=_PURPOSE)
    logins = [login, *(known for known in cookie["logins"] if known != login)][:_MOST]
    response.set_cookie(
        COOKIE,
        signing.dumps({"device": cookie["device"], "logins": logins}, salt=_PURPOSE),
        max_age=_LIFE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    """What the cookie says; a device of no login where there is none, or it is not ours."""
    try:
        cookie: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_PURPOSE, max_age=_LIFE)
    except signing.BadSignature:
        cookie = {"device": secrets.token_hex(16), "logins": []}
    return cookie
