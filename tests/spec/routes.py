"""Every address the server answers, as the URL configuration has them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True)
class Route:
    """`path` with 1 for what is variable; `arguments` are the names of that, in order."""

    path: str
    name: str
    view: object
    arguments: tuple[str, ...]


def routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for pattern in patterns:
        path = before + re.sub(r"<[^>]+>", "1", re.sub(r"\(\?P<[^)]+\)", "1", str(pattern.pattern)))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            address = "/" + path.strip("^$").replace("/^", "/")
            arguments = tuple(pattern.pattern.regex.groupindex)
            yield Route(address, pattern.name or "", pattern.callback, arguments)
