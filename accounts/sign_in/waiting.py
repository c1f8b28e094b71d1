"""The page that waits for a login, and the way out of it (F-36, F-37).

It travels as `next`; where a step comes from a mail or another page, the browser's session still knows it.
"""

from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.utils import get_request_param
from django.http import HttpRequest
from django.urls import Resolver404, resolve

REQUESTS = "/oauth/authorize/"
_KEY = "waiting_page"


def waiting_page(request: HttpRequest) -> str:
    """The local address that follows the login; empty for none."""
    target = get_request_param(request, "next") or ""
    if target and get_adapter(request).is_safe_url(target):
        return str(target)
    return str(request.session.get(_KEY, ""))


def keep_waiting_page(request: HttpRequest) -> None:
    """Remember a waiting request in this browser, so that a link in a mail leads back to it too."""
    target = waiting_page(request)
    if target.startswith(REQUESTS) and request.session.get(_KEY) != target:
        request.session[_KEY] = target


def take_waiting_page(request: HttpRequest) -> str:
    """What `keep_waiting_page` remembered, once."""
    return str(request.session.pop(_KEY, ""))


def ways(waiting: str) -> dict[str, object]:
    """What every page on the way to a login shows: whether a company waits, and where to leave."""
    return {
        "waiting": waiting,
        "is_for_request": waiting.startswith(REQUESTS),
        "cancel_url": cancel_url(waiting),
    }


def cancel_url(waiting: str) -> str:
    """Where to leave a page that waits for a login; "" if it has no such place.

    That is `cancel/` below the page, with its query, when the address there has a name that ends in `_cancel`.
    """
    parts = urlsplit(waiting)
    path = f"{parts.path}cancel/"
    try:
        name = resolve(path).url_name or ""
    except Resolver404:
        return ""
    if not name.endswith("_cancel"):
        return ""
    return f"{path}?{parts.query}" if parts.query else path
