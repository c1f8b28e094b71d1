"""The founding resources: each view says which query answers it; the rest is the same for all."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from cdsc_portal.lib import clock
from cdsc_portal.lib.json import dumps
from cdsc_portal.lib.paging import Position
from consent.access import DataAccess, contracts_of
from consent.api.gated import GatedView, access_of, remote_address
from consent.services.disclose import record_disclosure
from datahub.answers.coverage import Coverage, coverage, coverage_of
from datahub.answers.page import Page
from datahub.api.etags import etag_of_facts, is_known, not_modified
from datahub.api.founding.documents import documented
from datahub.api.founding.envelope import Envelope, envelope, next_address
from datahub.api.founding.resource_query import ResourceQuery, parse_query
from datahub.api.founding.shapes import (
    BillSectionShape,
    BillStatementShape,
    DeliveryShape,
    EnvelopeShape,
    SupplyShape,
    UsageSegmentShape,
    answer_of,
)
from datahub.api.renderers import CSVRenderer, JSONRenderer
from datahub.bills.sections import bill_sections
from datahub.bills.statements import bill_statements
from datahub.resources.answer_versions import answer_version
from datahub.resources.delivery import current_deliveries
from datahub.resources.supply import current_supplies, supply_history
from datahub.usage.facts import usage_facts
from datahub.usage.plan import usage_plan
from datahub.usage.render import usage_csv, usage_object
from datahub.usage.segments import UsageSegment, usage_page


class FoundingView(GatedView, ABC):
    """What the founding resources share: one envelope, two forms, a tag, a record of what left.

    Parse, compare tags, query, render, disclose: in one transaction, and not disclosed where nothing leaves (304).
    """

    answer: ClassVar[type[EnvelopeShape]]
    served_as: ClassVar[str] = ""  # what the address is called where that is not the resource
    speaks_of_present: ClassVar[bool] = False
    also: ClassVar[tuple[str, ...]] = ()  # parameters that only this view takes

    @abstractmethod
    def found(self, access: DataAccess, asked: ResourceQuery, at: datetime) -> tuple[Coverage, Page[Any]]:
        """What the answer covers, and what it holds."""

    @property
    def stands_on(self) -> str:
        """Whose rows decide what is said: a name of `ANSWER_ROWS`."""
        return self.resource

    def get(self, request: Request) -> HttpResponse:
        at = clock.now()
        access = access_of(request)
        asked = self.asked(request, at)
        etag = self.tag(request, access, asked, at)
        if is_known(request, etag):
            return not_modified(etag)
        covered, page = self.found(access, asked, at)
        body, headers = self.written(self.told(request, covered, page, asked), request)
        self.disclose(access, covered, page, request, at)
        return HttpResponse(body, content_type=_media_type(request), headers={"ETag": etag, **headers})

    def tag(self, request: Request, access: DataAccess, asked: ResourceQuery, at: datetime) -> str:
        """Of all that decides what will be said; read before it is. The address that a next page would have holds all
        that was asked for, the grant and the key that signs cursors.
        """
        windows = (asked.window, *(part.window for part in access.parts))
        return etag_of_facts(
            _media_type(request),
            self.next_address(request, [], asked),
            asked.after,
            [(part.scope, sorted(part.contracts), part.window) for part in access.parts],
            [window.end is not None and window.end <= at for window in windows],
            timezone.localdate(at) if self.speaks_of_present else None,
            answer_version(self.stands_on, contracts_of(access.parts_for(self.resource)), at=at),
        )

    def purpose(self, request: Request) -> str:
        """What a cursor is good for: one address of one grant."""
        return f"{request.path}:{access_of(request).grant_public_id}"

    def asked(self, request: Request, at: datetime) -> ResourceQuery:
        return parse_query(request.query_params, now=at, purpose=self.purpose(request), also=self.also)

    def next_address(self, request: Request, resume: Position | None, asked: ResourceQuery) -> str | None:
        return next_address(request.path, request.query_params, resume, asked, purpose=self.purpose(request))

    def told(self, request: Request, covered: Coverage, page: Page[Any], asked: ResourceQuery) -> Envelope:
        return envelope(
            self.served_as or self.resource,
            covered,
            page,
            asked,
            speaks_of_present=self.speaks_of_present,
            following=self.next_address(request, page.resume, asked),
        )

    def written(self, told: Envelope, request: Request) -> tuple[bytes, Mapping[str, str]]:
        """The body, and the headers that go with its form."""
        return dumps({**told.members, "data": self.objects(told.data)}), {}

    def objects(self, items: Sequence[Any]) -> Sequence[object]:
        """The data as plain values."""
        return cast(Sequence[object], self.answer().fields["data"].to_representation(items))

    def disclose(
        self, access: DataAccess, covered: Coverage, page: Page[Any], request: Request, at: datetime
    ) -> None:
        """Record what leaves; in the transaction of the answer."""
        record_disclosure(
            access=access,
            scope=access.parts_for(self.resource)[0].scope,
            resource=self.resource,
            span=covered.window,
            data=page.data,
            value_count=page.values,
            contracts=page.contracts or covered.spans.keys(),
            address=remote_address(request),
            at=at,
        )


class PagedView(FoundingView, ABC):
    """One window of one resource, page by page."""

    def found(self, access: DataAccess, asked: ResourceQuery, at: datetime) -> tuple[Coverage, Page[Any]]:
        window = None if self.speaks_of_present else asked.window
        covered = coverage(access, self.resource, services=asked.services, asked=window)
        return covered, self.page(covered, access, at, asked.after)

    @abstractmethod
    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        """What the window holds; each resource says how."""


class SeriesView(PagedView):
    """A series comes as CSV too."""

    renderer_classes = [JSONRenderer, CSVRenderer]

    @abstractmethod
    def lines(self, items: Sequence[Any]) -> Iterator[str]:
        """The data as CSV, header line first."""

    def written(self, told: Envelope, request: Request) -> tuple[bytes, Mapping[str, str]]:
        if _is_csv(request):
            return CSVRenderer().render(self.lines(told.data)), told.headers
        return super().written(told, request)


@documented("How service is delivered now: utility, points, meters, voltage.")
class DistributionDetails(PagedView):
    resource = "distribution_details"
    answer = answer_of(DeliveryShape)
    speaks_of_present = True

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return current_deliveries(covered, at=at)


@documented("Who supplies now, on which tariff.")
class SupplyDetails(PagedView):
    resource = "supply_details"
    answer = answer_of(SupplyShape)
    speaks_of_present = True

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return current_supplies(covered, at=at)


@documented("Every supplier and tariff that touches the window.")
class SupplyHistory(PagedView):
    resource = "supply_history"
    answer = answer_of(SupplyShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return supply_history(covered, at=at)


@documented("Meter readings by channel.")
class UsageData(FoundingView):
    resource = "usage_data"
    answer = answer_of(UsageSegmentShape)
    renderer_classes = [JSONRenderer, CSVRenderer]

    def found(self, access: DataAccess, asked: ResourceQuery, at: datetime) -> tuple[Coverage, Page[Any]]:
        parts = access.parts_for(self.resource)
        facts = usage_facts(contracts_of(parts))
        covered = coverage_of(parts, facts.contracts, services=asked.services, asked=asked.window)
        return covered, usage_page(covered, facts, usage_plan(covered, facts, after=asked.after))

    def written(self, told: Envelope, request: Request) -> tuple[bytes, Mapping[str, str]]:
        if _is_csv(request):
            return usage_csv(cast(Sequence[UsageSegment], told.data)), told.headers
        return super().written(told, request)

    def objects(self, items: Sequence[Any]) -> Sequence[object]:
        return [usage_object(segment) for segment in items]


@documented("What bills are made of: sections by contract, with their line items.")
class BillData(PagedView):
    resource = "bill_data"
    answer = answer_of(BillSectionShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return bill_sections(covered, access=access, after=after)


@documented("Bills as they were sent.")
class BillStatements(PagedView):
    resource = "bill_statements"
    answer = answer_of(BillStatementShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return bill_statements(covered, after=after)


def _is_csv(request: Request) -> bool:
    return request.accepted_renderer.format == "csv"


def _media_type(request: Request) -> str:
    return "text/csv; charset=utf-8" if _is_csv(request) else "application/json"
