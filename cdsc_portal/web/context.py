"""What every page's template may use."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.sign_in.sessions import login_ends
from cdsc_portal.lib.http.themes import chosen_theme
from consent.pages.developer.contact_login import is_contact_alone, logged_in_as_contact

# (address, label, icon), in portal order; only those that exist are shown
_PAGES: tuple[tuple[str, Promise, str], ...] = (
    ("/my/", _("Home"), "home"),
    ("/my/usage/", _("Usage"), "usage"),
    ("/my/bills/", _("Bills"), "bills"),
    ("/my/sharing/", pgettext_lazy("menu", "Sharing"), "sharing"),
    ("/my/accounts/", _("Accounts"), "accounts"),
)
_MORE: tuple[tuple[str, Promise, str], ...] = (
    ("/my/downloads/", _("Downloads"), "downloads"),
    ("/my/mix/", _("Energy sources"), "mix"),
    ("/my/people/", _("People"), "people"),
    ("/help/", _("Help"), "help"),
)
_DEVELOPER = ("/developer/", _("For developers"), "developer")
_OF_CONTACTS: tuple[tuple[str, Promise, str], ...] = (
    _DEVELOPER,
    ("/my/settings/", _("Settings"), "person"),
    ("/help/", _("Help"), "help"),
)
_OF_VISITORS: tuple[tuple[str, Promise, str], ...] = (("/help/", _("Help"), "help"),)
# pages that stand under one of the menu though their address does not
_UNDER = {
    "/my/activity/": "/my/sharing/",
    "/my/portfolio/": "/my/usage/",
    "/my/contracts/": "/my/accounts/",
    "/my/meters/": "/my/accounts/",
    "/my/names/": "/my/accounts/",
}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the site menu; `icon` is the path of its template."""

    url: str
    label: Promise
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The site menu: what always stands there, and what opens from More."""

    pages: list[Link]
    more: list[Link]

    @property
    def is_in_more(self) -> bool:
        return any(link.is_current for link in self.more)


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


def _menu(request: HttpRequest) -> Navigation:
    """The customer's pages for those who are logged in, a third party's for its contacts, help for all."""
    prefix = get_script_prefix().rstrip("/")  # of a support session; else nothing
    path = request.path_info
    path = next((above for below, above in _UNDER.items() if path.startswith(below)), path)

    def links(pages: tuple[tuple[str, Promise, str], ...]) -> list[Link]:
        return [
            Link(
                f"{prefix}{url}",
                label,
                f"components/icons/pages/{icon}.svg",
                path == url or (url != "/my/" and path.startswith(url)),
            )
            for url, label, icon in pages
            if _exists(url)
        ]

    if not request.user.is_authenticated:
        return Navigation(links(_OF_VISITORS), [])
    if prefix or not logged_in_as_contact(request):
        return Navigation(links(_PAGES), links(_MORE))
    if is_contact_alone(request):
        return Navigation(links(_OF_CONTACTS), [])
    return Navigation(links(_PAGES), links((_DEVELOPER, *_MORE)))


@cache
def _exists(url: str) -> bool:
    try:
        resolve(url)
    except Resolver404:
        return False
    return True
