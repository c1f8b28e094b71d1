"""Errors as programs read them: RFC 9457 problem details, each with a page that says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse

from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.runtime.counters import REFUSALS

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong. `code` is for programs, `detail` for people; neither holds data or a stack."""

    status: int
    code: str
    detail: str
    more: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_response(problem: Problem, *, reference: str = "") -> HttpResponse:
    """The answer for `problem`, counted by its code; `reference` is what support finds it by."""
    REFUSALS.labels(str(problem.status), problem.code).inc()
    body = {
        "type": f"{settings.PUBLIC_URL}/docs/errors/#{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **problem.more,
    }
    if reference:
        body["reference"] = reference
    return HttpResponse(
        dumps(body), status=problem.status, content_type=MEDIA_TYPE, headers=dict(problem.headers)
    )
