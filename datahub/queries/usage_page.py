"""A contract's usage as its customer sees it: by year, month or day, beside the year before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cdsc_portal.lib.dates_in_words import day_in_words, last_day, moment_in_words
from cdsc_portal.lib.json import exact
from cdsc_portal.lib.ranges import Span
from cdsc_portal.lib.relative_dates import local_midnight
from consent.access import Access
from datahub.queries.coverage import coverage
from datahub.queries.sum_periods import By
from datahub.queries.sum_pieces import Rule
from datahub.queries.summed_usage import UsageSums, summed_usage
from datahub.queries.usage_chart import Chart, usage_charts
from datahub.queries.usage_facts import UsageFacts, usage_facts
from datahub.queries.usage_periods import ShownPeriod, next_first, part_in_words, year_ago
from datahub.queries.usage_series import Series, added, usage_series

RESOURCE = "usage_data"
_HOURS = 86_400 // 3600


@dataclass(frozen=True, slots=True)
class Cell:
    """One amount in words. `exact` is the amount in the unit as fed, "" where there is none; `value` is rounded."""

    heading: str
    value: str
    exact: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One part of the shown period. `address` is the period that it opens into, "" for none."""

    label: str
    address: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UsagePage:
    """All that the page says; `headings` name the columns after the first, `up`, `before` and `after` are addresses."""

    title: str
    period: str
    up: str
    up_title: str
    before: str
    after: str
    charts: tuple[Chart, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    total: tuple[Cell, ...]
    data_until: str
    has_data: bool


@dataclass(frozen=True, slots=True)
class _Life:
    """When the contract was measured and how far its readings are loaded, in UTC; `ended` None = goes on."""

    moved_in: datetime
    ended: datetime | None
    loaded_until: datetime

    @property
    def first_day(self) -> date:
        return timezone.localdate(self.moved_in)

    @property
    def last_day(self) -> date:
        return last_day(self.loaded_until)


def usage_page(contract: int, *, access: Access, period: ShownPeriod | None) -> UsagePage | None:
    """What `access` opens of a contract's usage; None if nothing of it is loaded.

    Without a period: the newest year that has readings. Six queries, however long and however many meters.
    """
    facts = usage_facts([contract])
    life = _life(facts)
    if life is None:
        return None
    period = period or ShownPeriod.parse(f"{life.last_day.year}")
    asked = period.with_year_ago.intersect(Span(None, life.loaded_until))
    items: Sequence[UsageSums] = ()
    if asked is not None:
        items = summed_usage(coverage(access, RESOURCE, asked=asked), by=period.by).items
    series = usage_series(items, facts.links)
    parts = period.parts(period.start or life.first_day, life.last_day)
    begins, goes_on = period.start, period.end
    return UsagePage(
        title=period.title,
        period=period.text,
        up=period.up,
        up_title=ShownPeriod.parse(period.up).title if period.up else "",
        before=period.neighbour(-1) if begins and life.first_day < begins else "",
        after=period.neighbour(1) if goes_on and life.last_day >= goes_on else "",
        charts=usage_charts(series, parts, period.by),
        headings=tuple(heading for one in series for heading in _headings(one)),
        rows=tuple(_row(part, period, series, life) for part in parts),
        total=tuple(cell for one in series for cell in _total(one, parts)),
        data_until=moment_in_words(life.loaded_until),
        has_data=any(part in one.amounts for one in series for part in parts),
    )


def _life(facts: UsageFacts) -> _Life | None:
    held = [(link, facts.loads.get(link.meter_id)) for link in facts.links]
    loaded = [
        load.last if link.span.end is None else min(load.last, link.span.end)
        for link, load in held
        if load is not None and load.reaches(link.span)
    ]
    starts = [link.span.start for link in facts.links if link.span.start is not None]
    ends = [link.span.end for link in facts.links]
    if not loaded or not starts:
        return None
    ended = None if None in ends else max(end for end in ends if end is not None)
    return _Life(min(starts), ended, max(loaded))


def _headings(series: Series) -> list[str]:
    """Of its columns; only what is summed stands beside the year before."""
    names = {"what": series.heading, "unit": series.unit}
    own = f"{series.heading} ({series.unit})"
    return [own, _("%(what)s, the year before (%(unit)s)") % names] if series.rule is Rule.SUM else [own]


def _row(part: date, period: ShownPeriod, series: Sequence[Series], life: _Life) -> Row:
    told = any(part in one.amounts for one in series)
    return Row(
        label=part_in_words(part, period.by),
        address=period.inside(part) if told else "",
        cells=tuple(cell for one in series for cell in _cells(one, part, period.by, life)),
        notes=tuple(_notes(part, period.by, life)),
    )


def _cells(series: Series, part: date, by: By, life: _Life) -> list[Cell]:
    """The row says what cuts its own part short; what cuts the year before stands there."""
    own, *more = _headings(series)
    cells = [_cell(series, own, part, by, life)]
    for heading in more:
        ago = year_ago(part)
        cell = _cell(series, heading, ago, by, life)
        cut = _cuts(ago, by, life) if ago is not None and cell.exact else []
        cells.append(replace(cell, notes=(*cut, *cell.notes)))
    return cells


def _cell(series: Series, heading: str, part: date | None, by: By, life: _Life) -> Cell:
    if part is None:
        return Cell(heading, "", "", (_("no such day"),))
    amount = series.amounts.get(part)
    if amount is None:
        return Cell(heading, "", "", (_why_nothing(part, by, life),))
    notes = []
    if amount.known < amount.due:
        counts = {"known": _count(amount.known), "due": _count(amount.due)}
        notes.append(_("%(known)s of %(due)s readings") % counts)
    if amount.not_measured:
        notes.append(_("%(count)s estimated") % {"count": _count(amount.not_measured)})
    return Cell(heading, series.shown(amount.value), exact(amount.value), tuple(notes))


def _total(series: Series, parts: Sequence[date]) -> list[Cell]:
    """Of the rows; what is not summed has none."""
    if series.rule is not Rule.SUM:
        return [Cell(heading, "", "", ()) for heading in _headings(series)]
    ago = [day for day in map(year_ago, parts) if day is not None]
    cells = []
    for heading, days_of in zip(_headings(series), (parts, ago), strict=True):
        amounts = [series.amounts[day].value for day in days_of if day in series.amounts]
        value = added(amounts)
        cells.append(
            Cell(heading, series.shown(value) if amounts else "", exact(value) if amounts else "", ())
        )
    return cells


def _why_nothing(part: date, by: By, life: _Life) -> str:
    start, end = _instants(part, by)
    if end <= life.moved_in:
        return _("Before you moved in")
    if life.ended is not None and start >= life.ended:
        return _("After this service ended")
    return _("No data")


def _notes(part: date, by: By, life: _Life) -> list[str]:
    """Hours of a day whose clocks change, and what cuts the part short."""
    start, end = _instants(part, by)
    hours = (end - start) // timedelta(hours=1)
    notes = [_("A day of %(hours)s hours") % {"hours": hours}] if by is By.DAY and hours != _HOURS else []
    notes += _cuts(part, by, life)
    ended = life.ended is not None and life.ended < end
    return notes + ([_("So far")] if start < life.loaded_until < end and not ended else [])


def _cuts(part: date, by: By, life: _Life) -> list[str]:
    """Where the contract began or ended within the part."""
    start, end = _instants(part, by)
    notes = []
    if start < life.moved_in < end:
        notes.append(_("From %(day)s") % {"day": day_in_words(life.moved_in)})
    if life.ended is not None and start < life.ended < end:
        notes.append(_("Until %(day)s") % {"day": day_in_words(last_day(life.ended))})
    return notes


def _instants(part: date, by: By) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    return local_midnight(part, zone), local_midnight(next_first(part, by), zone)


def _count(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
