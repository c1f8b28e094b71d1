"""Who calls the upload API: a program with a token of staff. Such a token opens no customer's data."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import User
from cdsc_portal.lib.time import clock
from consent.api.problems import invalid_token, no_token, token_in_query
from datahub.feeds.sources.staff_tokens import used_staff_token
from datahub.models import StaffToken


class StaffTokenAuthentication(BaseAuthentication):
    """RFC 6750, header only. No session counts here, so no page of another site can make a browser call."""

    def authenticate(self, request: Request) -> tuple[User, StaffToken]:
        """`request.auth` becomes the token. Raises Refusal: 400 for a token in the query, else 401."""
        if "access_token" in request.query_params:
            raise token_in_query()
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise no_token()
        token = used_staff_token(text.strip(), at=clock.now())
        if token is None:
            raise invalid_token()
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class StaffTokenScheme(OpenApiAuthenticationExtension):
    """How a program proves whose it is."""

    target_class = "datahub.api.staff_tokens.StaffTokenAuthentication"
    name = "staff_token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that staff who may run feeds made in admin.",
        }
