"""What anybody may read without proving who they are: limited by address, tagged, open to pages of other origins."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from cdsc_portal.lib.http.call_limits import count_call, rate_limit_headers
from cdsc_portal.lib.time import clock
from consent.api.cds.problems import cds_problem, problem_of, too_many_calls
from consent.api.cross_origin import CrossOrigin, cross_origin
from consent.api.gated import remote_address

_KEPT_SECONDS = 300
PublicView = Callable[..., HttpResponse]


def public_document(view: PublicView | None = None, *, version: str = "") -> Any:
    """GET and HEAD of a view for everybody: its `ETag` answered with 304, PUBLIC_CALLS_PER_MINUTE for one address.

    One count for all public documents together, in one round trip (M-07, M-40s, R-193s). It answers the statement
    `version` too, where there is one: the view takes what it says as `version`.
    """
    if view is None:
        return partial(public_document, version=version)
    read = {"read": version} if version else {}

    @cross_origin(CrossOrigin(("GET", "HEAD"), ("If-None-Match",)))
    @wraps(view)
    def limited(request: HttpRequest, **parts: str) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return cds_problem(
                405,
                "method_not_allowed",
                "This address takes GET and HEAD.",
                headers={"Allow": "GET, HEAD, OPTIONS"},
            )
        count = count_call(
            f"public {remote_address(request)}",
            limit=settings.PUBLIC_CALLS_PER_MINUTE,
            at=clock.now(),
            **read,
        )
        if version:
            parts["version"] = count.read
        response = (
            problem_of(too_many_calls(count.wait))
            if count.wait
            else _unless_known(request, view(request, **parts))
        )
        for name, value in rate_limit_headers(minute=count).items():
            response[name] = value
        return response

    return limited


def _unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """`response`, or 304 where the caller has it already (RFC 9110 13.1.2)."""
    if response.status_code != 200:
        return response
    response["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    known = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    if not known & {response["ETag"], "*"}:
        return response
    kept = {name: response[name] for name in ("ETag", "Cache-Control")}
    return HttpResponse(status=304, headers=kept)
