"""The grid's own series for registered clients, without any customer's consent. Closed unless a setting opens them."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from consent.api.client_calls import ClientAuthentication
from consent.api.etags import etag_of_facts, is_known, not_modified
from consent.api.gated import headers_alone, leave_headers, scopes_opening
from consent.api.problems import bad_parameter, insufficient_scope, not_found
from consent.models import Client
from consent.services.access_requests import allowed_scopes
from datahub.api.founding.envelope import next_address, next_page_facts, window_members
from datahub.api.founding.resource_query import parse_query
from datahub.models import OpenRelease
from datahub.resources.answer_versions import open_series_version
from datahub.resources.base import OpenSeries, Resource

_LONGEST_REGION = OpenRelease._meta.get_field("region").max_length or 0


class OpenSeriesView(APIView):
    """GET; what leaves and its record are one transaction. Who calls is checked before it: a refusal takes nothing
    back, so that guesses at a secret count.
    """

    declared: ClassVar[Resource]
    series: ClassVar[OpenSeries]
    authentication_classes = [ClientAuthentication]
    permission_classes: Sequence[Any] = []
    # for programs with a secret: pages of other origins may not call
    http_method_names = ["get", "head", "options"]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Raises Refusal: 404 for everybody while the setting is off; 403 for a client without the scope."""
        if not settings.MIX_OPEN_TO_CLIENTS:
            raise not_found()
        super().initial(request, *args, **kwargs)
        scopes = scopes_opening(self.declared.opened_as)
        if not allowed_scopes(cast(Client, request.auth)).intersection(scopes):
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

    def get(self, request: Request) -> HttpResponseBase:
        """HEAD too: it says the tag, and nothing is released."""
        at, client = clock.now(), cast(Client, request.auth)
        region = request.query_params.get("region", "").strip()
        if not region or "\x00" in region or len(region) > _LONGEST_REGION:
            raise bad_parameter("region", "say which grid region")
        purpose = f"{request.path}:{client.public_id}"
        query = parse_query(request.query_params, now=at, purpose=purpose, also=("region",))
        if query.services is not None:
            raise bad_parameter("services", "what the grid generated is of no service")
        facts = next_page_facts(request.query_params, query, purpose=purpose)
        etag = etag_of_facts(facts, open_series_version(self.series.rows, region))
        if is_known(request, etag):
            return not_modified(etag)
        if request.method == "HEAD":
            return headers_alone("application/json", {"ETag": etag})
        with transaction.atomic():
            page = self.series.query(region, query.window, query.after)
            following = next_address(request.path, request.query_params, page.resume, query, purpose=purpose)
            body = dumps({
                "resource": self.declared.name,
                "time_zone": settings.TIME_ZONE,
                "region": region,
                "window": window_members(query.window),
                "next": following,
                "data": [self.series.serialize(item) for item in page.items],
            })  # fmt: skip
            OpenRelease.objects.create(
                client=client,
                resource=self.declared.name,
                region=region,
                start=query.window.start,
                end=query.window.end,
                value_count=page.values,
                released_at=at,
            )
        return HttpResponse(body, content_type="application/json", headers={"ETag": etag})
