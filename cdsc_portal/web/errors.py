"""What people and programs see when a request fails: plain words, a way on, and a reference for support."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cdsc_portal.lib.http.problems import Problem, problem_response
from cdsc_portal.lib.http.stream_places import RETRY_SECONDS

log = structlog.get_logger()

_RETRY_SECONDS = 60
_OF_PROGRAMS = ("/cds/", "/.well-known/")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "400.html", "bad_request", _("The request could not be understood."))


def not_utf8(request: HttpRequest, parameter: str) -> HttpResponse:
    """`parameter` of the query, as it was sent, has bytes that are no text."""
    detail = _("%(parameter)s: not UTF-8") % {"parameter": parameter}
    return _answer(request, 400, "400.html", "invalid_parameter", detail, parameter=parameter)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "403.html", "forbidden", _("This is not open to you."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "404.html", "not_found", _("There is nothing at this address."))


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    response = _answer(
        request, 429, "429.html", "too_many_requests", _("Too many attempts. Try again later.")
    )
    response["Retry-After"] = str(5 * _RETRY_SECONDS)
    return response


def too_many_streams(request: HttpRequest) -> HttpResponse:
    """So many files are on their way to this person that another one has to wait."""
    response = _answer(
        request, 429, "429.html", "too_many_streams", _("Too many files are being downloaded at once.")
    )
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came back too late, twice, or from elsewhere. Nothing was done (X-16)."""
    log.warning("form.refused", reference=reference_of(request), reason=reason)
    return _answer(
        request,
        403,
        "403_csrf.html",
        "form_refused",
        _("The form could not be checked. Nothing was changed."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    log.error("request.failed", reference=reference_of(request), route=_route(request))
    return _answer(request, 500, "500.html", "server_error", _("Something went wrong on our side."))


def unavailable(request: HttpRequest) -> HttpResponse:
    """The database does not answer, or took too long: the same request may succeed a minute later."""
    log.error("request.unavailable", reference=reference_of(request), route=_route(request), exc_info=True)
    response = _answer(
        request, 503, "maintenance.html", "unavailable", _("The service is not available right now.")
    )
    response["Retry-After"] = str(_RETRY_SECONDS)
    return response


def broken_seal(request: HttpRequest) -> HttpResponse:
    """What is asked for was sealed with a key that is not in `SECRET_KEYS` any more: 409 until somebody acts."""
    log.error("seal.broken", reference=reference_of(request), route=_route(request), exc_info=True)
    detail = _("What is kept here cannot be read any more: the server's key was changed.")
    return _answer(request, 409, "409_seal.html", "broken_seal", detail)


def reference_of(request: HttpRequest) -> str:
    """What the middleware called this request; empty where it never ran."""
    return getattr(request, "reference", "")


def _answer(
    request: HttpRequest, status: int, template: str, code: str, detail: str, **more: str
) -> HttpResponse:
    if _is_program(request):
        return problem_response(Problem(status, code, detail, more), reference=reference_of(request))
    return render(request, template, {"reference": reference_of(request)}, status=status)


def _is_program(request: HttpRequest) -> bool:
    """A third party's call carries a token or asks for JSON; a browser does neither (RFC 9457).

    At addresses for programs whoever takes anything is a program too.
    """
    if request.headers.get("Authorization"):
        return True
    types = ["application/problem+json", "application/json"]
    is_theirs = request.path_info.startswith(_OF_PROGRAMS)
    preferred = request.get_preferred_type([*types, "text/html"] if is_theirs else ["text/html", *types])
    return preferred is not None and preferred != "text/html"


def _route(request: HttpRequest) -> str:
    """The pattern, not the path: some paths are secrets (a receipt's address)."""
    return request.resolver_match.route if request.resolver_match else ""
