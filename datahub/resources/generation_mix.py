"""Where electricity came from: the steps as they are reported or computed, or summed up by local day or month.

The three series are resources of their own; `mix_resource` declares each.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.queries.row_versions import CONTRACTS, GRID_ROWS, REGIONS, SUPPLY_ROWS, TARIFFS
from cdsc_portal.lib.db.row_versions import Rows
from cdsc_portal.lib.json.encoder import exact, instant
from cdsc_portal.lib.text.csv_cells import lines_as_csv
from consent.access import DataAccess
from consent.services.disclose import Release
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, from_first_to_last
from datahub.mix.render import mix_lines, mix_object, mix_sum_lines
from datahub.mix.segments import generation_mix, grid_series
from datahub.mix.series_places import SERIES_OF
from datahub.mix.summed import LABELS, MixPeriod, SummedMix, summed_mix
from datahub.mix.sums import MIXED, Weighting
from datahub.models import MixSeries
from datahub.resources.base import Call, OpenSeries, Option, Resource, ResourceQuery
from datahub.resources.fields import Exact, Instant, MaybeText, ReadOnlyField, Shape, ShareList, Text
from datahub.resources.link_history import LinkHistory
from datahub.resources.usage_data import RESOURCE as USAGE_DATA
from datahub.resources.usage_data import USAGE_ROWS
from datahub.usage.sum_periods import By

_BY = Option("by", tuple(by.value for by in LABELS), "Sums by local day or month; without it, every step.")


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


class SummedSourceShape(Shape):
    """`share` is null where it is never known in the period, `energy_wh` where usage is not shared or not known."""

    source = Text(help_text="Such as wind, solar, gas; the list is open.")  # type: ignore[assignment]  # a wire name; fields have one of their own
    share = Exact(allow_null=True, help_text="0 to 1; null where it is known at no time of the period.")
    energy_wh = serializers.IntegerField(
        allow_null=True, help_text="What came from this source; null where usage is not shared or not known."
    )


class MixPeriodShape(Shape):
    """`start` and `end`: the part that links and window cover; `whole`: all of it. Told for `known_seconds` of it."""

    period = Text(help_text="The local day or month: 2026-03-01, 2026-03.")
    start = Instant(help_text="Where the part begins that links and window cover.")
    end = Instant(help_text="Where that part ends.")
    whole = serializers.BooleanField(help_text="Whether that part is the whole period.")
    known_seconds = serializers.IntegerField(min_value=1, help_text="For how long shares are known.")
    due_seconds = serializers.IntegerField(min_value=1, help_text="How long the part is.")
    weighting = serializers.ChoiceField(
        [each.value for each in Weighting],
        help_text="`energy`: each step counts by the region's energy or, where usage is shared, by the contract's use. "
        "`time`: by how long it lasts.",
    )
    method = serializers.ChoiceField(
        ("published", "issuance", "domestic", MIXED), help_text="How the residual mix was made."
    )
    provisional = serializers.BooleanField(help_text="Whether it may still change.")
    origin = serializers.ChoiceField(
        ("reported", "computed", MIXED),
        help_text="Whether the utility's systems said it or this server made it from amounts.",
    )
    sources = SummedSourceShape(many=True, help_text="The shares, by source.")
    modified = Instant(help_text="When a share of the period last changed.")


class SummedMixShape(Shape):
    """Periods of which nothing is known are left out."""

    series = serializers.ChoiceField(
        ("generation_breakdown", "consumption_breakdown", "residual_mix"),
        help_text="What the shares are shares of.",
    )
    contract_numbers = serializers.ListField(
        child=serializers.CharField(), help_text="The shared services that the sums speak of."
    )
    tariff_codes = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="The tariffs, in `consumption_breakdown`."
    )
    region = MaybeText(help_text="The grid region, in the two other series.")
    by = serializers.ChoiceField([by.value for by in LABELS], help_text="How long a period is.")
    periods = serializers.SerializerMethodField(
        help_text="In order; those of which nothing is known are left out."
    )

    @extend_schema_field(MixPeriodShape(many=True))
    def get_periods(self, summed: SummedMix) -> list[dict[str, object]]:
        return [_period(period, summed.by) for period in summed.periods]


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="Mix",
        serializers=[MixSegmentShape, SummedMixShape],
        resource_type_field_name=None,
        many=True,
    )
)
class MixShape(ReadOnlyField):
    """Segments of steps or, with `by`, sums: `_serialize` makes both."""


def _serialize(items: Sequence[Any]) -> list[dict[str, object]]:
    summed = SummedMixShape()
    return [
        summed.to_representation(item) if isinstance(item, SummedMix) else mix_object(item) for item in items
    ]


def _period(period: MixPeriod, by: By) -> dict[str, object]:
    mix, energy = period.sum, period.energy_wh or {}
    return {
        "period": period.first.strftime(LABELS[by]),
        "start": instant(period.start),
        "end": instant(period.end),
        "whole": period.whole,
        "known_seconds": mix.known_seconds,
        "due_seconds": period.due_seconds,
        "weighting": mix.weighting,
        "method": mix.method,
        "provisional": mix.provisional,
        "origin": mix.origin,
        "sources": [
            {
                "source": source,
                "share": None if share is None else exact(share),
                "energy_wh": energy.get(source),
            }
            for source, share in mix.shares.items()
        ],
        "modified": instant(mix.modified),
    }


def _page(call: Call) -> tuple[Coverage, Page[Any]]:
    covered, query, name = call.coverage(), call.query, call.resource.name
    if by := query.options.get("by"):
        return covered, summed_mix(covered, name, access=call.access, by=By(by), after=query.after)
    return covered, generation_mix(covered, name, access=call.access, after=query.after)


def _csv(items: Sequence[Any], query: ResourceQuery) -> bytes:
    return lines_as_csv(mix_sum_lines(items) if "by" in query.options else mix_lines(items))


def _rows(series: Collection[MixSeries]) -> tuple[Rows, ...]:
    rows: tuple[Rows, ...] = GRID_ROWS
    for name in series:
        if name == MixSeries.CONSUMPTION:
            own = f"contract_id IS NULL OR contract_id = {CONTRACTS}"
            loads = Rows("datahub_mixload", f"series = '{name}' AND key IN ({TARIFFS}) AND ({own})")
            rows += (*SUPPLY_ROWS, loads)
        else:
            rows += (Rows("datahub_mixload", f"series = '{name}' AND key IN ({REGIONS})"),)
    return rows


def _usage_rows(access: DataAccess, query: ResourceQuery) -> tuple[Rows, ...]:
    """Sums are weighed with usage where it is shared, steps never are."""
    return USAGE_ROWS if "by" in query.options and access.parts_for(USAGE_DATA.name) else ()


def _usage_released(page: Page[Any]) -> Iterable[Release]:
    """What energy came from each source is usage, and recorded as such too."""
    summed = [item for item in page.items if isinstance(item, SummedMix) and item.energies]
    if summed:
        periods = [period for item in summed for period in item.periods if period.energy_wh]
        yield Release(
            resource=USAGE_DATA.name,
            data=from_first_to_last((period.start, period.end) for period in periods),
            value_count=sum(item.energies for item in summed),
            contracts=frozenset().union(*(item.contracts for item in summed)),
        )


def mix_resource(name: str, summary: str, *, open_summary: str = "") -> Resource:
    """The declaration of the series that `SERIES_OF` names so; with `open_summary` clients read it without a grant."""
    series = SERIES_OF[name]
    open_series = None
    if open_summary:
        open_series = OpenSeries(
            summary=open_summary,
            shape=MixSegmentShape,
            query=partial(grid_series, MixSeries(name)),
            serialize=mix_object,
            rows=(Rows("datahub_mixload", f"series = '{name}' AND key = %(region)s"),),
        )
    of_tariffs = MixSeries.CONSUMPTION in series
    of_regions = bool(set(series) - {MixSeries.CONSUMPTION})
    return Resource(
        name=name,
        summary=summary,
        query=_page,
        shape=MixShape,
        serialize=_serialize,
        csv=_csv,
        options=(_BY,),
        examples=_examples(name, of_tariffs=of_tariffs),
        rows=_rows(series),
        more_rows=_usage_rows,
        histories=(LinkHistory.grid_regions,) * of_regions + (LinkHistory.tariffs,) * of_tariffs,
        releases=_usage_released,
        open_series=open_series,
    )


def _examples(name: str, *, of_tariffs: bool) -> dict[str, dict[str, object]]:
    """A segment of steps and a day's sum. A tariff's sum has energy; a region's does not."""
    series = str(MixSeries.CONSUMPTION) if of_tariffs else name
    region = None if of_tariffs else "WEST"
    energy = (990, 2700, 5310) if of_tariffs else (None, None, None)
    shares = zip(("solar", "wind", "unknown"), ("0.11", "0.3", "0.59"), energy, strict=True)
    segment: dict[str, object] = {
        "series": series,
        "contract_numbers": ["7000-1"],
        "tariff_code": "EV-TOU" if of_tariffs else None,
        "region": region,
        "interval_seconds": 3600,
        "start": "2026-03-01T08:00:00Z",
        "end": "2026-03-01T10:00:00Z",
        "method": "published",
        "provisional": False,
        "origin": "reported",
        "sources": [
            {"source": "solar", "shares": ["0.12", "0.1"]},
            {"source": "wind", "shares": ["0.31", None]},
            {"source": "unknown", "shares": ["0.57", "0.9"]},
        ],
        "modified": "2026-03-02T03:10:00Z",
    }
    day = {
        "period": "2026-03-01",
        "start": "2026-03-01T08:00:00Z",
        "end": "2026-03-02T08:00:00Z",
        "whole": True,
        "known_seconds": 86_400,
        "due_seconds": 86_400,
        "weighting": "energy",
        "method": "issuance",
        "provisional": False,
        "origin": "computed",
        "sources": [{"source": source, "share": share, "energy_wh": wh} for source, share, wh in shares],
        "modified": "2026-03-02T03:10:00Z",
    }
    summed: dict[str, object] = {
        "series": series,
        "contract_numbers": ["7000-1"],
        "tariff_codes": ["EV-TOU"] if of_tariffs else None,
        "region": region,
        "by": "day",
        "periods": [day],
    }
    return {"": segment, "by=day": summed}


RESOURCE = mix_resource("generation_mix", "The three series below together.")
