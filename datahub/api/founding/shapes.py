"""The objects of the founding resources as they are written; the schema is made from the same declarations."""

from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datahub.api.founding.fields import Exact, ExactList, Instant, MaybeText, Shape, ShareList, Text
from datahub.bills.sections import SUPPLY_FACTS
from datahub.bills.statements import WHOLE_STATEMENT, ReadableStatement
from datahub.usage.render import QUALITY_NAMES, quality_runs
from datahub.usage.segments import UsageSegment


class DeliveryPointShape(Shape):
    service_point_id = Text(help_text="The number of the point, as the network company prints it.")
    address = MaybeText(help_text="Where the point is.")
    voltage = serializers.IntegerField(allow_null=True, help_text="volts")
    region = MaybeText(help_text="The grid region, by which the generation mix is found.")
    pricing_node = MaybeText(help_text="The node at which the market prices energy there.")
    meter_numbers = serializers.ListField(
        child=serializers.CharField(), help_text="The meters that are installed there now."
    )


class DeliveryShape(Shape):
    id = Text(help_text="Stays the same for the delivery of one service.")
    contract_number = Text(help_text="The service, as `services` names it.")
    service_type = Text(help_text="electricity, natural_gas or water.")
    utility = MaybeText(help_text="The network company that delivers.")
    address = MaybeText(help_text="Of the service.")
    service_points = DeliveryPointShape(many=True, help_text="Where the service is delivered.")
    start = serializers.DateField(help_text="First day of the service.")
    end = serializers.DateField(allow_null=True, help_text="Last day; null while it goes on.")
    modified = Instant(help_text="When what is said here last changed.")
    verified = Instant(help_text="When the utility's systems last confirmed it.")


class SupplyShape(Shape):
    id = Text(source="supply.id", help_text="Stays the same for one supplier and tariff of one service.")
    delivery_id = Text(source="supply.delivery_id", help_text="`id` of the delivery in distribution_details.")
    contract_number = Text(source="supply.contract_number", help_text="The service, as `services` names it.")
    account_number = Text(
        source="supply.account_number", help_text="The billing account that the service is on."
    )
    customer_number = Text(source="supply.customer_number", help_text="The customer, as printed on bills.")
    service_type = Text(source="supply.service_type", help_text="electricity, natural_gas or water.")
    supplier = Text(source="supply.supplier", help_text="Who sells the energy.")
    supplier_contract_id = MaybeText(
        source="supply.supplier_contract_id", help_text="The supplier's own number of the contract."
    )
    tariff_code = Text(source="supply.tariff_code", help_text="Short name of the tariff.")
    tariff_name = Text(source="supply.tariff_name", help_text="Name of the tariff in words.")
    start = serializers.DateField(allow_null=True, help_text="First day; null where it is withheld.")
    end = serializers.DateField(
        allow_null=True, help_text="Last day; null while it goes on, or where it is withheld."
    )
    withheld = serializers.ListField(
        child=serializers.ChoiceField(("start", "end")),
        help_text="Members that are null because the grant does not open them.",
    )
    modified = Instant(source="supply.modified", help_text="When what is said here last changed.")
    verified = Instant(source="supply.verified", help_text="When the utility's systems last confirmed it.")


class QualityRunShape(Shape):
    count = serializers.IntegerField(min_value=1, help_text="How many values in a row.")
    quality = serializers.ChoiceField(
        list(QUALITY_NAMES.values()), help_text="What they are worth; `missing` where there is no value."
    )


class UsageSegmentShape(Shape):
    contract_number = Text(help_text="The service, as `services` names it.")
    service_point_id = Text(help_text="Where the meter was when the segment began.")
    meter_number = Text(source="channel.meter_number", help_text="As printed on the meter.")
    register = MaybeText(
        source="channel.register",
        help_text="As the meter names it (OBIS code, NMI suffix); null where it names none.",
    )
    service_type = Text(source="channel.commodity", help_text="electricity, natural_gas or water.")
    direction = serializers.ChoiceField(
        ("import", "export", "net", "none"),
        source="channel.direction",
        help_text="`import` is what the customer used, `export` what was sent back.",
    )
    kind = serializers.ChoiceField(
        ("interval", "register", "demand"),
        source="channel.kind",
        help_text="`interval`: a quantity in each; `register`: what the dial showed; `demand`: the highest power.",
    )
    unit = Text(source="channel.unit", help_text="Of each value.")
    interval_seconds = serializers.IntegerField(
        min_value=0, help_text="How long each value lasts; 0 for what a dial said at one moment."
    )
    start = Instant(help_text="When the first value begins.")
    end = Instant(help_text="When the last value ends.")
    values = ExactList(help_text="One for each interval, in order; null = unknown, which is never 0.")
    quality = serializers.SerializerMethodField(help_text="What the values are worth, in runs over `values`.")
    modified = Instant(source="channel.modified", help_text="When a value of the segment last changed.")
    verified = Instant(help_text="When the utility's systems last confirmed them; not after the window.")

    @extend_schema_field(QualityRunShape(many=True))
    def get_quality(self, segment: UsageSegment) -> list[dict[str, object]]:
        return quality_runs(segment.quality)


