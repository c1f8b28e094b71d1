"""Usage summed up by local day, month or year: the readings of /usage_data, under the same scope and window."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cdsc_portal.lib.json.encoder import exact, instant
from cdsc_portal.lib.text.csv_cells import csv_cells, lines_as_csv
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.resources.base import Call, Option, Resource
from datahub.resources.fields import MaybeText, Shape, Text
from datahub.resources.usage_data import USAGE_DATA, USAGE_ROWS, QualityRunShape
from datahub.rows.usage import Quality
from datahub.usage.segments import MISSING, QUALITY_NAMES
from datahub.usage.sum_periods import By
from datahub.usage.sum_pieces import Rule
from datahub.usage.summed_usage import UsageSums, summed_usage

_QUALITIES = [quality for quality in Quality if quality != Quality.WITHDRAWN]
HEADER = (
    "contract_number", "meter_number", "register", "direction", "kind", "unit", "rule", "period", "start", "end",
    "whole", "value", "known", "due", "counted", *(QUALITY_NAMES[quality] for quality in _QUALITIES),
)  # fmt: skip


class PeriodShape(Shape):
    """What stands for one period. `start` and `end`: the part that links and window cover; `whole`: all of it."""

    period = Text(help_text="The local day, month or year: 2026-03-01, 2026-03, 2026.")
    start = serializers.DateTimeField(help_text="Where the part begins that links and window cover.")
    end = serializers.DateTimeField(help_text="Where that part ends.")
    whole = serializers.BooleanField(help_text="Whether that part is the whole period.")
    value = serializers.RegexField(r"^-?\d+(\.\d+)?$", help_text="exact")
    counted = serializers.RegexField(
        r"^-?\d+(\.\d+)?$",
        allow_null=True,
        help_text="How much counts in all that was used: sum it over channels of a service, unit and direction.",
    )
    known = serializers.IntegerField(min_value=1, help_text="How many readings went into it.")
    due = serializers.IntegerField(min_value=1, help_text="How many there would be without gaps.")
    quality = QualityRunShape(many=True, help_text="How many readings were worth what.")


class UsageSumsShape(Shape):
    """Periods without a known reading are left out."""

    contract_number = Text(help_text="The service, as `services` names it.")
    meter_number = Text(source="channel.meter_number", help_text="As printed on the meter.")
    register = MaybeText(
        source="channel.register", help_text="As the meter names it; null where it names none."
    )
    service_type = Text(source="channel.commodity", help_text="electricity, natural_gas or water.")
    direction = serializers.ChoiceField(
        ("import", "export", "net", "none"),
        source="channel.direction",
        help_text="`import` is what the customer used, `export` what was sent back.",
    )
    kind = serializers.ChoiceField(
        ("interval", "register", "demand"), source="channel.kind", help_text="What the sums are made from."
    )
    unit = Text(source="channel.unit", help_text="Of each value.")
    by = serializers.ChoiceField([by.value for by in By], help_text="How long a period is.")
    rule = serializers.ChoiceField(
        [rule.value for rule in Rule],
        source="sums.rule",
        help_text="How the readings of a period become one value.",
    )
    periods = serializers.SerializerMethodField(
        help_text="In order; those without a known reading are left out."
    )

    @extend_schema_field(PeriodShape(many=True))
    def get_periods(self, sums: UsageSums) -> list[dict[str, object]]:
        return [
            {
                "period": period,
                "start": start,
                "end": end,
                "whole": whole,
                "value": value,
                "counted": counted,
                "known": known,
                "due": due,
                "quality": _qualities(tuple(counts), due - known),
            }
            for period, start, end, whole, value, counted, known, due, counts in _rows(sums)
        ]


def _rows(sums: UsageSums) -> Iterator[tuple[str, str, str, bool, str, str | None, int, int, list[int]]]:
    """Period, start, end, whole, exact value, what counts of it, known, due, counts by code of Quality: all plain."""
    totals = sums.sums
    values = [exact(value) for value in sums.values]
    return zip(
        sums.periods,
        map(_instant, totals.starts.tolist()),
        map(_instant, totals.ends.tolist()),
        totals.whole.tolist(),
        values,
        values
        if sums.part is totals
        else (None if value is None else exact(value) for value in sums.counted),
        totals.known.tolist(),
        totals.due.tolist(),
        totals.qualities.tolist(),
        strict=True,
    )


@lru_cache(maxsize=4096)  # mostly one quality, as often as any month has readings
def _qualities(counts: tuple[int, ...], missing: int) -> list[dict[str, object]]:
    return [
        {"count": count, "quality": QUALITY_NAMES[code]}
        for code, count in [*enumerate(counts), (MISSING, missing)]
        if count
    ]


@lru_cache(maxsize=4096)  # channels of a page have the same periods
def _instant(seconds: int) -> str:
    return instant(datetime.fromtimestamp(seconds, UTC))


def _sums(call: Call) -> tuple[Coverage, Page[UsageSums]]:
    covered = call.coverage()
    return covered, summed_usage(covered, by=By(call.query.options["by"]), after=call.query.after)


def _lines(items: Sequence[UsageSums]) -> Iterator[str]:
    yield ",".join(HEADER)
    for item in items:
        channel = item.channel
        head = csv_cells(
            (
                item.contract_number, channel.meter_number, channel.register, channel.direction, channel.kind,
                channel.unit, item.sums.rule,
            )
        )  # fmt: skip
        for period, start, end, whole, value, counted, known, due, counts in _rows(item):
            by_quality = ",".join(str(counts[quality]) for quality in _QUALITIES)
            cells = f"{period},{start},{end},{'yes' if whole else 'no'},{value},{known},{due},{counted or ''}"
            yield f"{head},{cells},{by_quality}"


USAGE_SUMS = Resource(
    name="usage_sums",
    summary="Meter readings summed up by local day, month or year.",
    part_of=USAGE_DATA,
    query=_sums,
    shape=UsageSumsShape,
    csv=lambda items, _query: lines_as_csv(_lines(items)),
    options=(Option("by", tuple(By), "How long a period is; without it, a month.", default=By.MONTH),),
    examples={
        "": {
            "contract_number": "7000-1",
            "meter_number": "55-1042",
            "register": None,
            "service_type": "electricity",
            "direction": "import",
            "kind": "interval",
            "unit": "Wh",
            "by": "month",
            "rule": "sum",
            "periods": [
                {
                    "period": "2026-03",
                    "start": "2026-03-14T17:00:00Z",
                    "end": "2026-04-01T07:00:00Z",
                    "whole": False,
                    "value": "187204",
                    "counted": "187204",
                    "known": 1683,
                    "due": 1688,
                    "quality": [
                        {"count": 1680, "quality": "actual"},
                        {"count": 3, "quality": "estimated"},
                        {"count": 5, "quality": "missing"},
                    ],
                }
            ],
        }
    },
    rows=USAGE_ROWS,
)
