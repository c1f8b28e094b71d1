"""The grid's own series for registered clients, without any customer's consent. Closed unless a setting opens them."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from cdsc_portal.lib.db.row_versions import rows_version
from cdsc_portal.lib.http.problems import Problem
from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from consent.api.client_calls import ClientAuthentication
from consent.api.gated import (
    PRIVATE,
    headers_alone,
    is_known,
    leave_headers,
    not_modified,
    refused_call,
    scopes_opening,
)
from consent.api.problems import bad_parameter, insufficient_scope, not_found, problem_of
from consent.models import Client
from consent.queries.scope_offers import CLIENTS_OFFERS
from consent.services.access_requests import allowed_scopes
from consent.services.third_parties.refused_calls import record_by_client
from datahub.api.founding.envelope import etag_of_facts, next_address
from datahub.api.founding.resource_query import parse_query
from datahub.models import OpenRelease
from datahub.resources.base import OpenSeries, Resource

_LONGEST_REGION = OpenRelease._meta.get_field("region").max_length or 0


class OpenSeriesView(APIView):
    """GET; what leaves and its record are one transaction. Who calls is checked before it: a refusal takes nothing
    back, so that guesses at a secret count.
    """

    declared: ClassVar[Resource]
    series: ClassVar[OpenSeries]
    problem: Problem | None = None  # what the call was refused for
    authentication_classes = [ClientAuthentication]
    permission_classes: Sequence[Any] = []
    # for programs with a secret: pages of other origins may not call
    http_method_names = ["get", "head", "options"]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Raises Refusal: 404 for everybody while the setting is off."""
        if not settings.MIX_OPEN_TO_CLIENTS:
            raise not_found()
        super().initial(request, *args, **kwargs)

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        client = getattr(request, "auth", None)  # who proved to be one
        if self.problem and client:
            refused = refused_call(request, self.declared.name, self.problem)
            record_by_client(refused, client_id=client.pk, at=clock.now())
        if request.method == "HEAD":
            leave_headers(response)
        for name, value in PRIVATE.items():
            response.headers[name] = value
        return response

    def handle_exception(self, exc: Exception) -> Any:
        self.problem = problem_of(exc)
        return super().handle_exception(exc)

    def options(self, request: Request, *args: object, **kwargs: object) -> Any:  # type: ignore[override]
        self._check_scope(request)
        return HttpResponse(status=204)

    def get(self, request: Request) -> HttpResponseBase:
        """HEAD too: it says the tag, and nothing is released.

        A tag stands on all that decides whether the client may read, too: who sends the one that holds now was allowed
        when it was given, and is.
        """
        at, client = clock.now(), cast(Client, request.auth)
        region = request.query_params.get("region", "").strip()
        if not region or "\x00" in region or len(region) > _LONGEST_REGION:
            raise bad_parameter("region", "say which grid region")
        query = parse_query(
            request.GET, now=at, purpose=f"{request.path}:{client.public_id}", also=("region",)
        )
        if query.services is not None:
            raise bad_parameter("services", "what the grid generated is of no service")
        rows = (*self.series.rows, *CLIENTS_OFFERS)
        version = rows_version(rows, {"region": region, "client": client.pk})
        etag = etag_of_facts(request, query, version, sorted(client.allowed_scopes), settings.UTILITY_ROLE)
        has_it = is_known(request, etag)
        if not has_it or "*" in request.headers["If-None-Match"]:  # which is no tag that was given
            self._check_scope(request)
        if has_it:
            return not_modified(etag)
        if request.method == "HEAD":
            return headers_alone("application/json", {"ETag": etag})
        with transaction.atomic():
            page = self.series.query(region, query.window, query.after)
            body = dumps({
                "resource": self.declared.name,
                "time_zone": settings.TIME_ZONE,
                "region": region,
                "window": query.window,
                "next": next_address(request, query, page.resume) if page.resume else None,
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

    def _check_scope(self, request: Request) -> None:
        """Raises Refusal: 403 for a client that may not ask for the scope."""
        scopes = scopes_opening(self.declared.opened_as)
        if not allowed_scopes(cast(Client, request.auth)).intersection(scopes):
            raise insufficient_scope(scopes)
