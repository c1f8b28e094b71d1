"""The grid's own series for registered clients, without any customer's consent. Closed unless a setting opens them."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.views import APIView

from cdsc_portal.lib.json.encoder import dumps, instant
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.api.client_calls import ClientAuthentication
from consent.api.gated import leave_headers, scopes_opening
from consent.api.problems import bad_parameter, insufficient_scope, not_found
from consent.models import Client
from consent.services.access_requests import allowed_scopes
from datahub.api.etags import etag_of_facts, is_known, not_modified
from datahub.api.founding.documents import HEADERS, IF_NONE_MATCH, PARAMETERS, TAG_HEADERS, problems
from datahub.api.founding.envelope import next_address
from datahub.api.founding.resource_query import parse_query
from datahub.api.founding.shapes import WindowShape
from datahub.mix.render import mix_object
from datahub.mix.segments import GridSeries, grid_series
from datahub.models import MixSeries, OpenRelease
from datahub.resources.answer_versions import grid_series_version
from datahub.resources.base import ResourceQuery
from datahub.resources.fields import Shape, Text
from datahub.resources.generation_mix import MixSegmentShape

_LONGEST_REGION = OpenRelease._meta.get_field("region").max_length or 0


class ClientScheme(OpenApiAuthenticationExtension):
    """How a call proves its client."""

    target_class = "consent.api.client_calls.ClientAuthentication"
    name = "client"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "Id and secret of a registered client, as at /oauth/token/.",
        }


class OpenSeriesShape(Shape):
    """Segments as in the series of a grant, of no contract and no tariff."""

    resource = Text(help_text="The series.")
    time_zone = Text(help_text="The utility's, an IANA name: in it dates, days and offsets count.")
    region = Text(help_text="The grid region asked for.")
    window = WindowShape(help_text="The period asked for.")
    next = Text(allow_null=True, help_text="The address of the next page; null after the last.")
    data = MixSegmentShape(many=True, help_text="Segments of steps.")  # type: ignore[assignment]  # a wire name; serializers have one of their own


class OpenSeriesView(APIView):
    """GET; what leaves and its record are one transaction. Who calls is looked at before it: a refusal takes nothing
    back, so that guesses at a secret count.
    """

    series: ClassVar[MixSeries]
    authentication_classes = [ClientAuthentication]
    permission_classes: Sequence[Any] = []
    http_method_names = [
        "get",
        "head",
        "options",
    ]  # for programs with a secret: pages of other origins may not call

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Where it is closed there is nothing here, whoever asks; scopes that staff keep from a client stay kept."""
        if not settings.MIX_OPEN_TO_CLIENTS:
            raise not_found()
        super().initial(request, *args, **kwargs)
        scopes = scopes_opening(self.series)
        if not allowed_scopes(_client(request)).intersection(scopes):
            raise insufficient_scope(scopes)

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Accept, Authorization"
        return response

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if request.method == "HEAD":
            leave_headers(response)
        return response

    def options(self, request: Request, *args: object, **kwargs: object) -> Any:  # type: ignore[override]
        return HttpResponse(status=204)

    @transaction.atomic
    def head(self, request: Request) -> HttpResponse:
        """As GET, but nothing is released, so its record is taken back."""
        response = self.get(request)
        transaction.set_rollback(True)
        return response

    @transaction.atomic
    def get(self, request: Request) -> HttpResponse:
        at, client = clock.now(), _client(request)
        region, purpose = _region(request), f"{request.path}:{client.public_id}"
        query = parse_query(request.query_params, now=at, purpose=purpose, also=("region",))
        if query.services is not None:
            raise bad_parameter("services", "what the grid generated is of no service")
        address = next_address(request.path, request.query_params, [], query, purpose=purpose)
        etag = etag_of_facts(address, query.after, grid_series_version(self.series, region))
        if is_known(request, etag):
            return not_modified(etag)
        page = grid_series(self.series, region, query.window, after=query.after)
        following = next_address(request.path, request.query_params, page.resume, query, purpose=purpose)
        body = dumps(_answer(self.series, region, query, page, following))
        OpenRelease.objects.create(
            client=client,
            resource=self.series,
            region=region,
            start=query.window.start,
            end=query.window.end,
            value_count=page.values,
            released_at=at,
        )
        return HttpResponse(body, content_type="application/json", headers={"ETag": etag})


def _open(summary: str, series: str) -> Any:
    operation = extend_schema(
        operation_id=f"grid_{series}",
        summary=summary,
        description="For registered clients, where the utility opens it; no customer's consent is needed. Else 404.",
        tags=["open series"],
        parameters=[
            OpenApiParameter("region", str, required=True, description="The grid region."),
            *(each for each in PARAMETERS if each.name != "services"),
            IF_NONE_MATCH,
            *HEADERS,
            *TAG_HEADERS,
        ],
        responses={
            (200, "application/json"): OpenApiResponse(OpenSeriesShape, description=summary),
            304: OpenApiResponse(description="Nothing changed since the ETag you have."),
            **problems(400, 401, 403, 404, 405, 406, 429),
        },
    )
    return extend_schema_view(get=operation)


@_open("What a grid region generated.", MixSeries.GENERATION)
class OpenGeneration(OpenSeriesView):
    series = MixSeries.GENERATION


@_open("What no certificate covers in a grid region.", MixSeries.RESIDUAL)
class OpenResidual(OpenSeriesView):
    series = MixSeries.RESIDUAL


def _client(request: Request) -> Client:
    return cast(Client, request.auth)


def _region(request: Request) -> str:
    region = request.query_params.get("region", "").strip()
    if not region or "\x00" in region or len(region) > _LONGEST_REGION:
        raise bad_parameter("region", "say which grid region")
    return region


def _answer(
    series: MixSeries, region: str, query: ResourceQuery, page: GridSeries, following: str | None
) -> dict[str, object]:
    return {
        "resource": str(series),
        "time_zone": settings.TIME_ZONE,
        "region": region,
        "window": _window(query.window),
        "next": following,
        "data": [mix_object(segment) for segment in page.segments],
    }


def _window(span: Span) -> dict[str, str | None]:
    return {
        name: instant(side) if side else None for name, side in (("start", span.start), ("end", span.end))
    }
