"""The authorization endpoint: validate the request, store it, redirect to the page of the stored copy."""

from datetime import datetime

import structlog
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cdsc_portal.lib.time import clock
from consent.models import Client, ConsentRequest
from consent.oauth.authorization_request import (
    RedirectTarget,
    RefusedRequest,
    UntrustedRequest,
    registered_client,
    registered_target,
    require_code_flow,
    require_may_request,
    unfit_grant_id,
    validate_request,
)
from consent.oauth.incoming import MalformedParametersError, parameters
from consent.oauth.rate_limit import TooManyCalls, count_claimed_call
from consent.oauth.redirects import answer_url, error_answer
from consent.pages.redirects import BackToClient, SeeOther
from consent.requests import AccessRequest
from consent.services.access_requests import UnusableRequestUri, open_request, store_request
from consent.services.third_parties.grant_updates import fits_grant

log = structlog.get_logger()

# browsers and proxies cut or refuse longer addresses
QUERY_BYTES = 8 * 1024


@never_cache
@require_GET
def authorize(request: HttpRequest) -> HttpResponse:
    """Take a direct or pushed request to its page (cds/5 section 2).

    Until the redirect address is trusted, an error is a page (F-164). After that it is a redirect to the client
    that names the parameter.
    """
    at = clock.now()
    query = request.META.get("QUERY_STRING", "")
    try:
        sent = parameters(query)
        count_claimed_call(request, sent.get("client_id", ""), at=at)
        client = registered_client(sent)
        if "request_uri" in sent:
            return _authorize_pushed(request, client, sent, at=at)
        require_code_flow(sent)
        target = registered_target(client, sent)
    except TooManyCalls as refused:
        # each request is stored: one address must not fill the table
        response = render(request, "429.html", status=429)
        response["Retry-After"] = str(refused.wait)
        return response
    except (MalformedParametersError, UntrustedRequest) as wrong:
        log.info("link.refused", problem=str(wrong))
        return render(request, "consent/request/error.html", {"problem": str(wrong)}, status=400)
    return _authorize_direct(request, query, sent, target, at=at)


def _authorize_direct(
    request: HttpRequest, query: str, sent: dict[str, str], target: RedirectTarget, *, at: datetime
) -> HttpResponse:
    try:
        if len(query) > QUERY_BYTES:
            raise RefusedRequest(
                "invalid_request",
                f"The request has {len(query)} bytes, too many for an address (at most {QUERY_BYTES}): "
                "push it (RFC 9126) to the pushed_authorization_request_endpoint.",
            )
        access, context = validate_request(sent, target, at=at)
    except RefusedRequest as error:
        return _redirect_with_error(target, error)
    return _redirect_to_page(
        request, *store_request(client=target.client, access=access, context=context, at=at)
    )


def _authorize_pushed(
    request: HttpRequest, client: Client, sent: dict[str, str], *, at: datetime
) -> HttpResponse:
    """Open a pushed request, once; other parameters of the address are ignored (X-08, X-11).

    Raises UntrustedRequest where it cannot be opened and the address has no registered redirect_uri (F-14).
    """
    try:
        require_may_request(client)
        stored, key = open_request(client=client, request_uri=sent["request_uri"], at=at)
    except UnusableRequestUri:
        error = RefusedRequest("invalid_request_uri", "request_uri is expired, used or not this client's.")
    except RefusedRequest as refused:
        error = refused
    else:
        if stored.updates is None or fits_grant(
            stored.updates, AccessRequest.from_json(stored.details), at=at
        ):
            return _redirect_to_page(request, stored, key)
        target = RedirectTarget(client, stored.redirect_uri, stored.state)
        return _redirect_with_error(target, unfit_grant_id())  # it may have ended since the push
    return _redirect_with_error(registered_target(client, sent), error)


def _redirect_to_page(request: HttpRequest, stored: ConsentRequest, key: str) -> HttpResponse:
    if stored.prompt_login and request.user.is_authenticated:
        logout(request)
    return SeeOther(reverse("consent_request", kwargs={"key": key}))


def _redirect_with_error(target: RedirectTarget, error: RefusedRequest) -> HttpResponse:
    log.info("request.refused", client=target.client.public_id, error=error.error)
    answer = error_answer(error.error, error.description)
    return BackToClient(answer_url(target.redirect_uri, state=target.state, answer=answer))
