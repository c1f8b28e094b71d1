"""The objects of the founding resources as they are written; the schema is made from the same declarations."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datahub.api.minutes.fields import Exact, ExactList, Instant, MaybeText, Shape, Text
from datahub.feeds.formats.base import Quality
from datahub.feeds.store.codec import Codes
from datahub.queries.bill_sections import SUPPLY_FACTS
from datahub.queries.bill_statements import WHOLE_STATEMENT, ReadableStatement
from datahub.queries.usage import MISSING, UsageSegment

QUALITY_NAMES = {code.value: code.name.lower() for code in Quality} | {MISSING: "missing"}


def quality_runs(codes: Codes) -> list[dict[str, object]]:
    """How many values in a row have the same quality."""
    edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    return [
        {"count": past - first, "quality": QUALITY_NAMES[int(codes[first])]}
        for first, past in pairwise(edges)
    ]


class DeliveryPointShape(Shape):
    service_point_id = Text()
    address = MaybeText()
    voltage = serializers.IntegerField(allow_null=True, help_text="volts")
    region = MaybeText()
    pricing_node = MaybeText()
    meter_numbers = serializers.ListField(child=serializers.CharField())


class DeliveryShape(Shape):
    id = Text()
    contract_number = Text()
    service_type = Text()
    utility = MaybeText()
    address = MaybeText()
    service_points = DeliveryPointShape(many=True)
    started = serializers.DateField()
    ended = serializers.DateField(allow_null=True)
    modified = Instant()
    verified = Instant()


class SupplyShape(Shape):
    id = Text(source="supply.id")
    delivery_id = Text(source="supply.delivery_id")
    contract_number = Text(source="supply.contract_number")
    account_number = Text(source="supply.account_number")
    customer_number = Text(source="supply.customer_number")
    service_type = Text(source="supply.service_type")
    supplier = Text(source="supply.supplier")
    supplier_contract_id = MaybeText(source="supply.supplier_contract_id")
    tariff_code = Text(source="supply.tariff_code")
    tariff_name = Text(source="supply.tariff_name")
    started = serializers.DateField(allow_null=True)
    ended = serializers.DateField(allow_null=True)
    withheld = serializers.ListField(child=serializers.ChoiceField(("started", "ended")))
    modified = Instant(source="supply.modified")
    verified = Instant(source="supply.verified")


class QualityRunShape(Shape):
    count = serializers.IntegerField(min_value=1)
    quality = serializers.ChoiceField(list(QUALITY_NAMES.values()))


class UsageSegmentShape(Shape):
    contract_number = Text()
    service_point_id = Text()
    meter_number = Text(source="channel.meter_number")
    register = MaybeText(source="channel.register")
    service_type = Text(source="channel.commodity")
    direction = serializers.ChoiceField(("import", "export", "net", "none"), source="channel.direction")
    kind = serializers.ChoiceField(("interval", "register", "demand"), source="channel.kind")
    unit = Text(source="channel.unit")
    interval_seconds = serializers.IntegerField(min_value=0)
    start = Instant()
    end = Instant()
    values = ExactList()
    quality = serializers.SerializerMethodField()
    modified = Instant(source="channel.modified")
    verified = Instant()

    @extend_schema_field(QualityRunShape(many=True))
    def get_quality(self, segment: UsageSegment) -> list[dict[str, object]]:
        return quality_runs(segment.quality)


class LineItemShape(Shape):
    name = Text()
    kind = MaybeText()
    quantity = Exact(allow_null=True)
    unit = MaybeText()
    rate = Exact(allow_null=True, help_text="currency per unit")
    amount = Exact(places=2)


class BillSectionShape(Shape):
    id = Text(source="section.public_id")
    statement_number = Text(source="section.statement.statement_number")
    contract_number = Text(source="section.contract.contract_number")
    account_number = Text(source="section.statement.account.account_number")
    service_type = Text(source="section.commodity")
    start = serializers.DateField(source="section.start")
    end = serializers.DateField(source="section.end")
    currency = Text(source="section.statement.currency")
    amount = Exact(source="section.amount", places=2)
    supplier = MaybeText(source="section.supplier_name")
    tariff_code = MaybeText(source="section.tariff_code")
    tariff_name = MaybeText(source="section.tariff_name")
    withheld = serializers.ListField(child=serializers.ChoiceField(SUPPLY_FACTS))
    line_items = LineItemShape(source="section.line_items.all", many=True)
    modified = Instant(source="section.cds_modified")
    verified = Instant(source="section.cds_synced")

    def to_representation(self, instance: Any) -> dict[str, object]:
        return super().to_representation(instance) | dict.fromkeys(instance.withheld)


class StatementFileShape(Shape):
    url = serializers.URLField()
    name = Text()
    sha256 = Text()


class BillStatementShape(Shape):
    id = Text(source="statement.public_id")
    statement_number = Text(source="statement.statement_number")
    account_number = Text(source="statement.account.account_number")
    contract_numbers = serializers.ListField(child=serializers.CharField())
    statement_date = serializers.DateField(source="statement.statement_date")
    due_date = serializers.DateField(source="statement.due_date", allow_null=True)
    start = serializers.DateField(source="statement.start", allow_null=True)
    end = serializers.DateField(source="statement.end", allow_null=True)
    currency = Text(source="statement.currency")
    previous_balance = Exact(source="statement.previous_balance", places=2, allow_null=True)
    payments = Exact(source="statement.payments", places=2, allow_null=True)
    new_charges = Exact(source="statement.new_charges", places=2, allow_null=True)
    total = Exact(source="statement.total", places=2, allow_null=True)
    file = serializers.SerializerMethodField()
    withheld = serializers.ListField(child=serializers.ChoiceField(WHOLE_STATEMENT))
    modified = Instant(source="statement.cds_modified")
    verified = Instant(source="statement.cds_synced")

    @extend_schema_field(StatementFileShape(allow_null=True))
    def get_file(self, item: ReadableStatement) -> dict[str, str] | None:
        statement = item.statement
        if not statement.file:
            return None
        return {
            "url": f"{settings.PUBLIC_URL}/bill_statements/{statement.public_id}/file",
            "name": statement.file_name,
            "sha256": statement.file_sha256,
        }

    def to_representation(self, instance: Any) -> dict[str, object]:
        return super().to_representation(instance) | dict.fromkeys(instance.withheld)


class SourceShape(Shape):
    source = Text()  # type: ignore[assignment]  # a wire name; fields have one of their own
    shares = ExactList()


class MixSegmentShape(Shape):
    series = serializers.ChoiceField(("generation_breakdown", "consumption_breakdown", "residual_mix"))
    contract_numbers = serializers.ListField(child=serializers.CharField())
    tariff_code = MaybeText()
    region = MaybeText()
    interval_seconds = serializers.IntegerField(min_value=1)
    start = Instant()
    end = Instant()
    method = serializers.ChoiceField(("published", "issuance", "domestic"))
    provisional = serializers.BooleanField()
    origin = serializers.ChoiceField(("told", "worked_out"))
    sources = SourceShape(many=True)
    modified = Instant()


class WindowShape(Shape):
    start = Instant(allow_null=True)
    end = Instant(allow_null=True)


class ServiceShape(Shape):
    contract_number = Text()
    service_type = MaybeText()
    status = serializers.ChoiceField(("available", "none", "not_loaded", "not_shared"))
    windows = WindowShape(many=True)
    synced = Instant(allow_null=True)
    loaded_until = Instant(allow_null=True)


class NoticeShape(Shape):
    code = serializers.ChoiceField(
        ("window_cut", "window_outside", "service_not_shared", "no_period", "withheld")
    )
    detail = Text()


class EnvelopeShape(Shape):
    """The members that every answer has; a resource adds `data`."""

    resource = Text()
    time_zone = Text()
    window = WindowShape()
    services = ServiceShape(many=True)
    notices = NoticeShape(many=True)
    next = serializers.URLField(allow_null=True)


class ProblemShape(Shape):
    """RFC 9457."""

    type = Text()
    title = Text()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    scope = serializers.ListField(child=serializers.CharField(), required=False)
    reference = serializers.CharField(required=False)


@cache
def answer_of(item: type[Shape]) -> type[EnvelopeShape]:
    """The envelope around a list of `item`."""
    name = item.__name__.removesuffix("Shape")
    return type(f"{name}AnswerShape", (EnvelopeShape,), {"data": item(many=True), "__doc__": item.__doc__})
