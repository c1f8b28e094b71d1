"""Charts of usage: a sentence that says what is to be seen, and bars as numbers that a drawing takes.

Each direction has a chart of its own, never set off against the other; the table beside it says the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdsc_portal.lib.time.dates_in_words import clock_form
from cdsc_portal.lib.time.local_days import first_day_from, last_midnight_by
from cdsc_portal.lib.time.ranges import Span
from datahub.usage.pages.measured import MeasuredUsage, UsageExtent
from datahub.usage.pages.periods import Length, ShownPeriod, instants, next_first, when_in_words, year_ago
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.pages.table import Column
from datahub.usage.readings import seconds_of
from datahub.usage.sum_periods import By, Slots

WIDTH, HEIGHT = 640, 200  # of the plot, in the units of the drawing
_SHARE = Decimal("0.8")  # of a part's width that its bars take
_MOST_LABELS = 12  # side by side on a phone
_EVEN = 0.7  # of the widest gap between labels
_MARK_GAP = 4  # from the top of a bar to the foot of its E
_MARK_HEIGHT = 20  # how much room an E takes with what is around it
_STEPS = tuple(map(Decimal, ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")))
_PALETTES = {"import": (1, 3, 5, 6), "export": (2, 4)}  # the two share no color
_OTHERS = (3, 4, 5, 6)
_LABELLED_HOURS = 3
_NEARLY_WHOLE = Decimal("0.98")
_WHOLE: dict[str, str | Promise] = {
    "import": gettext_lazy("You used %(amount)s %(when)s"),
    "export": gettext_lazy("You sent back %(amount)s %(when)s"),
}
_SO_FAR: dict[str, str | Promise] = {
    "import": gettext_lazy("You used %(amount)s %(when)s so far"),
    "export": gettext_lazy("You sent back %(amount)s %(when)s so far"),
}


@dataclass(frozen=True, slots=True)
class Plotted:
    """Bars of one color, by part; `estimated` are those that are hatched."""

    heading: str
    color: int  # from 1
    values: Mapping[date, Decimal]
    estimated: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Bar:
    """Numbers as the drawing takes them; `mark` x and y of the E of an estimate."""

    x: str
    y: str
    width: str
    height: str
    color: int
    estimated: bool
    mark: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A text or a line at a place of the drawing."""

    x: str
    y: str
    label: str = ""
    width: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What a part opens into when its bar is clicked; it covers the whole height of the plot."""

    x: str
    width: str
    url: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` states what is to be seen; `legend` are color and heading; no bar is never 0, `gap` says what it is.

    `left_out` says which marks of the year before are not drawn.

    `columns` are those of the table that it shows, from 1, as the script that reads points takes them.
    """

    title: str
    name: str
    columns: str
    bars: tuple[Bar, ...]
    befores: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    lines: tuple[Mark, ...]
    legend: tuple[tuple[int, str], ...]
    zero: str
    has_estimates: bool
    gap: str
    links: tuple[Link, ...] = ()
    left_out: str = ""

    @property
    def is_dense(self) -> bool:
        """More labels than stand side by side on a phone, or two much nearer than others, over a skipped hour."""
        places = [float(tick.x) for tick in self.ticks]
        gaps = [after - before for before, after in pairwise(places)]
        return len(places) > _MOST_LABELS or min(gaps, default=1) < max(gaps, default=1) * _EVEN


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
        plotted = []
        for place, series in enumerate(shown):
            amounts = {part: series.amounts[part] for part in usage.parts if part in series.amounts}
            values = {part: series.in_unit(amount.value) for part, amount in amounts.items()}
            estimated = frozenset(part for part, amount in amounts.items() if amount.not_measured)
            color = color_of(series.direction, place)
            plotted.append(Plotted(f"{series.heading} ({series.unit})", color, values, estimated))
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
        chart = bar_chart(
            plotted,
            usage.parts,
            title=_finding(total, usage, extent),
            name=f"{total.direction}-{usage.series.index(shown[0])}",
            columns=[place for place, column in enumerate(columns, 1) if column.series in shown],
            label=lambda part: part_label(part, usage.by),
            scale_words=plain_number,
            before=before,
            address=lambda part: address(usage.period.inside(part)),
            left_out=_("The year before is not marked where less than 98% of it is known")
            if len(before) < len(year_before)
            else "",
        )
        charts.append(chart)
    return tuple(charts)


