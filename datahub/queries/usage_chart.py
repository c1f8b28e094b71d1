"""Bars of what was used and of what was sent back, each direction in a chart of its own, never set off."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import pgettext

from datahub.queries.bar_chart import COLORS, Chart, Plotted, bar_chart
from datahub.queries.sum_periods import By, Slots
from datahub.queries.sum_pieces import Rule
from datahub.queries.usage_findings import finding
from datahub.queries.usage_life import UsageLife
from datahub.queries.usage_measured import Measured
from datahub.queries.usage_periods import Length, year_ago
from datahub.queries.usage_series import Series

_FIRST_COLORS = {"import": 1, "export": 2}
_LABELLED_HOURS = 3


def usage_charts(held: Measured, life: UsageLife) -> tuple[Chart, ...]:
    """One chart a unit and direction, of the series that are summed and have something to show."""
    summed = [
        one for one in held.series if one.rule is Rule.SUM and any(p in one.amounts for p in held.parts)
    ]
    kinds = dict.fromkeys((one.unit, one.direction) for one in summed)
    return tuple(
        _chart([one for one in summed if (one.unit, one.direction) == kind], held, life) for kind in kinds
    )


def color_of(direction: str, place: int = 0) -> int:
    """What is sent back has another color than what is used; registers follow on."""
    return (_FIRST_COLORS.get(direction, 3) - 1 + place) % COLORS + 1


def part_label(part: date, by: Length) -> str:
    """Below the chart; of slots only each third hour has one."""
    if isinstance(by, Slots):
        return _hour_label(part)
    return date_format(part, {By.YEAR: "Y", By.MONTH: "M", By.DAY: "j"}[by])


def _hour_label(part: date) -> str:
    assert isinstance(part, datetime)
    local = timezone.localtime(part, timezone.get_default_timezone())
    if local.hour % _LABELLED_HOURS or local.minute or local.fold:
        return ""
    return date_format(local, pgettext("format of an hour, as Django's date filter", "g A"))


def _chart(series: Sequence[Series], held: Measured, life: UsageLife) -> Chart:
    shown = series[:COLORS]
    width = 2 if isinstance(held.by, By) else 1  # columns of a series in the table
    first = 1 + sum(
        width if one.rule is Rule.SUM else 1 for one in held.series[: held.series.index(shown[0])]
    )
    return bar_chart(
        [_plotted(one, held, color_of(one.direction, place), len(shown)) for place, one in enumerate(shown)],
        held.parts,
        title=finding(shown[0], held, life),
        name=f"{shown[0].direction}-{held.series.index(shown[0])}",
        columns=range(first, first + width * len(shown)),
        label=lambda part: part_label(part, held.by),
        scale_words=plain_number,
    )


def _plotted(series: Series, held: Measured, color: int, of: int) -> Plotted:
    """The year before stands with a single series; with several it would be a thicket."""
    amounts = [(part, series.amounts[part]) for part in held.parts if part in series.amounts]
    before = {
        part: series.in_unit(series.amounts[ago].value)
        for part in held.parts
        if of == 1 and isinstance(held.by, By) and (ago := year_ago(part)) in series.amounts and ago
    }
    return Plotted(
        f"{series.heading} ({series.unit})",
        color,
        {part: series.in_unit(amount.value) for part, amount in amounts},
        frozenset(part for part, amount in amounts if amount.not_measured),
        before,
    )


def plain_number(value: Decimal) -> str:
    """In the reader's language, without needless zeros."""
    whole = value.normalize()
    decimals = -int(whole.as_tuple().exponent)
    return number_format(whole, max(0, decimals), use_l10n=True, force_grouping=True)
