"""Tables of usage pages: a column declares its heading, its cells and its total; rows are the parts of a period."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdsc_portal.lib.json.encoder import exact
from datahub.usage.pages.measured import MeasuredUsage, UsageExtent
from datahub.usage.pages.periods import instants, next_first, part_in_words, year_ago
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.sum_periods import By
from datahub.usage.sum_pieces import Rule

_HOURS = 24
_FOLDED = (
    32  # amounts, from which on a table is opened by whoever wants it; on a phone each is a line of its own
)
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Cell:
    """One amount in words. `exact` is the amount in the unit as fed, "" where there is none; `value` is rounded."""

    value: str = ""
    exact: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What a table has one row for. `url` is the page that it opens into, "" for none."""

    label: str
    url: str = ""
    notes: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Column(Generic[_Item]):
    """`cell` gives the cell of a row's item; `series` has the amounts, so that a chart names its columns."""

    heading: str
    cell: Callable[[_Item], Cell]
    total: Cell = Cell()
    series: Series | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """Rows of a table; those of its foot add up the others."""

    is_foot: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`headings` name the columns after the first; no `total`: nothing to add up. `total_row` heads it."""

    first: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    total: tuple[Cell, ...]
    total_row: Row | None = None

    @property
    def is_folded(self) -> bool:
        return len(self.rows) * len(self.headings) >= _FOLDED

    @property
    def bodies(self) -> tuple[Body, ...]:
        """The rows, and what they add up to."""
        foot = replace(self.total_row or Row(_("Total")), cells=self.total)
        return (Body(False, self.rows), Body(True, (foot,))) if self.total else (Body(False, self.rows),)


def build_table(
    first: str,
    columns: Sequence[Column[_Item]],
    items: Iterable[_Item],
    row: Callable[[_Item], Row],
    *,
    has_total: bool = False,
) -> Table:
    """`row` gives the row of an item, without its cells; `first` is the heading above the labels of rows."""
    return Table(
        first,
        tuple(column.heading for column in columns),
        tuple(replace(row(item), cells=tuple(column.cell(item) for column in columns)) for item in items),
        tuple(column.total for column in columns) if has_total else (),
    )


def usage_columns(usage: MeasuredUsage, extent: UsageExtent) -> list[Column[date]]:
    """The columns of the table of usage: each series and, beside what is summed, the year before it.

    A slot of a day has no year before.
    """
    columns = []
    for series in usage.series:
        columns.append(_own_column(series, usage, extent))
        if series.rule is Rule.SUM and isinstance(usage.by, By):
            columns.append(_year_before_column(series, usage, extent))
    return columns


def usage_table(
    usage: MeasuredUsage, extent: UsageExtent, columns: Sequence[Column[date]], link: Callable[[str], str]
) -> Table:
    """A row for each part of the period, with what cuts it short; `link` gives the address of a period."""
    period, by = usage.period, usage.by

    def row(part: date) -> Row:
        opens = any(
            part in series.amounts for series in usage.series if series.days is not None or by is not By.DAY
        )
        inside = period.inside(part) if opens else ""
        notes = []
        if isinstance(by, By):
            start, end = instants(part, by)
            hours = (end - start) // timedelta(hours=1)
            if by is By.DAY and hours != _HOURS:
                notes.append(_("A day of %(hours)s hours") % {"hours": hours})
            notes += extent.cuts(part, by)
            ended = extent.ended is not None and extent.ended < end
            if start < extent.loaded_until < end and not ended:
                notes.append(_("So far"))
        return Row(part_in_words(part, by), link(inside) if inside else "", tuple(notes))

    first = _("Time") if period.is_day else _("Period")
    return build_table(first, columns, usage.parts, row, has_total=usage.has_data)


def estimated_in_words(count: int) -> str:
    """`E: 4 estimated`."""
    return ngettext("E: %(count)s estimated", "E: %(count)s estimated", count) % {"count": _count(count)}


def _own_column(series: Series, usage: MeasuredUsage, extent: UsageExtent) -> Column[date]:
    """What is not summed has no total."""
    amounts = [series.amounts[part] for part in usage.parts if part in series.amounts]
    start, end = usage.period.start, usage.period.end
    missing = ""
    if amounts and start is not None and end is not None:
        # of a day as the day's own sum counts them: slots without a reading are not among `amounts`
        amount = (series.days or {}).get(start) if usage.period.is_day else amounts[0]
        missing = _missing(series, amount, start, end, extent) if amount else ""
    return Column(
        heading=f"{series.heading} ({series.unit})",
        cell=lambda part: _cell(series, part, usage, extent),
        total=_total(series, amounts, missing) if series.rule is Rule.SUM else Cell(),
        series=series,
    )


def _year_before_column(series: Series, usage: MeasuredUsage, extent: UsageExtent) -> Column[date]:
    """The row says what cuts its own part short; what cuts the year before stands in its cell."""

    def cell(part: date) -> Cell:
        ago = year_ago(part)
        if ago is None:
            return Cell(notes=(_("no such day"),))
        before = _cell(series, ago, usage, extent)
        cuts = extent.cuts(ago, usage.by) if before.exact else []
        return replace(before, notes=(*cuts, *before.notes))

    days = [ago for part in usage.parts if (ago := year_ago(part)) and ago in series.amounts]
    return Column(
        heading=_("%(what)s, the year before (%(unit)s)") % {"what": series.heading, "unit": series.unit},
        cell=cell,
        total=_total(series, [series.amounts[day] for day in days], ""),
        series=series,
    )


def _cell(series: Series, part: date, usage: MeasuredUsage, extent: UsageExtent) -> Cell:
    amount = series.amounts.get(part)
    if amount is None:
        return Cell(notes=(extent.why_nothing(part, usage.by),))
    end = next_first(part, usage.by) if isinstance(usage.by, By) else part
    return _amount_cell(
        series, amount.value, _missing(series, amount, part, end, extent), amount.not_measured
    )


def _total(series: Series, amounts: Sequence[Amount], missing: str) -> Cell:
    if not amounts:
        return Cell()
    value = added(amount.value for amount in amounts)
    return _amount_cell(series, value, missing, sum(amount.not_measured for amount in amounts))


def _amount_cell(series: Series, value: Decimal, missing: str, estimated: int) -> Cell:
    notes = (missing, estimated_in_words(estimated) if estimated else "")
    return Cell(series.shown(value), exact(value), tuple(filter(None, notes)))


def _missing(series: Series, amount: Amount, first: date, end: date, extent: UsageExtent) -> str:
    """`28 of 31 days complete` or `91 of 96 readings` of local days [first, end); "" where nothing is missing."""
    if series.days is not None and (end - first).days > 1:
        begin, end = max(first, extent.first_day), min(end, extent.last_day + timedelta(days=1))
        due = (end - begin).days
        known = bisect_left(series.complete, end) - bisect_left(series.complete, begin)
        if known < due:
            return _("%(known)s of %(due)s days complete") % {"known": _count(known), "due": _count(due)}
    if amount.known >= amount.due:
        return ""
    return _("%(known)s of %(due)s readings") % {"known": _count(amount.known), "due": _count(amount.due)}


def _count(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
