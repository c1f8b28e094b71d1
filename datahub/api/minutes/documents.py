"""What the OpenAPI document says of the founding resources."""

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)

from cdsc_portal.lib.problems import MEDIA_TYPE
from consent.api.gated import scopes_opening
from datahub.api.minutes.examples import ITEMS, example_answer
from datahub.api.minutes.shapes import ProblemShape
from datahub.api.renderers import CSVRenderer

_DATE = (
    "`now`, an offset such as `-3y`, `-18mo`, `-2w`, `-30d` (a date: the local day now, moved) or `-12h`, a date, or a"
    " date-time with its UTC offset"
)
PARAMETERS = [
    OpenApiParameter(
        "services", str, description="Contract numbers separated by commas, or `all`. Only narrows."
    ),
    OpenApiParameter("start", str, description=f"Only narrows: {_DATE}."),
    OpenApiParameter("end", str, description=f"Only narrows: {_DATE}. A date is covered whole."),
    OpenApiParameter("cursor", str, description="From `next` of the page before."),
]
_PROBLEMS = {
    400: "A parameter is unknown or wrong, or the token stands in the address.",
    401: "No token, or one that opens nothing (any more).",
    403: "The grant does not open this.",
    404: "Nothing is there, or it is not yours: the two look the same.",
    405: "Only GET.",
    406: "Only JSON, and CSV for series.",
    429: "Too many calls; try again after the time in Retry-After.",
    500: "Our fault; quote the reference.",
    503: "Try again after the time in Retry-After.",
}


class BearerScheme(OpenApiAuthenticationExtension):
    """How a call proves its grant."""

    target_class = "consent.api.authentication.BearerAuthentication"
    name = "grant"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token from /oauth/token/. A stop holds from the next call on.",
        }


def documented(
    summary: str, *, parameters: Sequence[OpenApiParameter] = (), examples: Sequence[str] = ()
) -> Callable[[Any], Any]:
    """Describe a founding view; resource, shape and forms are read from its class.

    `parameters` are those that only this view takes, `examples` other forms of its answer.
    """

    def describe(view: Any) -> Any:
        at = view.served_as or view.resource
        answers: dict[Any, Any] = {
            (200, "application/json"): OpenApiResponse(view.answer, description=summary)
        }
        if CSVRenderer in view.renderer_classes:
            answers[200, "text/csv"] = OpenApiResponse(OpenApiTypes.STR, description=summary)
        operation = extend_schema(
            operation_id=at,
            summary=summary,
            description=f"Opened by the scope {' or '.join(scopes_opening(view.resource))}.",
            tags=["founding resources"],
            parameters=[*parameters, *PARAMETERS],
            responses=answers | _others(400, 401, 403, 405, 406),
            examples=[
                OpenApiExample(
                    each,
                    value=example_answer(at, ITEMS[each]),
                    response_only=True,
                    status_codes=["200"],
                    media_type="application/json",
                )
                for each in (at, *examples)
            ],
        )
        return extend_schema_view(get=operation)(view)

    return describe


def documented_file(summary: str) -> Callable[[Any], Any]:
    """Describe the view that sends a document."""
    operation = extend_schema(
        operation_id="bill_statement_file",
        summary=summary,
        tags=["founding resources"],
        parameters=[
            OpenApiParameter("statement_id", str, OpenApiParameter.PATH, description="`id` of a statement.")
        ],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description=summary)}
        | _others(400, 401, 403, 404, 405, 406),
    )
    return extend_schema_view(get=operation)


def problems(*statuses: int) -> dict[Any, Any]:
    """How a call may be refused, those that any call may meet among them."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemShape, description=_PROBLEMS[status])
        for status in (*statuses, 500, 503)
    }


def _others(*statuses: int) -> dict[Any, Any]:
    return {
        304: OpenApiResponse(description="Nothing changed since the ETag you have."),
        **problems(*statuses),
    }
