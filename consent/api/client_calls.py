"""Calls of a registered client that need no customer's consent, since what they read is about no customer."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from cdsc_portal.lib.http.problems import Problem
from cdsc_portal.lib.time import clock
from consent.api.problems import Refusal, token_in_query
from consent.models import Client
from consent.oauth.callers import calling_client
from consent.oauth.rate_limit import TooManyCalls


class ClientAuthentication(BaseAuthentication):
    """`request.auth` becomes the client. Tokens of grants are no credentials here: they speak for a customer."""

    def authenticate(self, request: Request) -> tuple[None, Client]:
        """Raises Refusal: 400 for a token in the query, 429 beyond OAUTH_CALLS_PER_MINUTE, else 401."""
        if "access_token" in request.query_params:
            raise token_in_query()
        try:
            client = calling_client(request._request, at=clock.now())
        except TooManyCalls as refused:
            raise _too_many(refused) from refused
        if client is None:
            raise _not_a_client()
        return None, client

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="oauth"'


def _not_a_client() -> Refusal:
    """Unknown, wrong, public, suspended and missing look the same."""
    return Refusal(
        Problem(
            401,
            "client_needed",
            "Send the id and secret of a registered client by HTTP Basic.",
            headers={"WWW-Authenticate": 'Basic realm="oauth"'},
        )
    )


def _too_many(refused: TooManyCalls) -> Refusal:
    return Refusal(
        Problem(
            429,
            "too_many_calls",
            str(refused),
            headers={"Retry-After": str(refused.wait)},
        )
    )
