"""What holds for every request: a reference, headers that keep a page to itself, a query that can be read."""

from collections.abc import Callable
from time import perf_counter
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars

from cdsc_portal.lib.db.public_ids import new_reference
from cdsc_portal.lib.http.addresses import absolute_address
from cdsc_portal.lib.http.callers_names import METHODS, callers_names
from cdsc_portal.lib.http.security_policy import ADMIN_POLICY, PAGE_POLICY
from cdsc_portal.lib.http.stream_places import TooManyStreamsError
from cdsc_portal.lib.runtime.counters import REQUEST_SECONDS, REQUESTS
from cdsc_portal.lib.secrets.sealed import BrokenSealError
from cdsc_portal.web import errors

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger(__name__)

_SENSORS = (
    "accelerometer browsing-topics camera display-capture geolocation gyroscope magnetometer microphone midi payment "
    "serial usb"
)
_PERMISSIONS = ", ".join(f"{feature}=()" for feature in _SENSORS.split())


class RequestMiddleware:
    """What holds for every request, whoever answers it: headers to be trusted, our addresses, a page kept to itself.

    Stands inside Django's SecurityMiddleware, which leaves the headers that are set here as they are.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/health/") or request.path == "/metrics":
            # probes call these by the number of a container or node, which no ALLOWED_HOSTS can list
            request.META["HTTP_HOST"] = urlsplit(settings.PUBLIC_URL).netloc
        length = request.META.get("CONTENT_LENGTH") or ""
        if not (length.isascii() and length.isdigit()):
            request.META["CONTENT_LENGTH"] = ""  # Django reads no body then, and asks for the number again

        def build(location: str | None = None) -> str:
            """Of PUBLIC_URL, whatever Host the request came with: libraries put it into mail (a link that resets a
            password) and into redirects (the way back from single sign-on).
            """
            return absolute_address(
                request.get_full_path() if location is None else location, path=request.path
            )

        request.build_absolute_uri = build  # type: ignore[method-assign]
        if request.path_info.startswith("/admin/") and "\0" in request.path_info + unquote(
            request.META.get("QUERY_STRING", "")
        ):
            # no text of the database holds a NUL, so lists would fail; others say which of their parameters is wrong
            response = errors.bad_request(request)
        else:
            response = self.get_response(request)
        # Nothing inline, nothing from elsewhere, no frame, no sensor. A view that set a header itself keeps it.
        is_admin = request.path_info.startswith("/admin/")  # not a customer's page in a support session
        response.headers.setdefault("Content-Security-Policy", ADMIN_POLICY if is_admin else PAGE_POLICY)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if (
            not is_admin
        ):  # its forms need the Origin header that no-referrer blanks; our pages have a meta for it
            response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object
    ) -> HttpResponse | None:
        """400 for a query whose bytes are no UTF-8: Django would read U+FFFD in their place, and a filter would match
        nothing and not say so.

        Here, so that pages of other origins may read the refusal: CrossOriginMiddleware knows the view by now.
        """
        query = request.META.get("QUERY_STRING", "")
        if not query:
            return None
        for pair in query.encode("latin-1").split(b"&"):  # WSGI has each byte as one letter
            try:
                unquote_to_bytes(pair).decode()
            except UnicodeDecodeError:
                return errors.not_utf8(request, pair.partition(b"=")[0].decode("ascii", "replace"))
        return None


class CountingMiddleware:
    """Counts each request by the route that its address matched, and how long its answer took to begin."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match else "none"
        REQUESTS.labels(
            route, request.method if request.method in METHODS else "other", response.status_code
        ).inc()
        REQUEST_SECONDS.labels(route).observe(perf_counter() - began)
        return response


class RequestReferenceMiddleware:
    """Names each request, so that what a person reads out finds the lines in the log: each that the call writes, and
    with LOG_REQUESTS one of the call itself. It has no address, only the route; who called is a public id.

    A caller's own `X-Request-ID` and `traceparent` stand beside it where they are no more than names.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = new_reference()
        request.reference = reference  # type: ignore[attr-defined]  # a name of ours
        began = perf_counter()
        with bound_contextvars(reference=reference, **callers_names(request)):
            response = self.get_response(request)
            if settings.LOG_REQUESTS:
                access = getattr(request, "auth", None)  # of an API's call that passed the gate
                ids = {name: getattr(access, f"{name}_public_id", None) for name in ("client", "grant")}
                log.info(
                    "request",
                    route=request.resolver_match.route if request.resolver_match else "none",
                    method=request.method if request.method in METHODS else "other",
                    status=response.status_code,
                    milliseconds=round((perf_counter() - began) * 1000, 1),
                    **{name: public_id for name, public_id in ids.items() if public_id},
                )
        response["X-Request-Reference"] = reference
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A database that does not answer is no fault of the request: 503, and try again. Nor is a lost key."""
        if isinstance(exception, BrokenSealError):
            return errors.broken_seal(request)
        if isinstance(exception, TooManyStreamsError):
            return errors.too_many_streams(request)
        if isinstance(exception, OperationalError | InterfaceError):
            return errors.unavailable(request)
        return None


class BackgroundCallMiddleware:
    """A call that a page makes by itself (`X-Background: 1`) is no sign of life: it keeps no login from ending."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.session.in_background = request.headers.get("X-Background") == "1"  # type: ignore[attr-defined]
        return self.get_response(request)
