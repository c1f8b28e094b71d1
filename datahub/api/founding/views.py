"""The founding resources: one view for all, made from each declaration."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from consent.access import contracts_of
from consent.api.gated import GatedView, access_of, remote_address
from consent.services.disclose import record_disclosure
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.api.etags import etag_of_facts, is_known, not_modified
from datahub.api.founding.documents import document_resource
from datahub.api.founding.envelope import Envelope, envelope, next_address
from datahub.api.founding.resource_query import parse_query
from datahub.api.founding.shapes import answer_of
from datahub.api.renderers import CSVRenderer, JSONRenderer
from datahub.resources.answer_versions import answer_version
from datahub.resources.base import Call, Release, Resource


class FoundingView(GatedView):
    """What the founding resources share: one envelope, two forms, a tag, a record of what left.

    Parse, compare tags, query, render, disclose: in one transaction, and not disclosed where nothing leaves (304).
    """

    declared: ClassVar[Resource]

    def get(self, request: Request) -> HttpResponse:
        at = clock.now()
        purpose = f"{request.path}:{access_of(request).grant_public_id}"  # a cursor is good for one address of a grant
        query = parse_query(request.query_params, now=at, purpose=purpose, options=self.declared.options)
        call = Call(self.declared, access_of(request), query, at)
        etag = _tag(request, call, purpose)
        if is_known(request, etag):
            return not_modified(etag)
        covered, page = self.declared.query(call)
        answer = envelope(
            self.declared.name,
            covered,
            page,
            query,
            is_of_present=self.declared.is_of_present,
            following=next_address(request.path, request.query_params, page.resume, query, purpose=purpose),
        )
        if _is_csv(request):
            body, headers = self.declared.csv(answer.data, query), answer.headers  # type: ignore[misc]  # negotiated only where there is one
        else:
            body, headers = render_json(answer, self.declared), {}
        _disclose(call, covered, page, address=remote_address(request))
        return HttpResponse(body, content_type=_media_type(request), headers={"ETag": etag, **headers})


def view_of(resource: Resource) -> type[FoundingView]:
    """The view that serves `resource`."""
    renderers = [JSONRenderer, CSVRenderer] if resource.csv else [JSONRenderer]
    name = resource.name.title().replace("_", "")
    members = {"declared": resource, "resource": resource.opened_as, "renderer_classes": renderers}
    view: type[FoundingView] = type(name, (FoundingView,), members | {"__doc__": resource.summary})
    return cast(type[FoundingView], document_resource(view, resource))


def render_json(answer: Envelope, resource: Resource) -> bytes:
    """The whole answer."""
    if resource.serialize:
        data = resource.serialize(answer.data)
    else:
        data = answer_of(resource.shape)().fields["data"].to_representation(answer.data)
    return dumps({**answer.members, "data": data})


def _tag(request: Request, call: Call, purpose: str) -> str:
    """Of all that decides what the answer says; made before it. The address that a next page would have holds all
    parameters, the grant and the key that signs cursors.
    """
    resource, access, query, at = call.resource, call.access, call.query, call.at
    windows = (query.window, *(part.window for part in access.parts))
    return etag_of_facts(
        _media_type(request),
        next_address(request.path, request.query_params, [], query, purpose=purpose),
        query.after,
        [(part.scope, sorted(part.contracts), part.window) for part in access.parts],
        [window.end is not None and window.end <= at for window in windows],
        timezone.localdate(at) if resource.is_of_present else None,
        answer_version(
            resource.rows_of(access, query), contracts_of(access.parts_for(resource.opened_as)), at=at
        ),
    )


def _disclose(call: Call, covered: Coverage, page: Page[Any], *, address: str | None) -> None:
    """Record what leaves; in the transaction of the answer."""
    resource, access = call.resource, call.access
    contracts = frozenset(page.contracts or covered.spans.keys())
    releases: Iterable[Release] = resource.releases(page) if resource.releases else ()
    for release in (Release(resource.opened_as, page.data, page.values, contracts), *releases):
        record_disclosure(
            access=access,
            scope=access.parts_for(release.resource)[0].scope,
            resource=release.resource,
            span=covered.window,
            data=release.data,
            value_count=release.value_count,
            contracts=release.contracts,
            address=address,
            at=call.at,
        )


def _is_csv(request: Request) -> bool:
    return request.accepted_renderer.format == "csv"


def _media_type(request: Request) -> str:
    return "text/csv; charset=utf-8" if _is_csv(request) else "application/json"
