"""Charts of usage: a sentence that says what is to be seen, and layers of bars.

Each direction has a chart of its own, never set off against the other; the table beside it says the same.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdsc_portal.lib.time.dates_in_words import clock_form
from cdsc_portal.lib.time.local_days import first_day_from, last_midnight_by
from cdsc_portal.lib.time.ranges import Span
from datahub.charts.drawing import Chart
from datahub.charts.shapes import Layer, stacked_bars
from datahub.usage.pages.measured import MeasuredUsage, UsageExtent
from datahub.usage.pages.periods import Length, ShownPeriod, instants, next_first, when_in_words, year_ago
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.pages.table import Column
from datahub.usage.readings import seconds_of
from datahub.usage.sum_periods import By, Slots

# of what is used and sent back, meter upon meter; the four colors that mean one thing come first
_PALETTES = {
    "import": ("used", "series-5", "series-6", "series-1"),
    "export": ("sent", "series-3"),
    "net": ("net",),
    "production": ("series-2", "series-4"),
}
_OTHERS = ("series-3", "series-4", "series-5", "series-6")
_LABELLED_HOURS = 3
_NEARLY_WHOLE = Decimal("0.98")
_WHOLE: dict[str, str | Promise] = {
    "import": gettext_lazy("You used %(amount)s %(when)s"),
    "export": gettext_lazy("You sent back %(amount)s %(when)s"),
    "production": gettext_lazy("You produced %(amount)s %(when)s"),
}
_SO_FAR: dict[str, str | Promise] = {
    "import": gettext_lazy("You used %(amount)s %(when)s so far"),
    "export": gettext_lazy("You sent back %(amount)s %(when)s so far"),
    "production": gettext_lazy("You produced %(amount)s %(when)s so far"),
}


def usage_charts(
    usage: MeasuredUsage, extent: UsageExtent, columns: Sequence[Column[date]], address: Callable[[str], str]
) -> tuple[Chart, ...]:
    """One chart a unit and direction that has something to show: the series that count, one upon the other.

    `address` is that of a period. The year before is marked where nearly all of it is known, else the chart says so.
    """
    charts = []
    for total in usage.totals:
        if not any(part in total.amounts for part in usage.parts):
            continue
        shown = [series for series in usage.series if series.counted and series.kind == total.kind]
        layers = []
        for place, series in enumerate(shown):
            amounts = {part: series.amounts[part] for part in usage.parts if part in series.amounts}
            values = {part: series.in_unit(amount.value) for part, amount in amounts.items()}
            estimated = frozenset(part for part, amount in amounts.items() if amount.not_measured)
            color = color_of(series.direction, place)
            layers.append(Layer(f"{series.heading} ({series.unit})", color, values, estimated))
        year_before = {
            part: (ago, total.amounts[ago])
            for part in usage.parts
            if isinstance(usage.by, By) and (ago := year_ago(part)) in total.amounts and ago
        }
        before = {
            part: total.in_unit(amount.value)
            for part, (ago, amount) in year_before.items()
            if _is_nearly_whole(amount, ago, usage.by)
        }
        chart = stacked_bars(
            layers,
            usage.parts,
            title=_finding(total, usage, extent),
            name=f"{total.direction}-{usage.series.index(shown[0])}",
            table="usage-table",
            columns=[place for place, column in enumerate(columns, 1) if column.series in shown],
            label=lambda part: part_label(part, usage.by),
            before=before,
            address=lambda part: address(usage.period.inside(part)),
            left_out=_("The year before is not marked where less than 98% of it is known")
            if len(before) < len(year_before)
            else "",
        )
        charts.append(chart)
    return tuple(charts)


def color_of(direction: str, place: int = 0) -> str:
    """What is sent back has other colors than what is used; meters follow on."""
    palette = _PALETTES.get(direction, _OTHERS)
    return palette[place % len(palette)]


def part_label(part: date, by: Length) -> str:
    """Below the chart; of slots only each third hour has one."""
    if not isinstance(by, Slots):
        return date_format(part, {By.YEAR: "Y", By.MONTH: "M", By.DAY: "j"}[by])
    assert isinstance(part, datetime)
    local = timezone.localtime(part, timezone.get_default_timezone())
    if local.hour % _LABELLED_HOURS or local.minute or local.fold:
        return ""
    return date_format(local, clock_form("g A"))


def _is_nearly_whole(amount: Amount, first: date, by: Length) -> bool:
    """Whether an amount is of all of its part, but for a few readings: less would look as if little had been used."""
    start, end = seconds_of(Span(*instants(first, by)))
    return amount.start <= start and end <= amount.end and amount.known >= _NEARLY_WHOLE * amount.due


def _finding(total: Series, usage: MeasuredUsage, extent: UsageExtent) -> str:
    """`You used 312 kWh in March 2026, 8% less than in March 2025`, of all that was used or sent back.

    Compared over the days, or else the parts, that were measured whole in both years. A day that a move or the end of
    what is loaded cuts is not whole, though no reading of its own is missing.
    """
    period, ago = usage.period, usage.period.year_ago
    values = [total.amounts[part].value for part in usage.parts if part in total.amounts]
    is_going_on = extent.goes_on_in(period.span)
    sentence = (_SO_FAR if is_going_on else _WHOLE).get(total.direction) or (
        _("%(what)s: %(amount)s %(when)s so far") if is_going_on else _("%(what)s: %(amount)s %(when)s")
    )
    amount = f"{total.shown(added(values))} {total.unit}"
    finding = str(sentence) % {"what": total.heading, "amount": amount, "when": when_in_words(period)}
    if ago is None:
        return finding
    if ago.span.end is not None and ago.span.end <= extent.moved_in:
        return _("%(finding)s. The year before was before you moved in") % {"finding": finding}

    amounts: Mapping[date, Amount] = total.amounts if total.days is None else total.days
    by = By.DAY if total.days is not None else period.by
    first, end = first_day_from(extent.moved_in), last_midnight_by(extent.loaded_until)
    own = [day for day in amounts if _within(day, period)]
    pairs = [
        (day, before)
        for day in own
        if (before := year_ago(day)) is not None
        and before in amounts
        and first <= before
        and next_first(day, by) <= end
        and all(amounts[each].known >= amounts[each].due for each in (day, before))
    ]
    now = added(amounts[day].value for day, _before in pairs)
    then = added(amounts[before].value for _day, before in pairs)
    if not pairs or then <= 0:
        return finding
    percent = round((now - then) / then * 100)
    if percent == 0:
        change = _("as much as")
    elif percent < 0:
        change = _("%(percent)s%% less than") % {"percent": -percent}
    else:
        change = _("%(percent)s%% more than") % {"percent": percent}
    facts = {"finding": finding, "change": change, "when": when_in_words(ago)}
    is_whole = len(pairs) == len(own) == sum(_within(day, ago) for day in amounts)
    if is_whole or period.is_day:
        return _("%(finding)s, %(change)s %(when)s") % facts
    return _("%(finding)s. Of what was measured in both years: %(change)s %(when)s") % facts


def _within(day: date, period: ShownPeriod) -> bool:
    return (period.start is None or period.start <= day) and (period.end is None or day < period.end)
