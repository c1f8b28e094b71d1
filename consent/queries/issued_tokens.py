"""Tokens by what is stored of them, for the client that got them."""

from django.db.models import QuerySet

from cdsc_portal.lib.db.compiled_query import compiled_query
from consent.models import AccessToken, Client, RefreshToken


@compiled_query
def access_tokens(*, digest: str, client: Client) -> QuerySet[AccessToken]:
    """The access token of `client` with this checksum, with its grant and the one that it opens; none or one."""
    return AccessToken.objects.filter(token_checksum=digest, application=client).select_related(
        "grant", "opens"
    )


@compiled_query
def refresh_tokens(*, digest: str, client: Client) -> QuerySet[RefreshToken]:
    """The refresh token of `client` with this checksum, with its grant; none or one."""
    return RefreshToken.objects.filter(token_checksum=digest, application=client).select_related("grant")
