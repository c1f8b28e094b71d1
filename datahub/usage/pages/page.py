"""A contract's usage as its customer sees it: by year, month, day, reading or hour, in energy or in money.

The page's whole state stands in its address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import MeterDevice, MeterName
from cdsc_portal.lib.time.dates_in_words import end_in_words
from cdsc_portal.lib.time.local_days import last_midnight_by
from consent.access import Access
from datahub.charts.drawing import Chart
from datahub.usage.facts import UsageFacts, usage_facts
from datahub.usage.pages.charts import usage_charts
from datahub.usage.pages.hours import MOST, heat_map, hour_days, hour_table
from datahub.usage.pages.insights import Insights, insights
from datahub.usage.pages.measured import (
    LONGEST_READING,
    MeasuredUsage,
    UsageExtent,
    measured_usage,
    totals_by_slot,
    usage_extent,
)
from datahub.usage.pages.money import billed_money, contract_bills, estimated_money
from datahub.usage.pages.periods import ShownPeriod, instants
from datahub.usage.pages.series import Series
from datahub.usage.pages.table import Table, usage_columns, usage_table
from datahub.usage.sum_periods import By, Slots
from datahub.usage.sum_pieces import Rule

_HOURLY = 23  # readings of a day, at least
_ALMOST_A_DAY = timedelta(hours=23)  # readings that last so long are not drawn by hour
_MOST_NUMBERS = 1_000  # of hours, on a page


class Show(StrEnum):
    """What the amounts are; the two kinds of money never stand in one view, let alone in one sum."""

    ENERGY = "energy"
    BILLED = "billed"
    ESTIMATE = "estimate"


class ChartKind(StrEnum):
    """How they are drawn: a bar for each part of the period, or each hour of each day as a cell."""

    BARS = "bars"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class UsagePageQuery:
    """Public ids of contract and meter; no meter = all of them. No period = the newest day that is loaded whole, or
    the newest month where readings are of whole days.

    `numbers`: where the hours of several series are drawn, the one whose numbers stand on the page, counted from 1.
    """

    contract: str = ""
    period: ShownPeriod | None = None
    meter: str = ""
    show: Show = Show.ENERGY
    chart: ChartKind = ChartKind.BARS
    numbers: int = 1

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> "UsagePageQuery":
        """Raises ValueError for a period, an amount, a chart or numbers that there are not."""
        period = parameters.get("period", "")
        query = cls(
            parameters.get("contract", ""),
            ShownPeriod.parse(period) if period else None,
            parameters.get("meter", ""),
            Show(parameters.get("show") or Show.ENERGY),
            ChartKind(parameters.get("look") or ChartKind.BARS),
            int(parameters.get("numbers") or 1),
        )
        return replace(query, chart=query._possible_chart)

    @property
    def _possible_chart(self) -> ChartKind:
        """Only the hours of energy in a year or a month can be drawn."""
        period = self.period
        has_cells = period is None or not (period.start is None or period.is_day)
        return self.chart if has_cells and self.show is Show.ENERGY else ChartKind.BARS

    def url(self, **changes: Any) -> str:
        """The address of the same page with `changes`, defaults left out."""
        query = replace(self, **changes)
        query = replace(query, chart=query._possible_chart)
        is_bars = query.chart is ChartKind.BARS
        parameters = {
            "contract": query.contract,
            "period": query.period.text if query.period else "",
            "meter": query.meter,
            "show": "" if query.show is Show.ENERGY else query.show.value,
            "look": "" if is_bars else query.chart.value,
            "numbers": "" if is_bars or query.numbers == 1 else str(query.numbers),
        }
        return f"?{urlencode({name: value for name, value in parameters.items() if value})}"

    def period_url(self, period: str) -> str:
        """The address of the same page for another period, "" for none."""
        return self.url(period=ShownPeriod.parse(period)) if period else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several views of the same period."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class MeterChoice:
    """One meter, by its number and what the contract's customer calls it, or all with the empty `public_id`."""

    public_id: str
    number: str
    name: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class HourMap:
    """The hours of a series, drawn and in numbers; `numbers_url` leads to those that have no room beside others."""

    drawn: Chart
    caption: str
    table: Table | None
    numbers_url: str


