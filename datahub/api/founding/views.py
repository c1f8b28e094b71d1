"""The founding resources: one view for all, made from each declaration."""

from datetime import datetime
from typing import ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.access import contracts_of
from consent.api.etags import etag_of_facts
from consent.api.gated import GatedView, access_of, headers_alone, remote_address
from consent.services.disclose import record_disclosure
from datahub.answers.coverage import Coverage
from datahub.api.founding.envelope import Envelope, envelope, next_address, next_page_facts
from datahub.api.founding.resource_query import parse_query
from datahub.api.founding.shapes import answer_of
from datahub.resources.answer_versions import answer_version
from datahub.resources.base import Call, Release, Resource
from datahub.resources.usage_data import RESOURCE as USAGE_DATA


class FoundingView(GatedView):
    """What the founding resources share: one envelope, two forms, a tag, a record of what left.

    Parse, query, render, disclose: in one transaction.
    """

    declared: ClassVar[Resource]

    def get(self, request: Request) -> HttpResponseBase:
        """HEAD too: it reads no more than its headers say, which is the whole envelope of CSV, and the tag of JSON."""
        call = self._call(request)
        etag, query = _tag(request, call), call.query
        if request.method == "HEAD" and not _is_csv(request):
            return headers_alone(_media_type(request), {"ETag": etag})
        covered, page = self.declared.query(call)
        answer = envelope(
            self.declared.name,
            covered,
            page,
            query,
            is_of_present=self.declared.is_of_present,
            following=next_address(
                request.path, request.query_params, page.resume, query, purpose=_purpose(request)
            ),
        )
        headers = answer.headers if _is_csv(request) else {}
        if request.method == "HEAD":
            return headers_alone(_media_type(request), {"ETag": etag, **headers})
        csv = self.declared.csv if _is_csv(request) else None
        body = csv(answer.data, query) if csv else render_json(answer, self.declared)
        contracts = frozenset(page.contracts or covered.spans)
        releases = self.declared.releases(page) if self.declared.releases else ()
        resolution = page.resolution or readings_resolution(self.resource, covered)
        own = Release(self.resource, page.data, page.values, contracts, resolution)
        for release in (own, *releases):
            record_release(release, request, span=covered.window, at=call.at)
        return HttpResponse(body, content_type=_media_type(request), headers={"ETag": etag, **headers})

    def etag(self, request: Request, **key: str) -> str:
        return _tag(request, self._call(request))

    def _call(self, request: Request) -> Call:
        """Raises Refusal (400) naming the parameter."""
        at = clock.now()
        query = parse_query(
            request.query_params, now=at, purpose=_purpose(request), options=self.declared.options
        )
        return Call(self.declared, access_of(request), query, at)


def render_json(answer: Envelope, resource: Resource) -> bytes:
    """The whole answer."""
    if resource.serialize:
        data = resource.serialize(answer.data)
    else:
        data = answer_of(resource.shape)().fields["data"].to_representation(answer.data)
    return dumps({**answer.members, "data": data})


def _purpose(request: Request) -> str:
    """A cursor is good for one address of a grant."""
    return f"{request.path}:{access_of(request).grant_public_id}"


def _tag(request: Request, call: Call) -> str:
    """Of all that decides what the answer says; made before it."""
    resource, access, query, at = call.resource, call.access, call.query, call.at
    windows = (query.window, *(part.window for part in access.parts))
    sorted_contracts = {
        contracts: sorted(contracts) for contracts in {part.contracts for part in access.parts}
    }
    return etag_of_facts(
        _media_type(request),
        next_page_facts(request.query_params, query, purpose=_purpose(request)),
        [
            (part.scope, sorted_contracts[part.contracts], part.window, part.resolution, sorted(part.meters))
            for part in access.parts
        ],
        [window.end is not None and window.end <= at for window in windows],
        timezone.localdate(at) if resource.is_of_present else None,
        answer_version(
            resource.rows_of(access, query), contracts_of(access.parts_for(resource.opened_as)), at=at
        ),
    )


def record_release(release: Release, request: Request, *, span: Span, at: datetime) -> None:
    """Record what leaves with the call; in the transaction of the answer. `span`: the period it speaks of."""
    access = access_of(request)
    record_disclosure(
        access=access,
        scope=access.parts_for(release.resource)[0].scope,
        resource=release.resource,
        span=span,
        data=release.data,
        value_count=release.value_count,
        resolution=release.resolution,
        contracts=release.contracts,
        address=remote_address(request),
        at=at,
    )


def readings_resolution(resource: str, covered: Coverage) -> str:
    """How fine readings leave, as a disclosure records it; empty for what is no readings."""
    return (covered.resolution or "as_read") if resource == USAGE_DATA.name else ""


def _is_csv(request: Request) -> bool:
    return request.accepted_renderer.format == "csv"


def _media_type(request: Request) -> str:
    return "text/csv; charset=utf-8" if _is_csv(request) else "application/json"
