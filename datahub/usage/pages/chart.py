"""Bars of what was used and of what was sent back, each direction in a chart of its own, never set off."""

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import pgettext

from datahub.usage.pages.bar_chart import Chart, Plotted, bar_chart
from datahub.usage.pages.findings import finding
from datahub.usage.pages.measured import Measured
from datahub.usage.pages.measured_time import UsageLife
from datahub.usage.pages.periods import Length, year_ago
from datahub.usage.pages.series import Series
from datahub.usage.sum_periods import By, Slots

_PALETTES = {"import": (1, 3, 5, 6), "export": (2, 4)}  # the two share no color
_OTHERS = (3, 4, 5, 6)
_LABELLED_HOURS = 3


def usage_charts(held: Measured, life: UsageLife) -> tuple[Chart, ...]:
    """One chart a unit and direction that has something to show: the series that count, one upon the other."""
    return tuple(
        _chart(total, held, life)
        for total in held.totals
        if any(part in total.amounts for part in held.parts)
    )


def color_of(direction: str, place: int = 0) -> int:
    """What is sent back has other colors than what is used; meters follow on."""
    palette = _PALETTES.get(direction, _OTHERS)
    return palette[place % len(palette)]


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


def _chart(total: Series, held: Measured, life: UsageLife) -> Chart:
    """The table has the columns of series that count beside each other, ahead of all others."""
    shown = [one for one in held.series if one.counted and one.kind == total.kind]
    width = 2 if isinstance(held.by, By) else 1  # columns of a series in the table
    first = 1 + width * held.series.index(shown[0])
    return bar_chart(
        [_plotted(one, held, color_of(one.direction, place)) for place, one in enumerate(shown)],
        held.parts,
        title=finding(total, held, life),
        name=f"{total.direction}-{held.series.index(shown[0])}",
        columns=range(first, first + width * len(shown)),
        label=lambda part: part_label(part, held.by),
        scale_words=plain_number,
        before=_before(total, held),
    )


def _plotted(series: Series, held: Measured, color: int) -> Plotted:
    amounts = [(part, series.amounts[part]) for part in held.parts if part in series.amounts]
    return Plotted(
        f"{series.heading} ({series.unit})",
        color,
        {part: series.in_unit(amount.value) for part, amount in amounts},
        frozenset(part for part, amount in amounts if amount.not_measured),
    )


def _before(total: Series, held: Measured) -> dict[date, Decimal]:
    """The year before, of all meters together."""
    return {
        part: total.in_unit(total.amounts[ago].value)
        for part in held.parts
        if isinstance(held.by, By) and (ago := year_ago(part)) in total.amounts and ago
    }


def plain_number(value: Decimal) -> str:
    """In the reader's language, without needless zeros."""
    whole = value.normalize()
    decimals = -int(whole.as_tuple().exponent)
    return number_format(whole, max(0, decimals), use_l10n=True, force_grouping=True)
