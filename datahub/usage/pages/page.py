"""A contract's usage as its customer sees it: by year, month, day, reading or hour, in energy or in money."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils.translation import gettext as _

from cdsc_portal.lib.dates_in_words import moment_in_words
from consent.access import Access
from datahub.usage.facts import UsageFacts, usage_facts
from datahub.usage.pages.bar_chart import Chart
from datahub.usage.pages.chart import usage_charts
from datahub.usage.pages.hours import MOST, HeatMap, heat_map, hour_days
from datahub.usage.pages.hours_table import HourTable, hour_table
from datahub.usage.pages.measured import Measured, measured, slots_of
from datahub.usage.pages.measured_time import UsageLife, usage_life
from datahub.usage.pages.meters import NamedMeter, meter_key, meters_of
from datahub.usage.pages.money import billed_money, estimated_money
from datahub.usage.pages.page_query import Look, Show, UsagePageQuery
from datahub.usage.pages.periods import ShownPeriod, instants
from datahub.usage.pages.prices import prices
from datahub.usage.pages.series import Series
from datahub.usage.pages.table import Table, usage_table
from datahub.usage.sum_periods import By, Slots
from datahub.usage.sum_pieces import Rule

_HOURLY = 23  # readings of a day, at least
_MOST_NUMBERS = 1_000  # of hours, on a page


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several views of the same period."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class MeterChoice:
    """One meter, by the customer's name for it and its number, or all with the empty `public_id`."""

    public_id: str
    number: str
    is_current: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class HourMap:
    """The hours of a series, drawn and in numbers; `numbers_url` leads to those that have no room beside others."""

    drawn: HeatMap
    table: HourTable | None
    numbers_url: str


@dataclass(frozen=True, slots=True)
class UsagePage:
    """All that the page says; `up`, `before` and `after` are addresses, "" for none.

    `nothing` says why there is no table; `remarks` what the amounts leave out.
    """

    title: str
    period: str
    up: str
    up_title: str
    before: str
    after: str
    meters: tuple[MeterChoice, ...]
    shows: tuple[Choice, ...]
    looks: tuple[Choice, ...]
    charts: tuple[Chart, ...]
    maps: tuple[HourMap, ...]
    table: Table | None
    remarks: tuple[str, ...]
    nothing: str
    data_until: str
    has_data: bool
    asked: UsagePageQuery


def usage_page(contract: int, *, access: Access, asked: UsagePageQuery) -> UsagePage | None:
    """What `access` opens of a contract's usage; None if nothing of it is loaded.

    Nine queries at most, however long and however many meters. Raises LookupError for a meter that never measured
    the contract.
    """
    facts = usage_facts([contract])
    life = usage_life(facts)
    if life is None:
        return None
    asked = replace(asked, period=asked.period or ShownPeriod.parse(f"{life.last_day.year}"))
    assert asked.period is not None
    meters = meters_of(facts) if len(facts.meters) > 1 or asked.meter else {}
    meter = meter_key(meters, asked.meter)
    priced = asked.show is Show.ESTIMATE  # each day at its own price
    names = {key: one.name for key, one in meters.items()}
    held = measured(
        facts, life, access=access, period=asked.period, meter=meter, names=names, days_of_years=priced
    )
    if not _is_hourly(held.series):
        asked = replace(asked, look=Look.BARS)
    page = _frame(held, life, asked, tuple(_choices(meters, asked)))
    if asked.show is not Show.ENERGY:
        return _in_money(page, held, life, contract, access)
    if asked.look is Look.HOURS:
        return _by_hours(page, held, life, facts, access, meter)
    return replace(
        page, charts=usage_charts(held, life), table=usage_table(held, life, asked) if held.series else None
    )


