"""What a third party finds at the well-known address (RFC 8414)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from consent.api.cross_origin import CrossOrigin, cross_origin
from consent.oauth.redirects import issuer
from consent.queries.scope_settings import available_scopes

_CLIENT_AUTHENTICATION = ["client_secret_basic", "client_secret_post"]


@cross_origin(CrossOrigin(("GET", "HEAD")))
@require_safe
def metadata(request: HttpRequest) -> JsonResponse:
    """The server's addresses and what it supports; only what works is announced (X-05, X-06)."""
    response = JsonResponse(server_metadata())
    response["Cache-Control"] = "public, max-age=300"
    return response


def server_metadata() -> dict[str, Any]:
    """The members of the document (RFC 8414 section 2)."""
    types = [name for scope in available_scopes() for name in scope.names]
    return {
        "issuer": issuer(),
        "authorization_endpoint": _address("oauth_authorize"),
        "token_endpoint": _address("oauth_token"),
        "pushed_authorization_request_endpoint": _address("oauth_par"),
        "introspection_endpoint": _address("oauth_introspect"),
        "revocation_endpoint": _address("oauth_revoke"),
        "scopes_supported": types,
        "authorization_details_types_supported": types,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*_CLIENT_AUTHENTICATION, "none"],
        "revocation_endpoint_auth_methods_supported": [*_CLIENT_AUTHENTICATION, "none"],
        "introspection_endpoint_auth_methods_supported": _CLIENT_AUTHENTICATION,
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "service_documentation": _address("docs"),
        "ui_locales_supported": [code for code, _name in settings.LANGUAGES],
    }


def _address(route: str) -> str:
    return issuer() + reverse(route)
