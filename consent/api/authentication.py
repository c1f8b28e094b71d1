"""The gate: a bearer token becomes a DataAccess, or the call ends here."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from cdsc_portal.lib.time import clock
from consent.access import DataAccess
from consent.api.problems import invalid_token, no_token, token_in_query
from consent.queries.access import data_access


class BearerAuthentication(BaseAuthentication):
    """RFC 6750, header only; the grant is looked up on every call, so a stop holds from the next one on (X-14).

    `lock`: it stays as it is until the transaction ends.
    """

    def __init__(self, *, lock: bool = True) -> None:
        self.lock = lock

    def authenticate(self, request: Request) -> tuple[None, DataAccess]:
        """`request.auth` becomes the access. Raises Refusal: 400 for a token in the query, else 401."""
        if "access_token" in request.query_params:
            raise token_in_query()
        access = data_access(bearer_token(request), at=clock.now(), lock=self.lock)
        if access is None:
            raise invalid_token()
        return None, access

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def bearer_token(request: Request) -> str:
    """The token of the header. Raises Refusal (401) where there is none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise no_token()
    return token.strip()
