"""Pushed authorization requests (RFC 9126)."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

from cdsc_portal.lib import clock
from consent.models import Client
from consent.oauth.authorization_request import (
    RefusedRequest,
    UntrustedRequest,
    registered_target,
    require_code_flow,
    validate_request,
)
from consent.oauth.callers import Caller
from consent.oauth.endpoint import FROM_PAGES, error_response, program_endpoint
from consent.services.access_requests import PUSHED_LIFETIME, push_request

REQUEST_BYTES = 64 * 1024  # of the values; form-encoding makes up to three times of them
_BODY_BYTES = 3 * REQUEST_BYTES


@FROM_PAGES
@program_endpoint(body_bytes=_BODY_BYTES)
def push(request: HttpRequest, sent: dict[str, str], caller: Caller) -> HttpResponse:
    """Store a request for the browser to come: the client authenticated, then bound, then the rest checked (X-07)."""
    if "request_uri" in sent:
        return error_response("invalid_request", "request_uri cannot itself be pushed.", status=400)
    if sum(len(value.encode()) for value in sent.values()) > REQUEST_BYTES:
        return error_response("invalid_request", f"More than {REQUEST_BYTES} bytes of values.", status=413)
    return JsonResponse(_stored(caller.client, sent, at=clock.now()), status=201)


def _stored(client: Client, sent: dict[str, str], *, at: datetime) -> dict[str, str | int]:
    try:
        require_code_flow(sent)
        access, context = validate_request(sent, registered_target(client, sent), at=at)
    except (UntrustedRequest, RefusedRequest) as wrong:
        raise CustomOAuth2Error(wrong.error, wrong.description) from wrong
    _request, request_uri = push_request(client=client, access=access, context=context, at=at)
    return {"request_uri": request_uri, "expires_in": int(PUSHED_LIFETIME.total_seconds())}
