"""The authorization endpoint: check the request, store it, and show the stored copy."""

from datetime import datetime

import structlog
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cdsc_portal.lib import clock
from consent.models import Client, ConsentRequest
from consent.oauth.authorization_request import (
    RedirectTarget,
    RefusedRequest,
    UntrustedRequest,
    registered_client,
    registered_target,
    require_code_flow,
    require_may_request,
    validate_request,
)
from consent.oauth.incoming import MalformedParametersError, parameters
from consent.oauth.rate_limit import TooManyCalls, count_claimed_call
from consent.oauth.redirects import answer_url, error_answer
from consent.pages.redirects import BackToClient, SeeOther
from consent.services.access_requests import UnusableRequestUri, open_request, store_request

log = structlog.get_logger()

# longer addresses are cut or refused on their way by browsers and proxies
QUERY_BYTES = 8 * 1024


@never_cache
@require_GET
def authorize(request: HttpRequest) -> HttpResponse:
    """Take a direct or pushed request to its page (cds/5 section 2).

    No redirect before the target is trusted: until then what is wrong is a page (F-164). Afterwards the third
    party is told, by a redirect that names the parameter.
    """
    at = clock.now()
    query = request.META.get("QUERY_STRING", "")
    try:
        sent = parameters(query)
        count_claimed_call(request, sent.get("client_id", ""), at=at)
        client = registered_client(sent)
        if "request_uri" in sent:
            return _pushed(request, client, sent, at=at)
        require_code_flow(sent)
        target = registered_target(client, sent)
    except TooManyCalls as refused:
        return _too_many(request, refused.wait)
    except (MalformedParametersError, UntrustedRequest) as wrong:
        return _bad_link(request, str(wrong))
    return _direct(request, query, sent, target, at=at)


def _direct(
    request: HttpRequest, query: str, sent: dict[str, str], target: RedirectTarget, *, at: datetime
) -> HttpResponse:
    try:
        if len(query) > QUERY_BYTES:
            raise RefusedRequest("invalid_request", _too_long(query))
        access, context = validate_request(sent, target, at=at)
    except RefusedRequest as refused:
        return _refusal(target, refused)
    return _shown(request, *store_request(client=target.client, access=access, context=context, at=at))


def _pushed(request: HttpRequest, client: Client, sent: dict[str, str], *, at: datetime) -> HttpResponse:
    """The stored copy of a pushed request, once; what else the address says changes nothing (X-08, X-11).

    Raises UntrustedRequest where it cannot be used and the address names no registered target (F-14).
    """
    try:
        require_may_request(client)
        return _shown(request, *open_request(client=client, request_uri=sent["request_uri"], at=at))
    except UnusableRequestUri:
        refused = RefusedRequest("invalid_request_uri", "request_uri is expired, used or not this client's.")
    except RefusedRequest as not_now:
        refused = not_now
    return _refusal(registered_target(client, sent), refused)


def _shown(request: HttpRequest, stored: ConsentRequest, key: str) -> HttpResponse:
    if stored.prompt_login and request.user.is_authenticated:
        logout(request)
    return SeeOther(reverse("consent_request", kwargs={"key": key}))


def _refusal(target: RedirectTarget, refused: RefusedRequest) -> HttpResponse:
    log.info("request.refused", client=target.client.public_id, error=refused.error)
    answer = error_answer(refused.error, refused.description)
    return BackToClient(answer_url(target.redirect_uri, state=target.state, answer=answer))


def _bad_link(request: HttpRequest, problem: str) -> HttpResponse:
    log.info("link.refused", problem=problem)
    return render(request, "consent/error.html", {"problem": problem}, status=400)


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """Each request is stored: one address must not fill the table (X-17)."""
    answer = render(request, "429.html", status=429)
    answer["Retry-After"] = str(wait)
    return answer


def _too_long(query: str) -> str:
    return (
        f"The request has {len(query)} bytes, too many for an address (at most {QUERY_BYTES}): "
        "push it (RFC 9126) to the pushed_authorization_request_endpoint."
    )
