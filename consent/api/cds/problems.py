"""Refusals of these APIs: problem details that also have the members OAuth clients look for."""

from collections.abc import Mapping

from django.http import HttpResponse

from cdsc_portal.lib.http.problems import Problem, problem_response


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
