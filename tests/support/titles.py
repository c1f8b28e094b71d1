"""What scopes are called on pages, from their declaration: a new title changes no test."""

from django.utils import translation

from consent.scopes.catalogue import SCOPES


def title_of(scope: str, language: str = "en") -> str:
    with translation.override(language):
        return str(SCOPES[scope].title)
