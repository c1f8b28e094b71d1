"""The two OpenAPI documents: of third parties, and of the utility's own programs that send feed files.

What this server does not offer now stands in none: scopes that staff switched off or that the utility's role excludes,
and the open series while MIX_OPEN_TO_CLIENTS is off.
"""

from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from cdsc_portal.lib.json.encoder import dumps
from consent.api.gated import scopes_opening
from consent.queries.scope_offers import available_scopes
from consent.scopes.base import Scope
from datahub.api.founding.operations import TAGS, scopes_of_document
from datahub.api.urls import FEEDS, GATED, OPEN_SERIES

_Document = dict[str, Any]
_INFO = {
    False: (
        "CDSC portal",
        "What a customer's grant opens to a third party. Every answer has one envelope. How to connect: {url}/docs/.",
    ),
    True: ("CDSC portal: feeds", "For the utility's own programs that send files to feeds."),
}
_TAGS = {**TAGS, "feeds": "Files of readings, bills and more."}


def api_document() -> _Document:
    """The document for third parties. One query."""
    return _document(
        False, available_scopes(role=settings.UTILITY_ROLE), settings.MIX_OPEN_TO_CLIENTS, settings.PUBLIC_URL
    )


def feed_document() -> _Document:
    """The document for programs that send feed files. No query."""
    return _document(True, (), False, settings.PUBLIC_URL)


@require_safe
def api_schema(request: HttpRequest) -> HttpResponse:
    return _answer(api_document())


@require_safe
def feed_schema(request: HttpRequest) -> HttpResponse:
    return _answer(feed_document())


def _answer(document: _Document) -> HttpResponse:
    return HttpResponse(dumps(document), content_type="application/vnd.oai.openapi+json")


@lru_cache(maxsize=8)
def _document(feeds: bool, scopes: tuple[Scope, ...], open_mix: bool, public_url: str) -> _Document:
    """Made once for what is offered: it takes a quarter of a second."""
    offered = {scope.id for scope in scopes}
    gated = [
        each
        for each in GATED
        if not offered.isdisjoint(scopes_opening(cast(Any, each.callback).cls.resource))
    ]
    patterns = FEEDS if feeds else [*gated, *(OPEN_SERIES if open_mix else ())]
    token = scopes_of_document.set(scopes)
    try:
        document: _Document = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    finally:
        scopes_of_document.reset(token)
    title, description = _INFO[feeds]
    used = {
        tag
        for methods in document["paths"].values()
        for operation in methods.values()
        for tag in operation["tags"]
    }
    return document | {
        "info": {"title": title, "version": "1", "description": description.format(url=public_url)},
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items() if name in used],
    }