def _frame(
    held: Measured, life: UsageLife, asked: UsagePageQuery, meters: tuple[MeterChoice, ...]
) -> UsagePage:
    """The page without charts and tables."""
    period = held.period
    begins, goes_on = period.start, period.end
    return UsagePage(
        title=period.title,
        period=period.text,
        up=asked.url(period=ShownPeriod.parse(period.up)) if period.up else "",
        up_title=ShownPeriod.parse(period.up).title if period.up else "",
        before=_beside(asked, period, -1) if begins and life.first_loaded_day < begins else "",
        after=_beside(asked, period, 1) if goes_on and life.last_day >= goes_on else "",
        meters=meters,
        shows=tuple(_shows(asked)),
        looks=tuple(_looks(asked, held)),
        charts=(),
        maps=(),
        table=None,
        remarks=tuple(_clock_remarks(period)),
        nothing="" if held.has_data else _("There are no readings in this period."),
        data_until=moment_in_words(life.loaded_until),
        has_data=held.has_data,
        asked=asked,
    )


def _in_money(page: UsagePage, held: Measured, life: UsageLife, contract: int, access: Access) -> UsagePage:
    known = prices(contract, access=access)
    if page.asked.show is Show.BILLED:
        money = billed_money(known, held.period)
    else:
        money = estimated_money(held, known, life, page.asked)
    return replace(page, charts=money.charts, table=money.table, remarks=money.remarks, nothing=money.nothing)


def _by_hours(
    page: UsagePage, held: Measured, life: UsageLife, facts: UsageFacts, access: Access, meter: int | None
) -> UsagePage:
    """The numbers of a page's readings are shown up to a month; a year's table has each month's averages."""
    series = slots_of(facts, life, access=access, period=held.period, meter=meter, slots=Slots(3600))
    shown = [one for one in series if one.amounts][:MOST]
    maps = []
    for number, one in enumerate(shown, 1):
        days, name = hour_days(one, held.period, life), f"hours-{number}"
        table = hour_table(one, days, held.period, page.asked, name)
        maps.append(HourMap(heat_map(one, days, held.period, name), table, page.asked.url(numbers=number)))
    if sum(len(one.table.rows) * len(one.table.hours) for one in maps if one.table) > _MOST_NUMBERS:
        chosen = page.asked.url()
        maps = [one if one.numbers_url == chosen else replace(one, table=None) for one in maps]
    return replace(page, maps=tuple(maps))


def _choices(meters: Mapping[int, NamedMeter], asked: UsagePageQuery) -> Iterator[MeterChoice]:
    if len(meters) > 1:
        yield MeterChoice("", "", not asked.meter)
        for one in meters.values():
            yield MeterChoice(one.public_id, one.number, one.public_id == asked.meter, one.name)


def _beside(asked: UsagePageQuery, period: ShownPeriod, step: int) -> str:
    return asked.url(period=ShownPeriod.parse(period.neighbour(step)))


def _shows(asked: UsagePageQuery) -> Iterator[Choice]:
    names = {Show.ENERGY: _("Energy"), Show.BILLED: _("Billed"), Show.ESTIMATE: _("Estimate")}
    for show, label in names.items():
        yield Choice(label, asked.url(show=show), show is asked.show)


def _looks(asked: UsagePageQuery, held: Measured) -> Iterator[Choice]:
    """Hours are offered where readings are that short."""
    if asked.url(look=Look.HOURS) == asked.url(look=Look.BARS) or not _is_hourly(held.series):
        return
    bars = _("By month") if held.by is By.MONTH else _("By day")
    for look, label in {Look.BARS: bars, Look.HOURS: _("By hour")}.items():
        yield Choice(label, asked.url(look=look), look is asked.look)


def _is_hourly(series: Sequence[Series]) -> bool:
    return any(
        amount.due >= _HOURLY
        for one in series
        if one.rule is Rule.SUM
        for amount in (one.days or {}).values()
    )


def _clock_remarks(period: ShownPeriod) -> Iterator[str]:
    """What the clocks do on a day of 23 or 25 hours: an hour that does not exist is not missing."""
    if not period.is_day or period.start is None:
        return
    start, end = instants(period.start, By.DAY)
    hours = (end - start) / timedelta(hours=1)
    facts = {"hours": f"{hours:g}"}
    if hours > 24:
        yield (
            _("A day of %(hours)s hours: the clocks go back, so one hour comes twice, as first and second.")
            % facts
        )
    if hours < 24:
        yield (
            _(
                "A day of %(hours)s hours: the clocks go forward, so one hour does not exist. It is not missing."
            )
            % facts
        )
