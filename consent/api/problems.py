"""Refusals of the API, each as problem+json with the headers its status asks for (RFC 9457, RFC 6750)."""

from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException

from cdsc_portal.lib.http.call_limits import CallCount
from cdsc_portal.lib.http.problems import Problem, problem_response
from cdsc_portal.lib.http.stream_places import RETRY_SECONDS


class Refusal(APIException):
    """Ends a call with `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail, problem.code)
        self.status_code = problem.status
        self.problem = problem


def no_token() -> Refusal:
    return Refusal(
        Problem(
            401,
            "token_needed",
            "Send an access token in the Authorization header.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    )


def token_in_query() -> Refusal:
    """RFC 9700 4.3.2: an address ends up in logs (X-18)."""
    return Refusal(
        Problem(
            400,
            "invalid_request",
            "A token belongs in the Authorization header, never in the address. Consider this one known to others.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_request"'},
        )
    )


def invalid_token() -> Refusal:
    """Unknown, expired, revoked and suspended look the same."""
    return Refusal(
        Problem(
            401,
            "invalid_token",
            "The access token opens nothing (any more).",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    )


def insufficient_scope(scopes: list[str]) -> Refusal:
    """`scopes`: the ids of which one is needed."""
    return Refusal(
        Problem(
            403,
            "insufficient_scope",
            f"The grant does not open this resource. It takes {' or '.join(scopes)}.",
            more={"scope": scopes},
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scopes[0]}"'},
        )
    )


def bad_parameter(parameter: str, detail: str) -> Refusal:
    return Refusal(Problem(400, "invalid_parameter", f"{parameter}: {detail}", more={"parameter": parameter}))


def too_many_streams() -> Refusal:
    return Refusal(
        Problem(
            429,
            "too_many_streams",
            "As many files as one client may download at once are on their way already.",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    )


def too_many_calls(whose: str, count: CallCount) -> Refusal:
    """`whose` quota is used up: "grant" or "client"."""
    of = "This customer's consent" if whose == "grant" else "Your registered object, with all its consents,"
    detail = f"{of} may be read {count.limit} times a minute. Try again in {count.wait} s."
    return Refusal(Problem(429, "too_many_calls", detail, headers={"Retry-After": str(count.wait)}))


def not_found() -> Refusal:
    """What is missing and what is somebody else's look the same (X-15)."""
    return Refusal(Problem(404, "not_found", "There is nothing at this address."))


def problem_of(error: Exception) -> Problem | None:
    """The problem that `error` is answered with; None: a fault of ours, which the server's own pages answer."""
    if isinstance(error, Http404):
        error = not_found()
    if not isinstance(error, APIException):
        return None
    if isinstance(error, Refusal):
        return error.problem
    return Problem(error.status_code, str(error.default_code), str(error.detail))


def problem_from_exception(error: Exception, context: dict[str, object]) -> HttpResponse | None:
    """What REST framework answers for `error`; None lets the server's own 500 and 503 pages answer."""
    problem = problem_of(error)
    return problem_response(problem) if problem else None
