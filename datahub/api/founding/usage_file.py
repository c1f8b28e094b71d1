"""All readings of a window in one streamed file."""

from django.conf import settings
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from cdsc_portal.lib.http.stream_places import STREAM_HEADERS, HeldStream, TooManyStreamsError
from cdsc_portal.lib.time import clock
from consent.access import DataAccess
from consent.api.authentication import bearer_token
from consent.api.gated import GatedView, access_of, remote_address
from consent.api.problems import bad_parameter, too_many_streams
from consent.queries.access import data_access
from consent.services.disclose import record_disclosure
from datahub.answers.coverage import coverage
from datahub.api.founding.documents import HEADERS, PARAMETERS, headers, problems
from datahub.api.founding.resource_query import parse_query
from datahub.api.founding.shapes import WindowShape
from datahub.api.renderers import AtomRenderer, CSVRenderer, JSONRenderer
from datahub.resources.fields import Shape, Text
from datahub.resources.usage_data import UsageSegmentShape
from datahub.usage.exports.stream import FORMS, known_values, usage_stream

_SUMMARY = "Every reading of the window in one file, streamed."


class UsageFileShape(Shape):
    """As JSON; a file without its closing members was broken off."""

    resource = Text(help_text="usage_data.")
    time_zone = Text(help_text="The utility's, an IANA name: in it dates, days and offsets count.")
    window = WindowShape(help_text="The period that the file speaks of.")
    data = UsageSegmentShape(many=True, help_text="UsageSegment objects, in a fixed order.")  # type: ignore[assignment]  # a wire name; fields have one of their own
    values = serializers.IntegerField(min_value=0, help_text="How many values the file holds.")


@extend_schema_view(
    get=extend_schema(
        operation_id="usage_file",
        summary=_SUMMARY,
        description="Opened by the scope usage_data. A stop breaks a stream off: only a file with its end is whole.",
        tags=["founding resources"],
        parameters=[
            *(parameter for parameter in PARAMETERS if parameter.name != "cursor"),
            *HEADERS,
            *headers(Content_Disposition=("The file's name.", [200])),
        ],
        responses={
            (200, "application/json"): OpenApiResponse(UsageFileShape, description=_SUMMARY),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description=_SUMMARY),
            (200, "application/atom+xml"): OpenApiResponse(OpenApiTypes.STR, description=_SUMMARY),
        }
        | problems(400, 401, 403, 405, 406, 429),
    )
)
class UsageFileView(GatedView):
    """The record of what leaves is written, and committed, before the first byte does."""

    resource = "usage_data"
    renderer_classes = [JSONRenderer, CSVRenderer, AtomRenderer]

    def get(self, request: Request) -> StreamingHttpResponse:
        at = clock.now()
        access = access_of(request)
        if "cursor" in request.query_params:
            raise bad_parameter("cursor", "a file has no pages")
        query = parse_query(request.query_params, now=at, purpose=request.path)
        covered = coverage(access, self.resource, services=query.services, asked=query.window)
        released = known_values(covered)
        record_disclosure(
            access=access,
            scope=access.parts_for(self.resource)[0].scope,
            resource=self.resource,
            span=covered.window,
            data=released.data,
            value_count=released.count,
            contracts=covered.spans.keys(),
            address=remote_address(request),
            at=at,
        )
        token = bearer_token(request)

        def reopen() -> DataAccess | None:
            return data_access(token, at=clock.now())

        def recheck() -> DataAccess | None:
            return data_access(token, at=clock.now(), lock=False)

        file = FORMS[request.accepted_renderer.format](window=covered.window, at=at)
        pieces = usage_stream(file, reopen, recheck=recheck, services=query.services, asked=query.window)
        try:
            held = HeldStream(pieces, reader=f"client {access.client_id}", limit=settings.STREAMS_PER_CLIENT)
        except TooManyStreamsError as error:
            raise too_many_streams() from error
        return StreamingHttpResponse(
            held,
            content_type=file.content_type,
            headers={
                "Content-Disposition": f'attachment; filename="usage.{file.suffix}"',
                **STREAM_HEADERS,
            },
        )
