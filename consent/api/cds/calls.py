"""Calls with a token that a client got for itself: who calls, how often, with which body; every refusal in one form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Generic, Protocol, TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from cdsc_portal.lib.http.call_limits import CallCount, count_call, rate_limit_headers
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.time import clock
from consent.access import AdminAccess
from consent.api.cds.bodies import json_object
from consent.api.cds.listing import ParameterRefused
from consent.api.cds.problems import Refused, cds_problem, metadata_refusal, problem_of, too_many_calls
from consent.api.gated import bearer_token, remote_address
from consent.api.problems import Refusal
from consent.queries.admin_access import NotAnAdminToken, admin_access, lock_registration_of
from consent.scopes.base import CLIENT_ADMIN

log = structlog.get_logger()

WRITES = frozenset({"post", "put", "patch"})
_BODY_BYTES = 256 * 1024
_OF_BODIES = frozenset({400, 413, 415})


@dataclass(frozen=True, slots=True)
class AdminCall:
    """A call that passed the gate. `body` is the JSON object of a call that writes."""

    access: AdminAccess
    query: QueryDict
    at: datetime
    body: dict[str, Any] = field(default_factory=dict)


class TokenAccess(Protocol):
    """Which object and secret a token was got by, as calls are counted."""

    @property
    def client_id(self) -> int: ...
    @property
    def credential_id(self) -> int: ...


Opened = TypeVar("Opened", bound=TokenAccess)


class WrongToken(Exception):  # noqa: N818 - what the token is
    """The token works, and opens nothing of what the gate guards."""


@dataclass(frozen=True, slots=True)
class Gate(Generic[Opened]):
    """`opened` says what a token opens at a time: None for one that does not work, or it raises WrongToken.

    `scope` is what a refusal calls the scope that would open it.
    """

    scope: str
    opened: Callable[[str, datetime], Opened | None]


@dataclass(frozen=True, slots=True)
class TokenCall(Generic[Opened]):
    """A call whose token passed a gate."""

    request: HttpRequest
    method: str
    token: str
    access: Opened
    at: datetime


Answer = Callable[..., HttpResponseBase]
View = Callable[..., HttpResponseBase]


def _admin(token: str, at: datetime) -> AdminAccess | None:
    try:
        return admin_access(token, at=at)
    except NotAnAdminToken as other:
        raise WrongToken from other


ADMIN: Gate[AdminAccess] = Gate(CLIENT_ADMIN, _admin)


def admin_endpoint(*, body_bytes: int = _BODY_BYTES, **answers: Answer) -> View:
    """A view of one function for each method: `get=`, `post=`, `put=`, `patch=`.

    Each takes an AdminCall and the parts of the address. It may raise Refused or ParameterRefused. What writes is one
    transaction under the lock of the registration, or nothing.
    """

    def answered(call: TokenCall[AdminAccess], answer: Answer, parts: dict[str, str]) -> HttpResponseBase:
        request = call.request
        if call.method not in WRITES:
            return answer(AdminCall(call.access, request.GET, call.at), **parts)
        body = json_object(request, limit=body_bytes)
        with transaction.atomic():
            lock_registration_of(call.token)
            access = opened_by(request, ADMIN, call.token, call.at)
            return answer(AdminCall(access, request.GET, clock.now(), body), **parts)

    return gated_endpoint(ADMIN, answers, answered)


def gated_endpoint(
    gate: Gate[Opened],
    answers: Mapping[str, Answer],
    answered: Callable[[TokenCall[Opened], Answer, dict[str, str]], HttpResponseBase],
) -> View:
    """A view for the methods of `answers`: a call passes `gate` and is counted, then `answered` makes the answer of it,
    of the function for its method and of the parts of the address.
    """
    allowed = ", ".join(
        sorted({*(name.upper() for name in answers), *(["HEAD"] if "get" in answers else [])})
    )
    first = next(iter(answers.values()))

    @shows_secret  # of credentials; and as all of them look alike, of every other one
    @csrf_exempt  # calls carry a token, no cookie
    @wraps(first)
    def view(request: HttpRequest, **parts: str) -> HttpResponseBase:
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        counted: list[CallCount] = []
        try:
            if method not in answers:
                raise Refused(
                    405, "method_not_allowed", f"This address takes {allowed}.", headers={"Allow": allowed}
                )
            at, token = clock.now(), _bearer_token(request)
            access = opened_by(request, gate, token, at)
            counted.append(
                count_call(
                    f"api {access.client_id} {access.credential_id}",
                    limit=settings.API_CALLS_PER_MINUTE,
                    at=at,
                )
            )
            if wait := counted[0].wait:
                raise too_many_calls(wait)
            call = TokenCall(request, method, token, access, at)
            response = answered(call, answers[method], parts)
        except Refused as refused:
            response = _refusal(refused, plain=method == "put")
        except ParameterRefused as refused:
            response = cds_problem(400, "invalid_request", str(refused))
        for name, value in (
            header for count in counted for header in rate_limit_headers(minute=count).items()
        ):
            response[name] = value
        response["Cache-Control"] = "no-store"
        response["Vary"] = "Authorization"
        return response

    # the OpenAPI document and the route walk read both
    view.answers, view.gate = answers, gate  # type: ignore[attr-defined]
    return view


def _refusal(refused: Refused, *, plain: bool) -> HttpResponse:
    """As a problem; `plain`, where a body was refused, in the form of RFC 7592 alone."""
    if not plain or refused.status not in _OF_BODIES:
        return problem_of(refused)
    return metadata_refusal(refused)


def not_here() -> Refused:
    """What is missing and what is another registration's look the same (X-15)."""
    return Refused(404, "not_found", "There is nothing at this address.")


def _bearer_token(request: HttpRequest) -> str:
    """Raises Refused: 400 for a token in the address, 401 without one (R-188)."""
    try:
        return bearer_token(request)
    except Refusal as refusal:
        problem = refusal.problem
        if problem.status == 401:
            _count_failure(request)
        raise Refused(problem.status, problem.code, problem.detail, headers=problem.headers) from refusal


def opened_by(request: HttpRequest, gate: Gate[Opened], token: str, at: datetime) -> Opened:
    """What `token` opens. Raises Refused: 401 for one that does not work, 403 for one that opens other things."""
    try:
        access = gate.opened(token, at)
    except WrongToken as other:
        challenge = f'Bearer error="insufficient_scope", scope="{gate.scope}"'
        raise Refused(
            403,
            "insufficient_scope",
            f"This address takes a token of the scope {gate.scope}.",
            headers={"WWW-Authenticate": challenge},
        ) from other
    if access is None:
        _count_failure(request)
        raise Refused(
            401,
            "invalid_token",
            "The access token opens nothing (any more).",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return access


def _count_failure(request: HttpRequest) -> None:
    """Harder than what is proven (R-195s), and by address alone: it keeps nobody out whose token works."""
    address = remote_address(request)
    count = count_call(f"api failed {address}", limit=5 * settings.OAUTH_FAILURES_PER_MINUTE, at=clock.now())
    if count.wait:
        log.info("api.refused", address=address)
        raise too_many_calls(count.wait)
