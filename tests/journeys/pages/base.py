"""What a page of the map is to its test, and the steps that pages share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from tests.factories.accounts import PASSWORD


@dataclass(frozen=True, slots=True)
class MapPage:
    """One page in one situation.

    `world` makes what the page shows and gives it to `open`, which brings the page on the screen in whatever
    language the browser has: it finds things by address, name or role, never by words.
    """

    name: str  # of its pictures, lower case with hyphens
    world: Callable[[], Any]
    open: Callable[[Page, Any], None]
    heading: dict[str, str]  # the h1, by language: "en" and "es"
    shows: tuple[str, ...] = ()  # selectors of what must be visible besides
    by_get: bool = True  # False where the page is the answer to a form, which nobody loads again
    is_admin: bool = False  # the theme of Django admin: no serious fault, no limits of weight


def nothing() -> None:
    """The world of a page that shows nobody's data."""


def at(path: str) -> Callable[[Page, Any], None]:
    """Open a public page."""

    def open_page(page: Page, _world: object) -> None:
        page.goto(path)

    return open_page


def logged_in(page: Page, email: str, path: str) -> None:
    """Go to a page as somebody who logged in before."""
    visitor = Client()
    visitor.force_login(User.objects.get(email=email))
    session = visitor.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies(
        [{"name": session.key, "value": session.value, "domain": "localhost", "path": session["path"]}]
    )
    page.goto(path)


def log_in(page: Page, email: str, path: str) -> None:
    """Go to a page that needs a login, and log in on the way, in any language."""
    page.goto(path)
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    with page.expect_navigation():
        page.locator("input[name=password]").press("Enter")
