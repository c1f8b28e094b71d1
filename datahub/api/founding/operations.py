"""What the OpenAPI document says of each address of a resource, all of it from the declaration."""

from contextvars import ContextVar
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)

from cdsc_portal.lib.http.problems import MEDIA_TYPE
from consent.api.gated import scopes_opening
from consent.scopes.base import Scope
from consent.scopes.catalogue import SCOPES
from datahub.api.founding.shapes import ProblemShape, answer_of, open_answer_of, stream_of
from datahub.resources.base import Example, OpenSeries, Resource, StoredFile, StreamedFile

_SERVICES_PATTERN = r"^\s*[^,\s][^,]*(,\s*[^,\s][^,]*)*$"
_DATE_PATTERN = (
    r"^(now|[+-][0-9]{1,5}(y|mo|w|d|h)|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)$"
)
_DATE = (
    "`now`, an offset such as `-3y`, `-18mo`, `-2w`, `-30d` (a date: the local day now, moved) or `-12h`, a date, or a"
    " date-time with its UTC offset"
)
PARAMETERS = [
    OpenApiParameter(
        "services",
        {"type": "string", "pattern": _SERVICES_PATTERN},
        description="Contract numbers separated by commas, or `all`; without it, all that were shared. Only narrows.",
    ),
    OpenApiParameter(
        "start",
        {"type": "string", "pattern": _DATE_PATTERN},
        description=f"{_DATE}; without it, the granted window. Only narrows.",
    ),
    OpenApiParameter(
        "end",
        {"type": "string", "pattern": _DATE_PATTERN},
        description=f"{_DATE}; without it, the granted window. Only narrows; a date is covered whole.",
    ),
    OpenApiParameter(
        "cursor",
        str,
        description="From `next` of the page before, with the same parameters; without it, the first page.",
    ),
]
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of an answer that you have."
)
RANGE = [
    OpenApiParameter(
        "Range", str, OpenApiParameter.HEADER, description="One range of bytes, such as `bytes=1000-`."
    ),
    OpenApiParameter(
        "If-Range",
        str,
        OpenApiParameter.HEADER,
        description="The `ETag` of the file that you have a part of.",
    ),
]
_GATED_TAG, _OPEN_TAG = "founding resources", "open series"
TAGS = {
    _GATED_TAG: "Customers' data, as far as a grant opens them.",
    _OPEN_TAG: "Series of the grid, of nobody in particular, for registered clients.",
}
NOT_MODIFIED: dict[Any, Any] = {304: OpenApiResponse(description="Nothing changed since the ETag you have.")}
_PROBLEMS = {
    400: "A parameter is unknown or wrong, or the token stands in the address.",
    401: "No token, or one that opens nothing (any more).",
    403: "The grant does not open this.",
    404: "Nothing is there, or it is not yours: the two look the same.",
    405: "Only GET, HEAD and OPTIONS.",
    406: "Only JSON, and CSV for series.",
    416: "The range begins behind the file's end.",
    429: "Too many calls, or files at once; try again after the time in Retry-After.",
    500: "Our fault; quote the reference.",
    503: "Try again after the time in Retry-After.",
}


def headers(**descriptions: tuple[str, list[int] | bool]) -> list[OpenApiParameter]:
    """Headers of answers, each with the statuses that carry it; True = all."""
    return [
        OpenApiParameter(
            name.replace("_", "-"), str, OpenApiParameter.HEADER, description=text, response=statuses
        )
        for name, (text, statuses) in descriptions.items()
    ]


