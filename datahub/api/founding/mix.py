"""Where electricity came from: the steps as they are told or worked out, or summed up by local day or month."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from cdsc_portal.lib.json import exact, instant
from cdsc_portal.lib.paging import Position
from consent.access import DataAccess
from consent.api.gated import access_of, remote_address
from consent.api.problems import bad_parameter
from consent.services.disclose import record_disclosure
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, from_first_to_last
from datahub.api.founding.documents import documented
from datahub.api.founding.fields import Exact, Instant, MaybeText, ReadOnlyField, Shape, Text
from datahub.api.founding.shapes import EnvelopeShape, MixSegmentShape
from datahub.api.founding.views import SeriesView
from datahub.mix.render import mix_lines, mix_object, mix_sum_lines
from datahub.mix.segments import generation_mix
from datahub.mix.summed import LABELS, MixPeriod, SummedMix, summed_mix
from datahub.mix.sums import MIXED, Weighting
from datahub.resources.answer_versions import SUMMED
from datahub.usage.sum_periods import By

_BY = OpenApiParameter(
    "by",
    str,
    enum=[by.value for by in LABELS],
    description="Sums by local day or month; without it, every step.",
)


class SummedSourceShape(Shape):
    """`share` is null where it is told at no time of the period, `energy_wh` where usage is not shared or not known."""

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
    """Periods of which nothing is told are left out."""

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
class MixItems(ReadOnlyField):
    """Segments of steps or, with `by`, sums."""

    def to_representation(self, value: Sequence[Any]) -> list[dict[str, object]]:
        summed = SummedMixShape()
        return [
            summed.to_representation(item) if isinstance(item, SummedMix) else mix_object(item)
            for item in value
        ]


class MixAnswerShape(EnvelopeShape):
    """Steps as segments, sums by period."""

    data = MixItems(help_text="Segments of steps or, with `by`, sums.")  # type: ignore[assignment]  # a wire name; serializers have one of their own


@documented("The three series below together.", parameters=[_BY], examples=["generation_mix, by=day"])
class GenerationMix(SeriesView):
    resource = "generation_mix"
    answer = MixAnswerShape
    also: ClassVar[tuple[str, ...]] = ("by",)

    @property
    def stands_on(self) -> str:
        """Sums are weighed with usage where it is shared, steps never are."""
        shares_usage = access_of(self.request).parts_for("usage_data")
        return self.resource + SUMMED if self._by() and shares_usage else self.resource

    def page(self, covered: Coverage, access: DataAccess, at: datetime, after: Position | None) -> Page[Any]:
        by = self._by()
        if by is None:
            return generation_mix(covered, self.resource, access=access, after=after)
        return summed_mix(covered, self.resource, access=access, by=by, after=after)

    def lines(self, items: Sequence[Any]) -> Iterator[str]:
        return mix_lines(items) if self._by() is None else mix_sum_lines(items)

    def disclose(
        self, access: DataAccess, covered: Coverage, page: Page[Any], request: Request, at: datetime
    ) -> None:
        """What energy came from each source is usage, and recorded as such too."""
        super().disclose(access, covered, page, request, at)
        telling = [item for item in page.items if isinstance(item, SummedMix) and item.energies]
        if telling:
            record_disclosure(
                access=access,
                scope=access.parts_for("usage_data")[0].scope,
                resource="usage_data",
                span=covered.window,
                data=from_first_to_last(
                    (period.start, period.end)
                    for item in telling
                    for period in item.periods
                    if period.energy_wh
                ),
                value_count=sum(item.energies for item in telling),
                contracts=frozenset().union(*(item.contracts for item in telling)),
                address=remote_address(request),
                at=at,
            )

    def _by(self) -> By | None:
        text = self.request.query_params.get("by")
        if text is None:
            return None
        if text not in list(LABELS):
            raise bad_parameter("by", f"expected one of {', '.join(LABELS)}")
        return By(text)


@documented("What the grid region generated.", parameters=[_BY], examples=["generation_breakdown, by=day"])
class GenerationBreakdown(GenerationMix):
    resource = "generation_breakdown"


@documented(
    "What the customer's tariff was made of.", parameters=[_BY], examples=["consumption_breakdown, by=day"]
)
class ConsumptionBreakdown(GenerationMix):
    resource = "consumption_breakdown"


@documented(
    "What no certificate covers, by grid region.", parameters=[_BY], examples=["residual_mix, by=day"]
)
class ResidualMix(GenerationMix):
    resource = "residual_mix"


def _period(period: MixPeriod, by: By) -> dict[str, object]:
    found, energy = period.sum, period.energy_wh or {}
    return {
        "period": period.first.strftime(LABELS[by]),
        "start": instant(period.start),
        "end": instant(period.end),
        "whole": period.whole,
        "known_seconds": found.known_seconds,
        "due_seconds": period.due_seconds,
        "weighting": found.weighting,
        "method": found.method,
        "provisional": found.provisional,
        "origin": found.origin,
        "sources": [
            {
                "source": source,
                "share": None if share is None else exact(share),
                "energy_wh": energy.get(source),
            }
            for source, share in found.shares.items()
        ],
        "modified": instant(found.modified),
    }