def bar_chart(
    plotted: Sequence[Plotted],
    parts: Sequence[date],
    *,
    title: str,
    name: str,
    columns: Sequence[int],
    label: Callable[[date], str],
    scale_words: Callable[[Decimal], str],
    before: Mapping[date, Decimal] | None = None,
    gap: str = "",
    address: Callable[[date], str] = lambda _part: "",
    left_out: str = "",
) -> Chart:
    """Bars of one part stand one upon the other; `before` are marks across all of them.

    `label` names a part below the plot ("" for none), `scale_words` a value at its lines. `gap` says what a part
    without a bar is, where it is something else than nothing known; `address` what a part opens into, "" for nothing.
    """
    slot = Decimal(WIDTH) / max(len(parts), 1)
    margin = slot * (1 - _SHARE) / 4
    before = before or {}
    top, foot = _scale(plotted, parts, before)

    def y(value: Decimal) -> Decimal:
        return (top - value) * HEIGHT / (top - foot)

    bars = tuple(
        bar for number, part in enumerate(parts) for bar in _bars(plotted, number, part, slot, y, before)
    )
    steps = [top, top / 2, Decimal(0), *([foot] if foot else [])]
    return Chart(
        title=title,
        name=name,
        columns=" ".join(map(str, columns)),
        bars=bars,
        befores=tuple(
            Mark(_point(place * slot + margin), _point(y(before[part])), width=_point(slot - 2 * margin))
            for place, part in enumerate(parts)
            if part in before
        ),
        ticks=tuple(
            Mark(_point(place * slot + slot / 2), "", words)
            for place, part in enumerate(parts)
            if (words := label(part))
        ),
        lines=tuple(Mark("0", _point(y(value)), scale_words(value)) for value in steps),
        legend=tuple((each.color, each.heading) for each in plotted),
        zero=_point(y(Decimal(0))),
        has_estimates=any(bar.estimated for bar in bars),
        gap=(gap or _("A gap: no data"))
        if any(all(part not in each.values for each in plotted) for part in parts)
        else "",
        links=tuple(
            Link(_point(place * slot), _point(slot), url)
            for place, part in enumerate(parts)
            if any(part in each.values for each in plotted) and (url := address(part))
        ),
        left_out=left_out,
    )


def _scale(
    plotted: Sequence[Plotted], parts: Sequence[date], before: Mapping[date, Decimal]
) -> tuple[Decimal, Decimal]:
    """The values at the top and at the foot of the plot, between which all bars and marks lie."""
    high = low = Decimal(0)
    for part in parts:
        values = [each.values[part] for each in plotted if part in each.values]
        up, down = (sum(filter(side, values), Decimal(0)) for side in (lambda v: v > 0, lambda v: v < 0))
        high, low = max(high, up, before.get(part, up)), min(low, down, before.get(part, down))
    return round_up(high) if high or low else Decimal(1), -round_up(-low) if low else low


def round_up(value: Decimal) -> Decimal:
    """The next number above a positive one that people like to read at a line."""
    power = Decimal(1).scaleb(value.adjusted())
    return next(step for step in _STEPS if step * power >= value) * power


def color_of(direction: str, place: int = 0) -> int:
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


def plain_number(value: Decimal) -> str:
    """In the reader's language, without needless zeros."""
    whole = value.normalize()
    decimals = -int(whole.as_tuple().exponent)
    return number_format(whole, max(0, decimals), use_l10n=True, force_grouping=True)


def _bars(
    plotted: Sequence[Plotted],
    number: int,
    part: date,
    slot: Decimal,
    y: Callable[[Decimal], Decimal],
    before: Mapping[date, Decimal],
) -> Iterator[Bar]:
    """Of one part, from the zero line on: up for what is above it, down for what is below. The E stands above all.

    It stands above the mark of the year before too, where that would cross the letter.
    """
    width, x = slot * _SHARE, number * slot + slot * (1 - _SHARE) / 2
    up = down = Decimal(0)
    foot_of_mark = y(sum((each.values[part] for each in plotted if each.values.get(part, 0) > 0), up))
    if part in before and foot_of_mark - _MARK_HEIGHT < (line := y(before[part])) < foot_of_mark:
        foot_of_mark = line
    foot_of_mark -= _MARK_GAP
    for each in plotted:
        value = each.values.get(part)
        if value is None:
            continue
        base = up if value >= 0 else down
        top, foot = y(max(base, base + value)), y(min(base, base + value))
        up, down = up + max(value, Decimal(0)), down + min(value, Decimal(0))
        yield Bar(
            _point(x),
            _point(top),
            _point(width),
            _point(foot - top),
            each.color,
            part in each.estimated,
            (_point(x + width / 2), _point(foot_of_mark)),
        )


def _is_nearly_whole(amount: Amount, first: date, by: Length) -> bool:
    """Whether an amount is of all of its part, but for a few readings: less would look as if little had been used."""
    start, end = seconds_of(Span(*instants(first, by)))
    return amount.start <= start and end <= amount.end and amount.known >= _NEARLY_WHOLE * amount.due


def _point(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.1'), rounding=ROUND_CEILING):f}"


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
