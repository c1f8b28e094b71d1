"""What a third party finds at the well-known address (RFC 8414, CDS-WG1-02 section 2)."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import override

from cdsc_portal.lib.json.encoder import dumps
from consent.api.cds import endpoints
from consent.api.cds.calls import AdminCall, admin_endpoint
from consent.api.cds.clients import own_object
from consent.api.cds.documents import json_answer, tag_of, tagged
from consent.api.cds.public import public_document
from consent.models import Client
from consent.oauth.redirects import issuer
from consent.oauth.registration_fields import registration_field
from consent.oauth.scope_descriptions import scope_description
from consent.queries.scope_offers import (
    PUBLISHED_VERSION,
    OfferedScope,
    offered_now,
    registration_fields,
)

_CLIENT_AUTHENTICATION = ["client_secret_basic", "client_secret_post"]
_KEPT_DOCUMENTS = 8  # of other settings or versions; a process serves one at a time
# of these lists the document's own holds what any scope has
_UNITED = (
    "response_types_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
    "authorization_details_types_supported",
)


@public_document(version=PUBLISHED_VERSION)
def metadata(request: HttpRequest, version: str) -> HttpResponse:
    """The server's addresses and what it offers; only what works is announced (R-05, X-05, X-06). No query but the
    count of calls where nothing changed.
    """
    settings_of_it = (issuer(), settings.UTILITY_ROLE, settings.SERVER_PREFIX)
    content, etag = _document(version, *settings_of_it)
    return tagged(content, content_type="application/json", etag=etag)


def get_client_oauth_metadata(call: AdminCall, client_id: str) -> HttpResponse:
    """The document with what one object may ask for: what staff limited or closed for it alone (R-80, M-39)."""
    return json_answer(authorization_server_metadata(client=own_object(call, client_id)))


client_oauth_metadata = admin_endpoint(get=get_client_oauth_metadata)


@lru_cache(maxsize=_KEPT_DOCUMENTS)
def _document(version: str, *_settings: str) -> tuple[bytes, str]:
    content = dumps(authorization_server_metadata())
    return content, tag_of(content)


def authorization_server_metadata(*, client: Client | None = None) -> dict[str, Any]:
    """The members of the document, in English: what anybody may ask for, or `client`. Five queries."""
    with override("en"):
        offers = offered_now(role=settings.UTILITY_ROLE, client=client)
        listed = {offer.id for offer in offers}
        descriptions = {offer.id: scope_description(offer, listed=listed) for offer in offers}
        fields = _registration_fields(offers)
    scopes = [*descriptions, *_aliases(offers)]
    united = {name: _union(description[name] for description in descriptions.values()) for name in _UNITED}
    united["authorization_details_types_supported"] += _aliases(offers)
    return {
        **server_addresses(),
        "scopes_supported": scopes,
        **united,
        "response_modes_supported": ["query"],
        "revocation_endpoint_auth_methods_supported": [*_CLIENT_AUTHENTICATION, "none"],
        "introspection_endpoint_auth_methods_supported": _CLIENT_AUTHENTICATION,
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "service_documentation": _address("docs"),
        "op_policy_uri": _address("docs_policy"),
        "op_tos_uri": _address("docs_terms"),
        "ui_locales_supported": [code for code, _name in settings.LANGUAGES],
        "cds_oauth_version": "v1",
        "cds_human_registration": _address("developer_register"),
        "cds_test_accounts": _address("docs_test_accounts"),
        "cds_timezone": settings.UTILITY_TIME_ZONE,
        **{endpoint.member: endpoint.url() for endpoint in endpoints.announced()},
        "cds_scope_descriptions": descriptions,
        "cds_registration_fields": fields,
    }


def server_addresses() -> dict[str, str]:
    """The issuer and the endpoints of RFC 8414."""
    return {
        "issuer": issuer(),
        "authorization_endpoint": _address("oauth_authorize"),
        "token_endpoint": _address("oauth_token"),
        "pushed_authorization_request_endpoint": _address("oauth_par"),
        "introspection_endpoint": _address("oauth_introspect"),
        "revocation_endpoint": _address("oauth_revoke"),
    }


def _registration_fields(offers: Sequence[OfferedScope]) -> dict[str, Any]:
    """By id each that an offer names (R-20, R-22, B-12)."""
    optional = {name for offer in offers for name in offer.registration_optional}
    required = {name for offer in offers for name in offer.registration_requirements}
    return {
        field.field_id: registration_field(field, is_optional=field.field_id in optional)
        for field in registration_fields(optional | required)
    }


def _aliases(offers: Sequence[OfferedScope]) -> list[str]:
    """Names that requests may use too; they have no description, and nobody registers them (R-07)."""
    return [alias for offer in offers if offer.id == offer.kind.first_id for alias in _other_names(offer)]


def _other_names(offer: OfferedScope) -> tuple[str, ...]:
    return offer.kind.scope.aliases if offer.kind.scope else ()


def _union(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(value for values in lists for value in values))


def _address(route: str) -> str:
    return issuer() + reverse(route)
