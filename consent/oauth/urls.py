from django.urls import path

from consent.oauth.authorize import authorize
from consent.oauth.metadata import metadata
from consent.oauth.pushed import push
from consent.oauth.token_endpoints import introspect, revoke, token
from consent.views.default_redirect import default_redirect

urlpatterns = [
    path(".well-known/oauth-authorization-server", metadata, name="oauth_metadata"),
    path("oauth/authorize/", authorize, name="oauth_authorize"),
    path("oauth/done/", default_redirect, name="oauth_done"),
    path("oauth/token/", token, name="oauth_token"),
    path("oauth/par/", push, name="oauth_par"),
    path("oauth/introspect/", introspect, name="oauth_introspect"),
    path("oauth/revoke/", revoke, name="oauth_revoke"),
]
