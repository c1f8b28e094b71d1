"""How service is delivered now."""

from rest_framework import serializers

from accounts.queries.deliveries import Delivery, deliveries
from accounts.queries.row_versions import DELIVERY_ROWS
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, standing
from datahub.resources.base import AnswerTime, Call, Resource
from datahub.resources.fields import Instant, MaybeText, Shape, Text
from datahub.resources.link_history import LinkHistory


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


def current_deliveries(call: Call) -> tuple[Coverage, Page[Delivery]]:
    """One delivery a contract, with its points and meters at the moment of the call. Four queries."""
    covered = call.coverage()
    items = deliveries(covered.spans.keys(), at=call.at)
    return covered, Page(
        items=items,
        standings={item.contract_key: standing(has_data=True, synced=item.verified) for item in items},
        contracts=frozenset(item.contract_key for item in items),
        values=len(items),
    )


RESOURCE = Resource(
    name="distribution_details",
    summary="How service is delivered now: utility, points, meters, voltage.",
    query=current_deliveries,
    shape=DeliveryShape,
    examples={
        "": {
            "id": "b7qk2mxw9dptz4hnr8cv",
            "contract_number": "7000-1",
            "service_type": "electricity",
            "utility": "River Valley Wires (demo)",
            "address": "1 Example Street, Sampleville",
            "service_points": [
                {
                    "service_point_id": "SP-1",
                    "address": "1 Example Street, Sampleville",
                    "voltage": 240,
                    "region": "WEST",
                    "pricing_node": "NODE-7",
                    "meter_numbers": ["55-1042"],
                }
            ],
            "start": "2024-05-01",
            "end": None,
            "modified": "2026-01-05T10:00:00Z",
            "verified": "2026-04-02T03:10:00Z",
        }
    },
    rows=DELIVERY_ROWS,
    histories=(LinkHistory.contract_days, LinkHistory.delivered, LinkHistory.measured),
    time=AnswerTime.PRESENT,
)
