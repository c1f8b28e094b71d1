from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from cdsc_portal.lib.http.secret_pages import all_show_secrets
from consent.oauth.authorize import authorize
from consent.oauth.metadata import metadata
from consent.oauth.pushed import push
from consent.oauth.token_endpoints import introspect, revoke, token
from consent.pages.request.default_redirect import default_redirect


def _with_and_without_slash(address: str, view: Callable[..., HttpResponse], name: str) -> list[URLPattern]:
    """Both answer, since a redirect would turn POST into GET; the metadata names the last, with the slash."""
    return [path(address, view, name=name), path(f"{address}/", view, name=name)]


urlpatterns = [
    path(".well-known/oauth-authorization-server", metadata, name="oauth_metadata"),
    *all_show_secrets(
        [
            *_with_and_without_slash("oauth/authorize", authorize, "oauth_authorize"),
            *_with_and_without_slash("oauth/done", default_redirect, "oauth_done"),
            *_with_and_without_slash("oauth/token", token, "oauth_token"),
            *_with_and_without_slash("oauth/par", push, "oauth_par"),
            *_with_and_without_slash("oauth/introspect", introspect, "oauth_introspect"),
            *_with_and_without_slash("oauth/revoke", revoke, "oauth_revoke"),
        ]
    ),
]