@dataclass(frozen=True, slots=True)
class UsagePage:
    """All that the page says; `before` and `after` are addresses, "" for none; `lengths` the periods around it.

    `nothing` says why there is no table; `remarks` what the amounts leave out.
    """

    title: str
    period: str
    lengths: tuple[Choice, ...]
    before: str
    after: str
    meters: tuple[MeterChoice, ...]
    shows: tuple[Choice, ...]
    chart_kinds: tuple[Choice, ...]
    charts: tuple[Chart, ...]
    maps: tuple[HourMap, ...]
    table: Table | None
    insights: Insights | None
    remarks: tuple[str, ...]
    nothing: str
    data_until: str
    has_data: bool
    query: UsagePageQuery


def usage_page(contract: int, *, access: Access, query: UsagePageQuery) -> UsagePage | None:
    """What `access` opens of a contract's usage; None if nothing of it is loaded.

    Nine queries at most, however long and however many meters. Raises LookupError for a meter that never measured
    the contract.
    """
    facts = usage_facts([contract], with_production=True)
    extent = usage_extent(facts)
    if extent is None:
        return None
    period = query.period or next(each for each in _lengths(facts, extent, None).values() if not each.is_week)
    query = replace(query, period=period)
    meters = contract_meters(facts) if len(facts.meters) > 1 or query.meter else {}
    meter = meter_key(meters, query.meter)
    usage = measured_usage(
        facts,
        extent,
        access=access,
        period=period,
        meter=meter,
        names={key: named.name for key, named in meters.items()},
        days_of_years=query.show is Show.ESTIMATE,  # each day at its own price
    )
    if not _is_hourly(usage.series):
        query = replace(query, chart=ChartKind.BARS)
    page = replace(
        _frame(usage, extent, query, meters),
        lengths=tuple(
            Choice(label, query.url(period=each), each == period)
            for label, each in _lengths(facts, extent, period).items()
        ),
    )
    if query.show is not Show.ENERGY:
        bills = contract_bills(contract, access=access)
        money = (
            billed_money(bills, period)
            if query.show is Show.BILLED
            else estimated_money(usage, bills, extent, query.period_url)
        )
        return replace(
            page, charts=money.charts, table=money.table, remarks=money.remarks, nothing=money.nothing
        )
    if query.chart is ChartKind.HOURS:
        hours = totals_by_slot(facts, extent, access=access, period=period, meter=meter, slots=Slots(3600))
        return replace(page, maps=_hour_maps(hours, period, extent, query))
    if not usage.has_data:
        return page
    columns = usage_columns(usage, extent)
    hours, slots = usage.totals, usage.by if isinstance(usage.by, Slots) else None
    if period.by is By.DAY and not period.is_day and _is_hourly(usage.series):
        slots = Slots(3600)
        hours = totals_by_slot(facts, extent, access=access, period=period, meter=meter, slots=slots)
    return replace(
        page,
        insights=insights(usage, hours, slots),
        charts=usage_charts(usage, extent, columns, query.period_url),
        table=usage_table(usage, extent, columns, query.period_url),
    )


def contract_meters(facts: UsageFacts) -> dict[int, MeterChoice]:
    """All that ever measured the contract, by key, in the order of numbers. One query."""
    names = MeterName.objects.filter(
        meter=OuterRef("pk"),
        customer__billing_accounts__contracts__in=[contract.key for contract in facts.contracts],
    )
    meters = MeterDevice.objects.filter(pk__in=facts.meters).order_by("meter_number")
    meters = meters.annotate(called=Coalesce(Subquery(names.values("name")[:1]), Value("")))
    rows = meters.values_list("pk", "public_id", "meter_number", "called")
    return {key: MeterChoice(*row) for key, *row in rows}


def meter_key(meters: Mapping[int, MeterChoice], public_id: str) -> int | None:
    """None where no meter is chosen. Raises LookupError for one that is not among them."""
    if not public_id:
        return None
    for key, meter in meters.items():
        if meter.public_id == public_id:
            return key
    raise LookupError(public_id)