class LineItemShape(Shape):
    name = Text(help_text="As on the bill.")
    kind = MaybeText(help_text="What sort of charge it is, where the utility says so.")
    quantity = Exact(allow_null=True, help_text="How much was charged for; null where the line has none.")
    unit = MaybeText(help_text="Of `quantity`.")
    rate = Exact(allow_null=True, help_text="currency per unit")
    amount = Exact(places=2, help_text="Money, in the currency of the section.")


class BillSectionShape(Shape):
    id = Text(source="section.public_id", help_text="Stays the same for the section.")
    statement_number = Text(
        source="section.statement.statement_number", help_text="The bill that the section stands on."
    )
    contract_number = Text(
        source="section.contract.contract_number", help_text="The service, as `services` names it."
    )
    account_number = Text(source="section.statement.account.account_number", help_text="The billing account.")
    service_type = Text(source="section.commodity", help_text="electricity, natural_gas or water.")
    start = serializers.DateField(source="section.start", help_text="First day that is billed.")
    end = serializers.DateField(source="section.end", help_text="Last day that is billed.")
    currency = Text(source="section.statement.currency", help_text="ISO 4217.")
    amount = Exact(source="section.amount", places=2, help_text="What the section comes to.")
    supplier = MaybeText(
        source="section.supplier_name", help_text="Null unless a supply scope is granted too."
    )
    tariff_code = MaybeText(
        source="section.tariff_code", help_text="Null unless a supply scope is granted too."
    )
    tariff_name = MaybeText(
        source="section.tariff_name", help_text="Null unless a supply scope is granted too."
    )
    withheld = serializers.ListField(
        child=serializers.ChoiceField(SUPPLY_FACTS),
        help_text="Members that are null because the grant does not open them.",
    )
    line_items = LineItemShape(
        source="section.line_items.all", many=True, help_text="What the amount is made of."
    )
    modified = Instant(source="section.cds_modified", help_text="When what is said here last changed.")
    verified = Instant(source="section.cds_synced", help_text="When the utility's systems last confirmed it.")

    def to_representation(self, instance: Any) -> dict[str, object]:
        return super().to_representation(instance) | dict.fromkeys(instance.withheld)


class StatementFileShape(Shape):
    url = serializers.URLField(help_text="Fetch it with the same token.")
    name = Text(help_text="File name.")
    sha256 = Text(help_text="Of the file, in hexadecimal.")


class BillStatementShape(Shape):
    id = Text(source="statement.public_id", help_text="Stays the same for the statement.")
    statement_number = Text(source="statement.statement_number", help_text="As printed on the bill.")
    account_number = Text(source="statement.account.account_number", help_text="The billing account.")
    contract_numbers = serializers.ListField(
        child=serializers.CharField(), help_text="The shared services that the statement covers."
    )
    statement_date = serializers.DateField(
        source="statement.statement_date", help_text="The date of the bill."
    )
    due_date = serializers.DateField(
        source="statement.due_date", allow_null=True, help_text="When it is to be paid."
    )
    start = serializers.DateField(
        source="statement.start", allow_null=True, help_text="First day that is billed."
    )
    end = serializers.DateField(source="statement.end", allow_null=True, help_text="Last day that is billed.")
    currency = Text(source="statement.currency", help_text="ISO 4217.")
    previous_balance = Exact(
        source="statement.previous_balance", places=2, allow_null=True, help_text="What was open before."
    )
    payments = Exact(source="statement.payments", places=2, allow_null=True, help_text="What was paid since.")
    new_charges = Exact(
        source="statement.new_charges", places=2, allow_null=True, help_text="What this bill adds."
    )
    total = Exact(source="statement.total", places=2, allow_null=True, help_text="What is to be paid.")
    file = serializers.SerializerMethodField(
        help_text="The document; null where there is none, or where it is withheld."
    )
    withheld = serializers.ListField(
        child=serializers.ChoiceField(WHOLE_STATEMENT),
        help_text="Members that are null because the statement also covers services that were not shared.",
    )
    modified = Instant(source="statement.cds_modified", help_text="When what is said here last changed.")
    verified = Instant(
        source="statement.cds_synced", help_text="When the utility's systems last confirmed it."
    )

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
    source = Text(help_text="Such as wind, solar, gas; the list is open.")  # type: ignore[assignment]  # a wire name; fields have one of their own
    shares = ShareList(source="*", help_text="One for each interval, 0 to 1; null = unknown.")