# which headers the answers of all operations carry
HEADERS = headers(
    X_Request_Reference=("What support finds the call by.", True),
    WWW_Authenticate=("Which credentials are needed, and what is wrong with those sent.", [401, 403]),
    Retry_After=("Seconds until the same call may succeed.", [429, 503]),
    Allow=("The methods that the address takes.", [405]),
)
# those of customers' data
GATED_HEADERS = [
    *HEADERS,
    *headers(
        RateLimit_Policy=("Calls (`q`) a minute of the grant, and of the client with all its grants.", True),
        RateLimit=("Calls left (`r`) until the count begins anew in `t` seconds, of both.", True),
    ),
]
TAG_HEADERS = headers(ETag=("Tag of the answer, for `If-None-Match`.", [200, 304]))
SERIES_HEADERS = headers(
    CDSC_Window=("CSV only: the period that the answer speaks of, `start/end`.", [200]),
    CDSC_Time_Zone=("CSV only: the utility's zone, an IANA name.", [200]),
    CDSC_Services=("CSV only: how many services stand how, `available=1, none=2`.", [200]),
    CDSC_Notices=("CSV only: codes of what the answer leaves out.", [200]),
    Link=('CSV only: the address of the next page, `rel="next"`.', [200]),
)


# the scopes that a document offers while it is made: what describes an operation is handed no context
scopes_of_document: ContextVar[tuple[Scope, ...]] = ContextVar(
    "scopes_of_document", default=tuple(SCOPES.values())
)


class ClientScheme(OpenApiAuthenticationExtension):
    """How a call of an open series proves its client."""

    target_class = "consent.api.client_calls.ClientAuthentication"
    name = "client"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "Id and secret of a registered client, as at /oauth/token/.",
        }


class GrantScheme(OpenApiAuthenticationExtension):
    """How a call proves its grant: with a token of the authorization code flow, for one of the scopes that open it."""

    target_class = "consent.api.gated.BearerAuthentication"
    name = "grant"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        token = f"{settings.PUBLIC_URL}/oauth/token/"
        return {
            "type": "oauth2",
            "description": "An access token in the Authorization header. A stop holds from the next call on. "
            "PKCE (S256) is needed; requests can be pushed and narrowed by authorization_details: see "
            f"{settings.PUBLIC_URL}/.well-known/oauth-authorization-server.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": f"{settings.PUBLIC_URL}/oauth/authorize/",
                    "tokenUrl": token,
                    "refreshUrl": token,
                    "scopes": {scope.id: str(scope.title) for scope in scopes_of_document.get()},
                }
            },
        }

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        available = {scope.id for scope in scopes_of_document.get()}
        return [
            {self.name: [scope]} for scope in scopes_opening(auto_schema.view.resource) if scope in available
        ]


def listing_operation(resource: Resource) -> Any:
    """GET of the resource itself."""
    answers: dict[Any, Any] = {
        (200, "application/json"): OpenApiResponse(answer_of(resource.shape), description=resource.summary)
    }
    if resource.csv:
        answers[200, "text/csv"] = OpenApiResponse(OpenApiTypes.STR, description=resource.summary)
    examples = [
        OpenApiExample(
            ", ".join(filter(None, (resource.name, form))),
            value=_example_answer(resource.name, item),
            response_only=True,
            status_codes=["200"],
            media_type="application/json",
        )
        for form, item in resource.examples.items()
    ]
    return extend_schema(
        operation_id=resource.name,
        summary=resource.summary,
        description=_opened_by(resource),
        tags=[_GATED_TAG],
        parameters=[
            *option_parameters(resource),
            *PARAMETERS,
            IF_NONE_MATCH,
            *GATED_HEADERS,
            *TAG_HEADERS,
            *(SERIES_HEADERS if resource.csv else ()),
        ],
        responses=answers | NOT_MODIFIED | problems(400, 401, 403, 405, 406, 429),
        examples=examples,
    )


def option_parameters(resource: Resource) -> list[OpenApiParameter]:
    """The parameters that this resource alone takes."""
    return [
        OpenApiParameter(option.name, str, enum=list(option.choices), description=option.description)
        for option in resource.options
    ]