def _lengths(facts: UsageFacts, extent: UsageExtent, shown: ShownPeriod | None) -> dict[str, ShownPeriod]:
    """Periods of each length that has readings to tell apart, by what they are called, shortest first.

    They hold the last day of the shown one that is loaded whole: no bar of a running day says that little was used.
    """
    last = max(last_midnight_by(extent.loaded_until) - timedelta(days=1), extent.first_loaded_day)
    if shown is not None and shown.start is not None and shown.end is not None:
        last = min(shown.end - timedelta(days=1), max(last, shown.start))
    measured = {link.meter_id for link in facts.links}
    longest = [
        channel.longest for meter in measured for channel in facts.channels.get(meter, ()) if channel.longest
    ]
    shortest = timedelta(seconds=min(longest, default=0))
    every = ShownPeriod.lengths(last)
    return {
        label: period
        for label, period in every.items()
        if not (
            (period.is_day and shortest >= _ALMOST_A_DAY)
            or (period.by is By.DAY and shortest > LONGEST_READING)
        )
        or period == shown
    }


def _frame(
    usage: MeasuredUsage, extent: UsageExtent, query: UsagePageQuery, meters: Mapping[int, MeterChoice]
) -> UsagePage:
    """The page without charts and tables."""
    period = usage.period
    start, end = period.start, period.end
    choices = [
        replace(meter, is_current=meter.public_id == query.meter)
        for meter in (MeterChoice("", "", ""), *meters.values())
    ]
    shows = {Show.ENERGY: _("Energy"), Show.BILLED: _("Billed"), Show.ESTIMATE: _("Estimate")}
    kinds: tuple[Choice, ...] = ()
    urls = {kind: query.url(chart=kind) for kind in ChartKind}
    if urls[ChartKind.HOURS] != urls[ChartKind.BARS] and _is_hourly(usage.series):
        labels = {
            ChartKind.BARS: _("By month") if usage.by is By.MONTH else _("By day"),
            ChartKind.HOURS: _("By hour"),
        }
        kinds = tuple(Choice(labels[kind], urls[kind], query.chart is kind) for kind in ChartKind)
    return UsagePage(
        title=period.title,
        period=period.text,
        lengths=(),
        before=query.period_url(period.neighbour(-1)) if start and extent.first_loaded_day < start else "",
        after=query.period_url(period.neighbour(1)) if end and extent.last_day >= end else "",
        meters=tuple(choices) if len(meters) > 1 else (),
        shows=tuple(Choice(label, query.url(show=show), show is query.show) for show, label in shows.items()),
        chart_kinds=kinds,
        charts=(),
        maps=(),
        table=None,
        insights=None,
        remarks=_clock_remarks(period),
        nothing="" if usage.has_data else _("There are no readings in this period."),
        data_until=end_in_words(extent.loaded_until),
        has_data=usage.has_data,
        query=query,
    )


def _hour_maps(
    hours: Sequence[Series], period: ShownPeriod, extent: UsageExtent, query: UsagePageQuery
) -> tuple[HourMap, ...]:
    """The numbers of a page's readings are shown up to a month; a year's table has each month's averages."""
    maps = []
    tables = []
    for number, series in enumerate([series for series in hours if series.amounts][:MOST], 1):
        days = hour_days(series, period, extent)
        caption, table = hour_table(series, days, period, query.period_url)
        tables.append(table)
        drawn = heat_map(series, days, period, f"hours-{number}")
        maps.append(HourMap(drawn, caption, table, query.url(numbers=number)))
    if sum(len(table.rows) * len(table.headings) for table in tables) > _MOST_NUMBERS:
        chosen = query.url()
        maps = [each if each.numbers_url == chosen else replace(each, table=None) for each in maps]
    return tuple(maps)


def _is_hourly(series: Sequence[Series]) -> bool:
    return any(
        amount.due >= _HOURLY
        for each in series
        if each.rule is Rule.SUM
        for amount in (each.days or {}).values()
    )


def _clock_remarks(period: ShownPeriod) -> tuple[str, ...]:
    """What the clocks do on a day of 23 or 25 hours: an hour that does not exist is not missing."""
    if not period.is_day or period.start is None:
        return ()
    start, end = instants(period.start, By.DAY)
    hours = (end - start) / timedelta(hours=1)
    if hours > 24:
        text = _(
            "A day of %(hours)s hours: the clocks go back, so one hour comes twice, as first and second."
        )
    elif hours < 24:
        text = _(
            "A day of %(hours)s hours: the clocks go forward, so one hour does not exist. It is not missing."
        )
    else:
        return ()
    return (text % {"hours": f"{hours:g}"},)
