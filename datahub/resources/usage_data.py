"""Meter readings by channel."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.queries.row_versions import METERED_ROWS, METERS
from cdsc_portal.lib.db.row_versions import Rows
from consent.access import contracts_of
from datahub.answers.coverage import Coverage, coverage_of
from datahub.answers.page import Page
from datahub.resources.base import Call, Resource, StreamedFile
from datahub.resources.fields import ExactList, Instant, MaybeText, Shape, Text
from datahub.resources.link_history import LinkHistory
from datahub.usage.exports.stream import FORMS, known_values, usage_stream
from datahub.usage.facts import usage_facts
from datahub.usage.segments import (
    QUALITY_NAMES,
    UsageSegment,
    usage_csv,
    usage_objects,
    usage_page,
)

USAGE_ROWS = (
    *METERED_ROWS,
    Rows("datahub_channel", f"meter_id IN ({METERS})"),
    # a month set aside takes its readings along
    Rows("pg_inherits", "inhparent = 'interval_block'::regclass"),
)


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
        return segment.quality_runs()


def usage_segments(call: Call) -> tuple[Coverage, Page[UsageSegment]]:
    """Readings page by page. The facts of the contracts are read once, for coverage and plan."""
    parts = call.access.parts_for("usage_data")
    meters = frozenset[tuple[int, int]]().union(*(part.meters for part in parts))
    facts = usage_facts(contracts_of(parts), only=meters)
    covered = coverage_of(parts, facts.contracts, services=call.query.services, window=call.query.window)
    return covered, usage_page(covered, facts, after=call.query.after)


RESOURCE = Resource(
    name="usage_data",
    summary="Meter readings by channel.",
    query=usage_segments,
    shape=UsageSegmentShape,
    serialize=usage_objects,
    csv=lambda segments, _query: usage_csv(segments),
    examples={
        "": {
            "contract_number": "7000-1",
            "service_point_id": "SP-1",
            "meter_number": "55-1042",
            "register": None,
            "service_type": "electricity",
            "direction": "import",
            "kind": "interval",
            "unit": "Wh",
            "interval_seconds": 900,
            "start": "2026-03-01T08:00:00Z",
            "end": "2026-03-01T09:00:00Z",
            "values": ["105", "98", None, "110"],
            "quality": [
                {"count": 2, "quality": "actual"},
                {"count": 1, "quality": "missing"},
                {"count": 1, "quality": "estimated"},
            ],
            "modified": "2026-03-02T03:10:00Z",
            "verified": "2026-03-02T03:10:00Z",
        }
    },
    rows=USAGE_ROWS,
    histories=(LinkHistory.measured,),
    stream=StreamedFile(
        name="usage_file",
        summary="Every reading of the window in one file, streamed.",
        file_name="usage",
        forms=FORMS,
        known=known_values,
        stream=usage_stream,
    ),
)
