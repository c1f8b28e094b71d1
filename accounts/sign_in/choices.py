"""Language and theme: chosen in a browser, kept for a person, brought along to the next browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.services.choices import keep_language, keep_theme
from cdsc_portal.lib.http.themes import THEME_COOKIE, chosen_theme

_YEAR = 365 * 24 * 60 * 60


def bring_choices(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """What was chosen in this browser becomes the person's; else theirs becomes the browser's."""
    language, theme = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME), chosen_theme(request.COOKIES)
    if language:
        keep_language(user=user, language=language)
    elif user.language != settings.LANGUAGE_CODE:
        set_choice(response, settings.LANGUAGE_COOKIE_NAME, user.language)
    if theme:
        keep_theme(user=user, theme=theme)
    elif user.theme:
        set_choice(response, THEME_COOKIE, user.theme)


def set_choice(response: HttpResponseBase, cookie: str, value: str) -> None:
    """Remember a choice in this browser for a year; an empty one is forgotten."""
    if not value:
        response.delete_cookie(cookie, samesite="Lax")
        return
    response.set_cookie(
        cookie, value, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )
