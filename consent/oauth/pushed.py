"""Pushed authorization requests (RFC 9126)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

from cdsc_portal.lib.time import clock
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
    """Store a request of an authenticated client; the browser opens it later by its request_uri (X-07)."""
    if "request_uri" in sent:
        return error_response("invalid_request", "request_uri cannot itself be pushed.", status=400)
    if sum(len(value.encode()) for value in sent.values()) > REQUEST_BYTES:
        return error_response("invalid_request", f"More than {REQUEST_BYTES} bytes of values.", status=413)
    at = clock.now()
    try:
        require_code_flow(sent)
        access, context = validate_request(sent, registered_target(caller.client, sent), at=at)
    except (UntrustedRequest, RefusedRequest) as error:
        raise CustomOAuth2Error(error.error, error.description) from error
    _request, request_uri = push_request(client=caller.client, access=access, context=context, at=at)
    answer = {"request_uri": request_uri, "expires_in": int(PUSHED_LIFETIME.total_seconds())}
    return JsonResponse(answer, status=201)
