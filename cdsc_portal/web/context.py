"""What every page's template may use."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.sign_in.sessions import login_ends
from cdsc_portal.lib.http.themes import chosen_theme

# (address, label), in the order people meet them; only those that exist are shown
_CUSTOMER_PAGES: tuple[tuple[str, Promise], ...] = (
    ("/my/", _("Home")),
    ("/my/usage/", _("Usage")),
    ("/my/bills/", _("Bills")),
    ("/my/mix/", _("Energy sources")),
    ("/my/sharing/", _("Sharing")),
    ("/my/people/", _("People")),
)
_PUBLIC_PAGES: tuple[tuple[str, Promise], ...] = (("/help/", _("Help")),)


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the site menu."""

    url: str
    label: Promise
    is_current: bool


def utility(request: HttpRequest) -> dict[str, object]:
    """The utility's name, where its customers find help (at its own site, or here), the look, the login's two ends.

    `read_only` in a support session: templates leave out or disable what would change something.
    """
    idle, left = login_ends(request.session) if hasattr(request, "session") else (0, 0)
    return {
        "utility_name": settings.UTILITY_NAME,
        "support_url": settings.SUPPORT_URL,
        "terms_url": settings.TERMS_URL,
        "privacy_url": settings.PRIVACY_URL,
        "support_is_elsewhere": f"{settings.PUBLIC_URL}/help/" != settings.SUPPORT_URL,
        "customer_home": "/my/" if _exists("/my/") else "",
        "read_only": hasattr(request, "support_session"),
        "theme": chosen_theme(request.COOKIES),
        "session_idle_seconds": idle,
        "session_left_seconds": left,
    }


def navigation(request: HttpRequest) -> dict[str, object]:
    """The site menu, computed only where a page shows it: error pages must not need the database."""
    return {"navigation": SimpleLazyObject(lambda: _menu(request))}


def _menu(request: HttpRequest) -> list[Link]:
    """The customer's pages for those who are logged in, help for all."""
    pages = _PUBLIC_PAGES
    if request.user.is_authenticated:
        pages = _CUSTOMER_PAGES + _PUBLIC_PAGES
    prefix = get_script_prefix().rstrip("/")  # of a support session; else nothing
    path = request.path_info
    return [
        Link(f"{prefix}{url}", label, path == url or (url != "/my/" and path.startswith(url)))
        for url, label in pages
        if _exists(url)
    ]


@cache
def _exists(url: str) -> bool:
    try:
        resolve(url)
    except Resolver404:
        return False
    return True
