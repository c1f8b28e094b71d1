"""The table of a usage page: a row for each part of the period, what is missing and what is estimated said in it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdsc_portal.lib.json import exact
from datahub.usage.pages.measured import Measured
from datahub.usage.pages.measured_time import UsageLife
from datahub.usage.pages.page_query import UsagePageQuery
from datahub.usage.pages.periods import Length, ShownPeriod, instants, next_first, part_in_words, year_ago
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.sum_periods import By
from datahub.usage.sum_pieces import Rule

_HOURS = 24


@dataclass(frozen=True, slots=True)
class Cell:
    """One amount in words. `exact` is the amount in the unit as fed, "" where there is none; `value` is rounded."""

    value: str
    exact: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One part of the shown period. `url` is the period that it opens into, "" for none."""

    label: str
    url: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """Rows of a table; those of its foot add up the others."""

    is_foot: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`headings` name the columns after the first; no `total`: nothing to add up."""

    first: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    total: tuple[Cell, ...]

    @property
    def bodies(self) -> tuple[Body, ...]:
        """The rows, and what they add up to."""
        foot = Body(True, (Row(_("Total"), "", self.total, ()),))
        return (Body(False, self.rows), foot) if self.total else (Body(False, self.rows),)


_Column = tuple[Series, Sequence[str]]  # with the headings of its one or two columns


def usage_table(held: Measured, life: UsageLife, asked: UsagePageQuery) -> Table:
    """Amounts of each series, beside those of the year before where a part is no slot of a day."""
    columns = [(one, _headings(one, held.by)) for one in held.series]
    return Table(
        first=_("Time") if held.period.is_day else _("Period"),
        headings=tuple(heading for _series, headings in columns for heading in headings),
        rows=tuple(_row(part, columns, held, life, asked) for part in held.parts),
        total=tuple(cell for column in columns for cell in _total(column, held, life))
        if held.has_data
        else (),
    )


def missing_in_words(series: Series, amount: Amount, first: date, past: date, life: UsageLife) -> str:
    """`28 of 31 days complete` or `91 of 96 readings` of local days [first, past); "" where nothing is missing."""
    if series.days is not None and (past - first).days > 1:
        begin, end = max(first, life.first_day), min(past, life.last_day + timedelta(days=1))
        due = (end - begin).days
        known = bisect_left(series.complete, end) - bisect_left(series.complete, begin)
        if known < due:
            return _("%(known)s of %(due)s days complete") % {"known": _count(known), "due": _count(due)}
    if amount.known >= amount.due:
        return ""
    return _("%(known)s of %(due)s readings") % {"known": _count(amount.known), "due": _count(amount.due)}


def estimated_in_words(count: int) -> str:
    """`E: 4 estimated`."""
    return ngettext("E: %(count)s estimated", "E: %(count)s estimated", count) % {"count": _count(count)}


def _headings(series: Series, by: Length) -> list[str]:
    """Of its columns; only what is summed stands beside the year before."""
    names = {"what": series.heading, "unit": series.unit}
    own = f"{series.heading} ({series.unit})"
    if series.rule is not Rule.SUM or not isinstance(by, By):
        return [own]
    return [own, _("%(what)s, the year before (%(unit)s)") % names]


def _row(
    part: date, columns: Sequence[_Column], held: Measured, life: UsageLife, asked: UsagePageQuery
) -> Row:
    told = any(part in one.amounts for one in held.series if one.days is not None or held.by is not By.DAY)
    inside = held.period.inside(part) if told else ""
    return Row(
        label=part_in_words(part, held.by),
        url=asked.url(period=ShownPeriod.parse(inside)) if inside else "",
        cells=tuple(cell for column in columns for cell in _cells(column, part, held.by, life)),
        notes=tuple(_notes(part, held.by, life)),
    )


def _cells(column: _Column, part: date, by: Length, life: UsageLife) -> list[Cell]:
    """The row says what cuts its own part short; what cuts the year before stands there."""
    series, (_own, *year_before) = column
    cells = [_cell(series, part, by, life)]
    if year_before:
        ago = year_ago(part)
        cell = _cell(series, ago, by, life)
        cut = life.cuts(ago, by) if ago is not None and cell.exact else []
        cells.append(replace(cell, notes=(*cut, *cell.notes)))
    return cells


def _cell(series: Series, part: date | None, by: Length, life: UsageLife) -> Cell:
    if part is None:
        return Cell("", "", (_("no such day"),))
    amount = series.amounts.get(part)
    if amount is None:
        return Cell("", "", (life.why_nothing(part, by),))
    past = next_first(part, by) if isinstance(by, By) else part
    missing = missing_in_words(series, amount, part, past, life)
    return Cell(series.shown(amount.value), exact(amount.value), _marks(missing, amount.not_measured))


def _marks(missing: str, estimated: int) -> tuple[str, ...]:
    return tuple(filter(None, (missing, estimated_in_words(estimated) if estimated else "")))


def _total(column: _Column, held: Measured, life: UsageLife) -> list[Cell]:
    """Of the rows; what is not summed has none."""
    series, (_own, *year_before) = column
    if series.rule is not Rule.SUM:
        return [Cell("", "", ())]
    amounts = [series.amounts[part] for part in held.parts if part in series.amounts]
    cells = [_sum(series, amounts, _missing_in_all(series, amounts, held, life))]
    if year_before:
        ago = [day for day in map(year_ago, held.parts) if day in series.amounts]
        cells.append(_sum(series, [series.amounts[day] for day in ago if day], ""))
    return cells


def _sum(series: Series, amounts: Sequence[Amount], missing: str) -> Cell:
    if not amounts:
        return Cell("", "", ())
    value = added(amount.value for amount in amounts)
    estimated = sum(amount.not_measured for amount in amounts)
    return Cell(series.shown(value), exact(value), _marks(missing, estimated))


def _missing_in_all(series: Series, amounts: Sequence[Amount], held: Measured, life: UsageLife) -> str:
    """Of a day as the day's own sum counts them: slots without a reading are not among `amounts`."""
    start, end = held.period.start, held.period.end
    if not amounts or start is None or end is None:
        return ""
    if held.period.is_day:
        day = (series.days or {}).get(start)
        return missing_in_words(series, day, start, end, life) if day else ""
    return missing_in_words(series, amounts[0], start, end, life)


def _notes(part: date, by: Length, life: UsageLife) -> list[str]:
    """Hours of a day whose clocks change, and what cuts the part short."""
    if not isinstance(by, By):
        return []
    start, end = instants(part, by)
    hours = (end - start) // timedelta(hours=1)
    notes = [_("A day of %(hours)s hours") % {"hours": hours}] if by is By.DAY and hours != _HOURS else []
    notes += life.cuts(part, by)
    ended = life.ended is not None and life.ended < end
    return notes + ([_("So far")] if start < life.loaded_until < end and not ended else [])


def _count(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