class MixSegmentShape(Shape):
    series = serializers.ChoiceField(
        ("generation_breakdown", "consumption_breakdown", "residual_mix"),
        help_text="What the shares are shares of.",
    )
    contract_numbers = serializers.ListField(
        child=serializers.CharField(), help_text="The shared services that the segment speaks of."
    )
    tariff_code = MaybeText(help_text="The tariff, in `consumption_breakdown`.")
    region = MaybeText(help_text="The grid region, in the two other series.")
    interval_seconds = serializers.IntegerField(min_value=1, help_text="How long each share lasts.")
    start = Instant(help_text="When the first share begins.")
    end = Instant(help_text="When the last share ends.")
    method = serializers.ChoiceField(
        ("published", "issuance", "domestic"),
        help_text="How the residual mix was made; `published` where it was not made here.",
    )
    provisional = serializers.BooleanField(help_text="Whether it may still change.")
    origin = serializers.ChoiceField(
        ("reported", "computed"),
        help_text="Whether the utility's systems said it or this server made it from amounts.",
    )
    sources = SourceShape(many=True, help_text="The shares, by source.")
    modified = Instant(help_text="When a share of the segment last changed.")


class WindowShape(Shape):
    start = Instant(allow_null=True, help_text="Included; null = unbounded.")
    end = Instant(allow_null=True, help_text="Excluded; null = unbounded.")


class ServiceShape(Shape):
    contract_number = Text(help_text="The service, as `services` names it.")
    service_type = MaybeText(help_text="electricity, natural_gas or water; null where it is not shared.")
    status = serializers.ChoiceField(
        ("available", "none", "not_loaded", "not_shared"),
        help_text="available: the window holds data; none: data are loaded, and none of them lie in it; "
        "not_loaded: try again later; not_shared: not part of the grant, or no service at all.",
    )
    windows = WindowShape(many=True, help_text="For which the answer speaks of this service.")
    verified = Instant(
        allow_null=True, help_text="When the utility's systems last confirmed it; not after the window."
    )
    loaded_until = Instant(
        allow_null=True, help_text="The end of the newest value of a series; not after the window."
    )


class NoticeShape(Shape):
    code = serializers.ChoiceField(
        ("window_cut", "window_outside", "service_not_shared", "no_period", "withheld"),
        help_text="For programs.",
    )
    detail = Text(help_text="For people.")


class EnvelopeShape(Shape):
    """The members that every answer has; a resource adds `data`."""

    resource = Text(help_text="What the address is called.")
    time_zone = Text(help_text="The utility's, an IANA name: in it dates, days and offsets count.")
    window = WindowShape(help_text="The period that the answer speaks of.")
    services = ServiceShape(many=True, help_text="How the answer stands for each service.")
    notices = NoticeShape(many=True, help_text="What the answer leaves out, in words.")
    next = serializers.URLField(
        allow_null=True, help_text="The address of the next page; null after the last."
    )


class ProblemShape(Shape):
    """RFC 9457."""

    type = Text(help_text="The page that explains `code`.")
    title = Text(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The status of HTTP.")
    detail = serializers.CharField(required=False, help_text="What is wrong, for people.")
    code = serializers.CharField(required=False, help_text="What is wrong, for programs.")
    parameter = serializers.CharField(required=False, help_text="The parameter that is wrong.")
    scope = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The scopes of which one is needed."
    )
    reference = serializers.CharField(required=False, help_text="What support finds the call by.")


@cache
def answer_of(item: type[Shape]) -> type[EnvelopeShape]:
    """The envelope around a list of `item`."""
    name = item.__name__.removesuffix("Shape")
    data = item(many=True, help_text=f"{name} objects, in a fixed order.")
    return type(f"{name}AnswerShape", (EnvelopeShape,), {"data": data, "__doc__": EnvelopeShape.__doc__})