def stream_operation(resource: Resource, file: StreamedFile) -> Any:
    """GET of all of a window in one file."""
    answers: dict[Any, Any] = {
        (200, form.media_type): OpenApiResponse(
            stream_of(resource.shape) if name == "json" else OpenApiTypes.STR, description=file.summary
        )
        for name, form in file.forms.items()
    }
    return extend_schema(
        operation_id=file.name,
        summary=file.summary,
        description=f"{_opened_by(resource)} A stop breaks a stream off: only a file with its end is whole.",
        tags=[_GATED_TAG],
        parameters=[
            *(parameter for parameter in PARAMETERS if parameter.name != "cursor"),
            *GATED_HEADERS,
            *headers(Content_Disposition=("The file's name.", [200])),
        ],
        responses=answers | problems(400, 401, 403, 405, 406, 429),
    )


def document_operation(resource: Resource, file: StoredFile) -> Any:
    """GET of the document of one object."""
    return extend_schema(
        operation_id=file.name,
        summary=file.summary,
        description=_opened_by(resource),
        tags=[_GATED_TAG],
        parameters=[
            OpenApiParameter(
                file.key, str, OpenApiParameter.PATH, description=f"`id` of an object of {resource.name}."
            ),
            IF_NONE_MATCH,
            *RANGE,
            *GATED_HEADERS,
            *TAG_HEADERS,
            *headers(
                Content_Disposition=("The file's name.", [200, 206]),
                Accept_Ranges=("`bytes`.", [200, 206, 416]),
                Content_Range=("Which bytes these are, of how many.", [206, 416]),
            ),
        ],
        responses={
            (200, file.media_type): OpenApiResponse(OpenApiTypes.BINARY, description=file.summary),
            (206, file.media_type): OpenApiResponse(OpenApiTypes.BINARY, description="The range asked for."),
        }
        | NOT_MODIFIED
        | problems(400, 401, 403, 404, 405, 406, 416, 429),
    )


def open_operation(resource: Resource, series: OpenSeries) -> Any:
    """GET of a series of the grid, by a registered client."""
    return extend_schema(
        operation_id=f"grid_{resource.name}",
        summary=series.summary,
        description="For registered clients, where the utility opens it; no customer's consent is needed. Else 404.",
        tags=[_OPEN_TAG],
        parameters=[
            OpenApiParameter("region", str, required=True, description="The grid region."),
            *(parameter for parameter in PARAMETERS if parameter.name != "services"),
            IF_NONE_MATCH,
            *HEADERS,
            *TAG_HEADERS,
        ],
        responses={
            (200, "application/json"): OpenApiResponse(
                open_answer_of(series.shape), description=series.summary
            )
        }
        | NOT_MODIFIED
        | problems(400, 401, 403, 404, 405, 406, 429),
    )


def _opened_by(resource: Resource) -> str:
    return f"Opened by the scope {' or '.join(scopes_opening(resource.opened_as))}."


def problems(*statuses: int) -> dict[Any, Any]:
    """How a call may be refused, those that any call may meet among them."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemShape, description=_PROBLEMS[status])
        for status in (*statuses, 500, 503)
    }


def _example_answer(resource: str, item: Example) -> Example:
    """A whole invented answer around the example of a resource."""
    window = {"start": "2026-03-01T08:00:00Z", "end": "2026-04-01T07:00:00Z"}
    return {
        "resource": resource,
        "time_zone": "America/Los_Angeles",
        "window": window,
        "services": [
            {
                "contract_number": "7000-1",
                "service_type": "electricity",
                "status": "available",
                "windows": [window],
                "verified": "2026-04-02T03:10:00Z",
                "loaded_until": None,
            },
            {
                "contract_number": "7000-2",
                "service_type": None,
                "status": "not_shared",
                "windows": [],
                "verified": None,
                "loaded_until": None,
            },
        ],
        "notices": [
            {"code": "service_not_shared", "detail": "A service asked for is not part of this grant."}
        ],
        "next": None,
        "data": [item],
    }
