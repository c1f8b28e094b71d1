"""Usage summed up by local day, month or year: the readings of /usage_data, under the same scope and window."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import orjson
from rest_framework import serializers

from cdsc_portal.lib.json.encoder import dumps, exact, exact_scaled, instant
from cdsc_portal.lib.text.csv_cells import csv_cells, lines_as_csv
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.resources.base import Call, Option, Resource
from datahub.resources.fields import MaybeText, Shape, Text
from datahub.resources.usage_data import RESOURCE as USAGE_DATA
from datahub.resources.usage_data import USAGE_ROWS, QualityRunShape
from datahub.rows.usage import Quality
from datahub.usage.segments import MISSING, QUALITY_NAMES
from datahub.usage.sum_periods import By
from datahub.usage.sum_pieces import Rule
from datahub.usage.summed_usage import UsageSums, finest, summed_usage

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
    periods = PeriodShape(many=True, help_text="In order; those without a known reading are left out.")


def _serialize(items: Sequence[UsageSums]) -> list[dict[str, object]]:
    """The objects that the shape describes; periods are written as text, since there may be thousands."""
    objects: list[dict[str, object]] = []
    for item in items:
        channel, sums = item.channel, item.sums
        columns = (sums.starts, sums.ends, sums.whole, sums.known, sums.due, sums.qualities)
        frames = _frames(tuple(item.periods), *(column.tobytes() for column in columns))
        values, counted = _values(item)
        counted = ["null" if count is None else f'"{count}"' for count in counted]
        periods = [
            f'{head}{value}","counted":{count}{tail}'
            for (head, tail), value, count in zip(frames, values, counted, strict=True)
        ]
        objects.append(
            {
                "contract_number": item.contract_number,
                "meter_number": channel.meter_number,
                "register": channel.register or None,
                "service_type": channel.commodity,
                "direction": channel.direction,
                "kind": channel.kind,
                "unit": channel.unit,
                "by": item.by,
                "rule": sums.rule,
                "periods": orjson.Fragment(f"[{','.join(periods)}]"),
            }
        )
    return objects


# channels of a page mostly have the same periods with the same counts; three years by day take half a megabyte
@lru_cache(maxsize=32)
def _frames(
    periods: tuple[str, ...],
    starts: bytes,
    ends: bytes,
    whole: bytes,
    known: bytes,
    due: bytes,
    qualities: bytes,
) -> list[tuple[str, str]]:
    """The JSON of each period before its values and behind them; columns as they stand in memory."""
    integers = (np.frombuffer(column, dtype=np.int64) for column in (starts, ends, known, due))
    counts = np.frombuffer(qualities, dtype=np.int64).reshape(len(periods), -1)
    columns = [column.tolist() for column in (*integers, np.frombuffer(whole, dtype=np.bool_), counts)]
    frames = []
    for period, start, end, count, count_due, is_whole, by_quality in zip(periods, *columns, strict=True):
        times = {"period": period, "start": _instant(start), "end": _instant(end), "whole": is_whole}
        runs = [
            {"count": number, "quality": QUALITY_NAMES[code]}
            for code, number in [*enumerate(by_quality), (MISSING, count_due - count)]
            if number
        ]
        head = dumps(times)[:-1] + b',"value":"'
        tail = b"," + dumps({"known": count, "due": count_due, "quality": runs})[1:]
        frames.append((head.decode(), tail.decode()))
    return frames


def _values(item: UsageSums) -> tuple[list[str], list[str | None]]:
    """The exact value of each period, and what counts of it."""
    values = exact_scaled(item.sums.totals, item.sums.scale)
    if item.part is item.sums:
        return values, [*values]
    return values, [None if value is None else exact(value) for value in item.counted]


@lru_cache(maxsize=4096)  # channels of a page have the same periods
def _instant(seconds: int) -> str:
    return instant(datetime.fromtimestamp(seconds, UTC))


def _sums(call: Call) -> tuple[Coverage, Page[UsageSums]]:
    covered = call.coverage()
    by = finest(By(call.query.options["by"]), covered.resolution)
    return covered, summed_usage(covered, by=by, after=call.query.after)


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
        sums = item.sums
        columns = (sums.starts, sums.ends, sums.whole, sums.known, sums.due, sums.qualities)
        for period, value, counted, start, end, whole, known, due, counts in zip(
            item.periods, *_values(item), *(column.tolist() for column in columns), strict=True
        ):
            by_quality = ",".join(str(counts[quality]) for quality in _QUALITIES)
            times = f"{period},{_instant(start)},{_instant(end)},{'yes' if whole else 'no'}"
            yield f"{head},{times},{value},{known},{due},{counted or ''},{by_quality}"


RESOURCE = Resource(
    name="usage_sums",
    summary="Meter readings summed up by local day, month or year.",
    part_of=USAGE_DATA,
    query=_sums,
    shape=UsageSumsShape,
    serialize=_serialize,
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
