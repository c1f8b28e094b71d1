"""The gate of the API: the base of every view that serves customers' data, who calls it, and what is known already."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from cdsc_portal.lib.http.call_limits import CallCount, rate_limit_headers
from cdsc_portal.lib.http.problems import Problem
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.access import DataAccess
from consent.api.cross_origin import CrossOrigin
from consent.api.problems import (
    Refusal,
    insufficient_scope,
    invalid_token,
    no_token,
    problem_of,
    token_in_query,
    too_many_calls,
)
from consent.queries.access import data_access
from consent.scopes.catalogue import SCOPES
from consent.services.disclose import Release, record_disclosure
from consent.services.third_parties.call_quotas import count_data_call
from consent.services.third_parties.refused_calls import RefusedCall, record_by_token

# of an answer to one caller: a cache may keep it for them, and must ask each time
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


class _AnswerDueError(Exception):
    """The caller's tags are of other answers, or the view has none."""


class _NotModifiedError(Exception):
    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


def bearer_token(request: HttpRequest | Request) -> str:
    """The token in the header of a call (RFC 6750 2.1). Raises Refusal: 400 for one in the address, 401 for none."""
    if "access_token" in request.GET:
        raise token_in_query()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise no_token()
    return token.strip()


class BearerAuthentication(BaseAuthentication):
    """The grant is looked up on every call, so a stop holds from the next one on (X-14)."""

    def authenticate(self, request: Request) -> tuple[None, DataAccess]:
        """`request.auth` becomes the access; the grant is locked if the view's transaction has begun.

        Raises Refusal.
        """
        view = cast(GatedView, request.parser_context["view"])
        for whose, count in view.call_counts.items():
            if count.wait:
                raise too_many_calls(whose, count)
        access = data_access(bearer_token(request), at=clock.now(), lock=view.holds_grant)
        if access is None:
            raise invalid_token()
        return None, access

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class GatedView(APIView):
    """Authenticates and checks the scope before any handler runs, so that no view can forget to.

    A call is one transaction: the gate's lock, the rows it opens and the disclosure belong together. `access` is what
    the token opens. A call that carries tags passes the gate without lock and transaction first, and no handler runs: a
    304 releases nothing that a stop would have to wait for (docs/decisions/0058).
    """

    resource: ClassVar[str]
    access: DataAccess
    call_counts: Mapping[str, CallCount] = {}
    problem: Problem | None = None  # what the call was refused for
    holds_grant = False  # whether the call's transaction has begun, in which the gate locks the grant
    authentication_classes = [BearerAuthentication]
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
        """HEAD passes the same gate and takes back the record of a release, since nothing is released (as with 304).

        Each call is counted before, once and for good, whatever becomes of it; a refused one again, after its
        transaction, which took everything back.
        """
        response, token = None, ""
        with suppress(Refusal):  # without a token nobody is known who could be counted
            token = bearer_token(request)
            self.call_counts = count_data_call(token, at=clock.now())
        if request.method in ("GET", "HEAD") and "If-None-Match" in request.headers:
            with suppress(_AnswerDueError):
                response = super().dispatch(request, *args, **kwargs)
        if response is None:
            self.holds_grant = True
            with transaction.atomic():
                response = super().dispatch(request, *args, **kwargs)
                if request.method == "HEAD":
                    transaction.set_rollback(True)
                    leave_headers(response)
        if self.problem and token:
            record_by_token(refused_call(request, self.resource, self.problem), token=token, at=clock.now())
        for name, value in (PRIVATE | rate_limit_headers(**self.call_counts)).items():
            response.headers[name] = value
        return response

    def initial(self, request: Request, *args: object, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.access = cast(DataAccess, request.auth)
        if not self.access.parts_for(self.resource):
            raise insufficient_scope(scopes_opening(self.resource))
        if not self.holds_grant:
            etag = self.etag(request, **kwargs)
            raise _NotModifiedError(etag) if etag and is_known(request, etag) else _AnswerDueError

    def record(self, release: Release, request: Request, *, span: Span, at: datetime) -> None:
        """Record what leaves with the call; in the transaction of the answer. `span`: the period it speaks of."""
        record_disclosure(
            release,
            access=self.access,
            scope=self.access.parts_for(release.resource)[0].scope,
            span=span,
            address=remote_address(request),
            at=at,
        )

    def handle_exception(self, exc: Exception) -> Any:
        """A call that ends in a problem leaves nothing behind."""
        if isinstance(exc, _AnswerDueError):
            raise exc
        if isinstance(exc, _NotModifiedError):
            return not_modified(exc.etag)
        if self.holds_grant:
            transaction.set_rollback(True)
        self.problem = problem_of(exc)
        return super().handle_exception(exc)


def refused_call(request: HttpRequest, resource: str, problem: Problem) -> RefusedCall:
    """The call that ended in `problem`, under the reference that its answer tells."""
    return RefusedCall(resource, problem.status, problem.code, getattr(request, "reference", ""))


def is_known(request: HttpRequest | Request, etag: str) -> bool:
    """The call carries `etag`, weak or strong, or any: the client has the answer already (RFC 9110 13.1.2)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in {tag.removeprefix("W/") for tag in known}


def not_modified(etag: str) -> HttpResponse:
    """Nothing leaves, so nothing is disclosed."""
    return HttpResponse(status=304, headers={"ETag": etag})


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


def scopes_opening(resource: str) -> list[str]:
    """Ids of the scopes that open `resource`, the narrowest first."""
    opening = [scope for scope in SCOPES.values() if resource in scope.opens]
    return [scope.id for scope in sorted(opening, key=lambda scope: len(scope.opens))]


def remote_address(request: HttpRequest | Request) -> str | None:
    """Where the call came from: behind a trusted proxy, what that proxy saw. None where neither is an address."""
    seen = [request.META.get("REMOTE_ADDR", "")]
    if settings.SECURE_PROXY_SSL_HEADER:
        seen.insert(0, request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
    for address in seen:
        with suppress(ValueError):
            ip_address(address)
            return address
    return None
