"""What the endpoints for programs share: POST, a form body, JSON that is not cached, one form of errors."""

import json
from collections.abc import Callable, Sequence
from functools import wraps

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, OAuth2Error

from cdsc_portal.lib.time import clock
from consent.api.cross_origin import CrossOrigin, cross_origin, keep_from_pages
from consent.oauth.callers import Caller, authenticated_caller
from consent.oauth.incoming import BodyTooLargeError, MalformedParametersError, form_parameters
from consent.oauth.rate_limit import TooManyCalls
from consent.oauth.redirects import error_answer

log = structlog.get_logger()

Answer = Callable[[HttpRequest, dict[str, str], Caller], HttpResponse]
_BODY_BYTES = 64 * 1024
# for apps without a secret, which need no Authorization header; the form's content type needs no permission
FROM_PAGES = cross_origin(CrossOrigin(("POST",)))


def program_endpoint(
    *needed: str, body_bytes: int = _BODY_BYTES
) -> Callable[[Answer], Callable[..., HttpResponse]]:
    """Make a view of `answer`, which receives the request, its form parameters (`needed` are required) and the
    authenticated client; it may raise OAuth2Error.
    """

    def decorate(answer: Answer) -> Callable[..., HttpResponse]:
        @csrf_exempt  # requests carry client credentials, no cookie
        @wraps(answer)
        def view(request: HttpRequest) -> HttpResponse:
            response = _call_endpoint(answer, request, needed, body_bytes)
            response["Cache-Control"] = "no-store"
            response["Pragma"] = "no-cache"
            return response

        return view

    return decorate


def _call_endpoint(
    answer: Answer, request: HttpRequest, needed: Sequence[str], body_bytes: int
) -> HttpResponse:
    if request.method != "POST":
        response = error_response("invalid_request", "This endpoint answers POST only.", status=405)
        rule: CrossOrigin | None = getattr(request, "cross_origin", None)
        response["Allow"] = rule.allow if rule else "POST"
        return response
    try:
        sent = form_parameters(request, limit=body_bytes)
        if "client_secret" in sent or "Authorization" in request.headers:
            keep_from_pages(request)
        if missing := [name for name in needed if name not in sent]:
            return error_response("invalid_request", f"{missing[0]} is missing.", status=400)
        return answer(request, sent, authenticated_caller(request, sent, at=clock.now()))
    except TooManyCalls as refused:
        response = error_response("temporarily_unavailable", str(refused), status=429)
        response["Retry-After"] = str(refused.wait)
        return response
    except BodyTooLargeError as error:
        return error_response("invalid_request", str(error), status=413)
    except MalformedParametersError as error:
        return error_response("invalid_request", str(error), status=400)
    except InvalidClientError:
        log.info("client.refused", endpoint=request.path)
        return error_response("invalid_client", "Client authentication failed.", status=401)
    except OAuth2Error as error:
        return error_response(error.error, error.description, status=error.status_code)


def error_response(error: str, description: str, *, status: int) -> JsonResponse:
    """An error in the form of RFC 6749 section 5.2, with its challenge where one is due."""
    response = JsonResponse(error_answer(error, description), status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="oauth"'
    return response


def from_oauthlib(headers: dict[str, str], body: str, status: int) -> HttpResponse:
    """oauthlib's answer as ours. Its challenge is for bearer tokens; clients here use Basic (RFC 6749 5.2)."""
    if status >= 400:
        problem = json.loads(body)  # noqa: TID251 - the library wrote it
        return error_response(problem["error"], problem.get("error_description", ""), status=status)
    return HttpResponse(body, status=status, content_type="application/json")
