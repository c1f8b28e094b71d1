"""Refusals of these APIs: problem details that also have the members OAuth clients look for."""

from collections.abc import Mapping

from django.http import HttpResponse

from cdsc_portal.lib.http.problems import Problem, problem_response
from consent.api.cds.documents import json_answer
from consent.oauth.redirects import allowed_text


def cds_problem(
    status: int, error: str, description: str, *, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """An answer of `status` whose body says it twice: as RFC 9457 and as RFC 6749 section 5.2 do."""
    more = {"error": error, "error_description": description}
    return problem_response(Problem(status, error, description, more=more, headers=headers or {}))


class Refused(Exception):  # noqa: N818 - what happened to the call
    """Ends a call with a problem of `status`; the text describes it."""

    def __init__(
        self, status: int, error: str, description: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.headers = headers or {}


def problem_of(refused: Refused) -> HttpResponse:
    return cds_problem(refused.status, refused.error, str(refused), headers=refused.headers)


def metadata_refusal(refused: Refused) -> HttpResponse:
    """A refusal in the form of RFC 7591 section 3.2.2 alone: for a registration, and for the body that replaces one."""
    error = "invalid_client_metadata" if refused.error == "invalid_request" else refused.error
    answer = {"error": error, "error_description": allowed_text(str(refused))}
    return json_answer(answer, status=refused.status, headers=refused.headers)


def too_many_calls(wait: int) -> Refused:
    """The caller may try again after `wait` seconds."""
    return Refused(
        429, "too_many_calls", f"Too many calls; try again in {wait} s.", headers={"Retry-After": str(wait)}
    )
