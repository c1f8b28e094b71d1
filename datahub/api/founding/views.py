"""The founding resources: one view for all, made from each declaration."""

from typing import ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from accounts.queries.row_versions import LABEL_ROWS
from cdsc_portal.lib.db.prepared import array
from cdsc_portal.lib.db.row_versions import rows_version
from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time import clock
from consent.access import contracts_of
from consent.api.gated import GatedView, headers_alone
from consent.services.disclose import Release
from datahub.api.founding.envelope import envelope, envelope_headers, etag_of_facts, next_address
from datahub.api.founding.resource_query import parse_query
from datahub.api.founding.shapes import answer_of
from datahub.resources.base import Call, Resource


class FoundingView(GatedView):
    """What the founding resources share: one envelope, two forms, a tag, a record of what left.

    Parse, query, render, disclose: in one transaction.
    """

    declared: ClassVar[Resource]

    def get(self, request: Request) -> HttpResponseBase:
        """HEAD too: it reads no more than its headers say, which is the whole envelope of CSV, and the tag of JSON."""
        resource, is_csv = self.declared, request.accepted_renderer.format == "csv"
        call, etag = self._call_and_tag(request)
        content_type, headers = "text/csv; charset=utf-8" if is_csv else "application/json", {"ETag": etag}
        if request.method == "HEAD" and not is_csv:
            return headers_alone(content_type, headers)
        covered, page = resource.query(call)
        following = next_address(request, call.query, page.resume) if page.resume else None
        answer = envelope(resource, covered, page, call.query, following=following)
        if is_csv:
            headers |= envelope_headers(answer)
            if request.method == "HEAD":
                return headers_alone(content_type, headers)
        if is_csv and resource.csv:
            body = resource.csv(page.items, call.query)
        elif resource.serialize:
            body = dumps({**answer, "data": resource.serialize(page.items)})
        else:
            shape = answer_of(resource.shape)().fields["data"]
            body = dumps({**answer, "data": shape.to_representation(page.items)})
        contracts = frozenset(page.contracts or covered.spans)
        own = Release(self.resource, page.data, page.values, contracts, page.resolution)
        for release in (own, *(resource.releases(page) if resource.releases else ())):
            self.record(release, request, span=covered.window, at=call.at)
        return HttpResponse(body, content_type=content_type, headers=headers)

    def etag(self, request: Request, **key: str) -> str:
        return self._call_and_tag(request)[1]

    def _call_and_tag(self, request: Request) -> tuple[Call, str]:
        """The call, and a tag of all that decides its answer, made before it from the versions of its rows.

        No reading, share or line of a bill is among them: whoever writes these writes a row above them in the same
        transaction; readings their channel, shares their series (`MixLoad`), lines their section.
        Raises Refusal (400) naming the parameter.
        """
        at, access, resource = clock.now(), self.access, self.declared
        query = parse_query(
            request.GET,
            now=at,
            purpose=f"{request.path}:{access.grant_public_id}",  # a cursor is good for one address of a grant
            options=resource.options,
        )
        rows = (
            *LABEL_ROWS,
            *resource.rows,
            *(resource.more_rows(access, query) if resource.more_rows else ()),
        )
        sorted_contracts = {
            contracts: sorted(contracts) for contracts in {part.contracts for part in access.parts}
        }
        contracts = array(sorted(contracts_of(access.parts_for(self.resource))))
        windows = (query.window, *(part.window for part in access.parts))
        etag = etag_of_facts(
            request,
            query,
            request.accepted_renderer.format,
            [
                (
                    part.scope,
                    sorted_contracts[part.contracts],
                    part.window,
                    part.resolution,
                    sorted(part.meters),
                )
                for part in access.parts
            ],
            [window.end is not None and window.end <= at for window in windows],
            timezone.localdate(at) if resource.is_of_present else None,
            rows_version(rows, {"contracts": contracts, "at": at}),
        )
        return Call(resource, access, query, at), etag
