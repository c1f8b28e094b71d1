"""The mark of views whose answers show a secret: they leave uncompressed (cdsc_portal/compression.py)."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from django.urls import URLPattern, URLResolver

_View = TypeVar("_View", bound=Callable[..., Any])


def shows_secret(view: _View) -> _View:
    """Mark a view that shows a secret: a key, a code, or who logs in how."""
    view.is_secret_page = True  # type: ignore[attr-defined]
    return view


def all_show_secrets(
    patterns: Iterable[URLPattern | URLResolver],
) -> list[URLPattern | URLResolver]:
    """Mark each view of `patterns`, those of a library too."""
    marked = list(patterns)
    for pattern in marked:
        if isinstance(pattern, URLResolver):
            all_show_secrets(pattern.url_patterns)
        else:
            pattern.callback = shows_secret(_wrap(pattern.callback))
    return marked


def _wrap(view: Callable[..., Any]) -> Callable[..., Any]:
    """A function around `view`, since a method takes no mark."""

    @wraps(view)
    def call(*args: object, **kwargs: object) -> Any:  # noqa: ANN401 - whatever the view answers
        return view(*args, **kwargs)

    return call


def is_secret_page(view: Callable[..., Any]) -> bool:
    """Whether `view` is marked; decorators put around it later keep the mark."""
    return getattr(view, "is_secret_page", False)
