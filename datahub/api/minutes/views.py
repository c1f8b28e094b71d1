"""The founding resources: each view says which query answers it; the rest is the same for all."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from cdsc_portal.lib import clock
from cdsc_portal.lib.paging import Position
from consent.access import DataAccess
from consent.api.gated import GatedView, access_of, remote_address
from consent.services.disclose import record_disclosure
from datahub.api.etags import etag_of, is_known
from datahub.api.minutes.asked import Asked, parse_asked
from datahub.api.minutes.csv_lines import mix_lines, usage_lines
from datahub.api.minutes.documents import documented
from datahub.api.minutes.envelope import Envelope, envelope, next_address
from datahub.api.minutes.shapes import (
    BillSectionShape,
    BillStatementShape,
    DeliveryShape,
    EnvelopeShape,
    MixSegmentShape,
    SupplyShape,
    UsageSegmentShape,
    answer_of,
)
from datahub.api.renderers import CSVRenderer, JSONRenderer
from datahub.queries.bill_sections import bill_sections
from datahub.queries.bill_statements import bill_statements
from datahub.queries.coverage import Coverage, coverage
from datahub.queries.delivery import current_deliveries
from datahub.queries.generation_mix import generation_mix
from datahub.queries.paged import Page
from datahub.queries.supply import current_supplies, supply_history
from datahub.queries.usage import usage


class FoundingView(GatedView, ABC):
    """Parse, query, render, disclose: in one transaction, and not disclosed where nothing leaves (304)."""

    answer: ClassVar[type[EnvelopeShape]]
    speaks_of_present: ClassVar[bool] = False
    also: ClassVar[tuple[str, ...]] = ()  # parameters that only this view takes

    @abstractmethod
    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        """What the window holds; each resource says how."""

    def get(self, request: Request) -> HttpResponse:
        at = clock.now()
        access = access_of(request)
        purpose = f"{request.path}:{access.grant_public_id}"
        asked = parse_asked(request.query_params, now=at, purpose=purpose, also=self.also)
        window = None if self.speaks_of_present else asked.window
        covered = coverage(access, self.resource, services=asked.services, asked=window)
        page = self.page(covered, access, at, asked.after)
        following = next_address(request.path, request.query_params, page, asked, purpose=purpose)
        told = self.told(covered, page, asked, following)
        body, headers = self.written(told, request)
        etag = etag_of(body)
        if is_known(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        record_disclosure(
            access=access,
            scope=access.parts_for(self.resource)[0].scope,
            resource=self.resource,
            span=covered.window,
            value_count=page.values,
            contracts=page.contracts or covered.spans.keys(),
            address=remote_address(request),
            at=at,
        )
        return HttpResponse(body, content_type=_media_type(request), headers={"ETag": etag, **headers})

    def told(self, covered: Coverage, page: Page[Any], asked: Asked, following: str | None) -> Envelope:
        return envelope(
            self.resource,
            covered,
            page,
            asked,
            speaks_of_present=self.speaks_of_present,
            following=following,
        )

    def written(self, told: Envelope, request: Request) -> tuple[bytes, Mapping[str, str]]:
        """The body, and the headers that go with its form."""
        return JSONRenderer().render(self.answer(told).data), {}


class SeriesView(FoundingView):
    """A series comes as CSV too."""

    renderer_classes = [JSONRenderer, CSVRenderer]

    @abstractmethod
    def lines(self, items: Sequence[Any]) -> Iterator[str]:
        """The data as CSV, header line first."""

    def written(self, told: Envelope, request: Request) -> tuple[bytes, Mapping[str, str]]:
        if request.accepted_renderer.format == "csv":
            return CSVRenderer().render(self.lines(told.data)), told.headers
        return super().written(told, request)


@documented("How service is delivered now: utility, points, meters, voltage.")
class DistributionDetails(FoundingView):
    resource = "distribution_details"
    answer = answer_of(DeliveryShape)
    speaks_of_present = True

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return current_deliveries(covered, at=at)


@documented("Who supplies now, on which tariff.")
class SupplyDetails(FoundingView):
    resource = "supply_details"
    answer = answer_of(SupplyShape)
    speaks_of_present = True

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return current_supplies(covered, at=at)


@documented("Every supplier and tariff that touches the window.")
class SupplyHistory(FoundingView):
    resource = "supply_history"
    answer = answer_of(SupplyShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return supply_history(covered, at=at)


@documented("Meter readings by channel.")
class UsageData(SeriesView):
    resource = "usage_data"
    answer = answer_of(UsageSegmentShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return usage(covered, after=after)

    def lines(self, items: Sequence[Any]) -> Iterator[str]:
        return usage_lines(items)


@documented("What bills are made of: sections by contract, with their line items.")
class BillData(FoundingView):
    resource = "bill_data"
    answer = answer_of(BillSectionShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return bill_sections(covered, access=access, after=after)


@documented("Bills as they were sent.")
class BillStatements(FoundingView):
    resource = "bill_statements"
    answer = answer_of(BillStatementShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return bill_statements(covered, after=after)


@documented("The three series below together.")
class GenerationMix(SeriesView):
    resource = "generation_mix"
    answer = answer_of(MixSegmentShape)

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        return generation_mix(covered, self.resource, access=access, after=after)

    def lines(self, items: Sequence[Any]) -> Iterator[str]:
        return mix_lines(items)


@documented("What the grid region generated.")
class GenerationBreakdown(GenerationMix):
    resource = "generation_breakdown"


@documented("What the customer's tariff was made of.")
class ConsumptionBreakdown(GenerationMix):
    resource = "consumption_breakdown"


@documented("What no certificate covers, by grid region.")
class ResidualMix(GenerationMix):
    resource = "residual_mix"


def _media_type(request: Request) -> str:
    return "text/csv; charset=utf-8" if request.accepted_renderer.format == "csv" else "application/json"
