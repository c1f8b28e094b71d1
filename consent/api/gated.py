"""The base of every view that serves customers' data."""

from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from consent.access import DataAccess
from consent.api.authentication import BearerAuthentication
from consent.api.cross_origin import CrossOrigin
from consent.api.etags import is_known, not_modified
from consent.api.problems import insufficient_scope
from consent.scopes.catalogue import SCOPES


class _AnswerDueError(Exception):
    """The caller's tags are of other answers, or the view has none."""


class _NotModifiedError(Exception):
    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


class GatedView(APIView):
    """Authenticates and checks the scope before any handler runs, so that no view can forget to.

    A call is one transaction: the gate's lock, the rows it opens and the disclosure belong together. `request.auth` is
    the DataAccess. A call that carries tags passes the gate without lock and transaction first, and no handler runs: a
    304 releases nothing that a stop would have to wait for (docs/decisions/0058).
    """

    resource: ClassVar[str]
    holds_grant = False  # whether the call's transaction has begun, in which the gate locks the grant
    authentication_classes = [BearerAuthentication]  # as documents say; `get_authenticators` makes it
    permission_classes = []
    http_method_names = [
        "get",
        "head",
        "options",
    ]  # the last is answered before the gate: CrossOriginMiddleware
    cross_origin = CrossOrigin(
        ("GET", "HEAD"), ("Authorization", "If-Modified-Since", "If-None-Match", "If-Range", "Range")
    )

    def etag(self, request: Request, **key: str) -> str | None:
        """The tag of the answer to a call past the gate, which costs less than the answer; None: there is none."""
        return None

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """HEAD passes the same gate and takes back the record of a release, since nothing is released (as with 304)."""
        if request.method in ("GET", "HEAD") and "If-None-Match" in request.headers:
            with suppress(_AnswerDueError):
                return super().dispatch(request, *args, **kwargs)
        self.holds_grant = True
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if request.method == "HEAD":
                transaction.set_rollback(True)
                leave_headers(response)
            return response

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [BearerAuthentication(lock=self.holds_grant)]

    def initial(self, request: Request, *args: object, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not access_of(request).parts_for(self.resource):
            raise insufficient_scope(scopes_opening(self.resource))
        if not self.holds_grant:
            etag = self.etag(request, **kwargs)
            raise _NotModifiedError(etag) if etag and is_known(request, etag) else _AnswerDueError

    def handle_exception(self, exc: Exception) -> Any:
        """A call that ends in a problem leaves nothing behind."""
        if isinstance(exc, _AnswerDueError):
            raise exc
        if isinstance(exc, _NotModifiedError):
            return not_modified(exc.etag)
        if self.holds_grant:
            transaction.set_rollback(True)
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Any, *args: object, **kwargs: object
    ) -> Any:  # the stubs know REST framework's own answers only; ours are Django's
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Accept, Authorization"
        return response


def leave_headers(response: HttpResponseBase) -> None:
    """Take the body from an answer to HEAD; what the headers say of it stays (RFC 9110 9.3.2)."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = ()
    elif isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""


def headers_alone(content_type: str, headers: Mapping[str, str]) -> StreamingHttpResponse:
    """The answer to HEAD where the body is not made. It says no length: as a stream, or Django would say 0."""
    return StreamingHttpResponse((), content_type=content_type, headers=dict(headers))


def access_of(request: Request) -> DataAccess:
    """What the call's token opens; only of a request that passed the gate."""
    return cast(DataAccess, request.auth)


def scopes_opening(resource: str) -> list[str]:
    """Ids of the scopes that open `resource`, the narrowest first."""
    opening = [scope for scope in SCOPES.values() if resource in scope.opens]
    return [scope.id for scope in sorted(opening, key=lambda scope: len(scope.opens))]


def remote_address(request: HttpRequest | Request) -> str | None:
    """Where the call came from: behind a trusted proxy, what that proxy saw."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if _is_address(forwarded):
            return forwarded
    seen = request.META.get("REMOTE_ADDR", "")
    return seen if _is_address(seen) else None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
