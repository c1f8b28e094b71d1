"""Usage in money: what was billed, by bill; or an estimate from the prices of bills. Never both in one sum."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cdsc_portal.lib.json.encoder import exact
from cdsc_portal.lib.text.money import money_in_words, number_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.access import Access, contracts_of
from datahub.bills.charges import section_charges
from datahub.bills.pages.bill_list import period_in_words
from datahub.charts.drawing import Chart
from datahub.charts.shapes import Layer, stacked_bars
from datahub.models import BillSection
from datahub.usage.pages.charts import part_label
from datahub.usage.pages.measured import MeasuredUsage, UsageExtent
from datahub.usage.pages.periods import Length, ShownPeriod, part_in_words, when_in_words
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.pages.table import Cell, Column, Row, Table, build_table, estimated_in_words
from datahub.usage.sum_periods import By, Slots

_RESOURCE = "bill_data"
_STALE = timedelta(days=100)  # a price holds so long after the bill that states it
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Billed:
    """One contract's part of a bill, for local days [start, end). `price` of a `unit` is the mean of its usage lines.

    None where no line states a quantity, or they are of several units.
    """

    statement_id: str
    start: date
    end: date
    amount: Decimal
    currency: str
    quantity: Decimal | None
    unit: str
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Money:
    """`remarks` say what the money leaves out; no table: `nothing` says why."""

    charts: tuple[Chart, ...]
    table: Table | None
    remarks: tuple[str, ...]
    nothing: str


@dataclass(frozen=True, slots=True)
class _Estimate:
    """Not rounded; `notes` say what is not in it. `estimated`: how many readings of it were not measured."""

    value: Decimal
    notes: tuple[str, ...]
    estimated: int


def contract_bills(contract: int, *, access: Access) -> list[Billed]:
    """What `access` opens of a contract's bills, by time; of a corrected bill only what corrects it. Two queries."""
    if contract not in contracts_of(access.parts_for(_RESOURCE)):
        return []
    sections = BillSection.objects.filter(contract=contract, statement__replaced_by=None)
    sections = sections.select_related("statement").prefetch_related("line_items")
    bills = []
    for section in sections.order_by("start", "statement__statement_date", "pk"):
        charges, statement = section_charges(section), section.statement
        bill = Billed(
            statement.public_id, charges.start, charges.end, charges.amount, statement.currency,
            charges.quantity, charges.unit, charges.price,
        )  # fmt: skip
        bills.append(bill)
    return bills


def billed_money(bills: Sequence[Billed], period: ShownPeriod) -> Money:
    """The bills of a year by their last day, those that touch a month or a day; a column of money for each currency."""
    touches_only = period.start is not None and period.by is not By.MONTH
    start, end = period.start or date.min, period.end or date.max
    if touches_only:
        bills = [bill for bill in bills if bill.start < end and bill.end > start]
    else:  # `end` is the first day after a bill: one until New Year's Eve is the old year's
        bills = [bill for bill in bills if start < bill.end <= end]
    if not bills:
        return Money((), None, (), _("There is no bill for this period yet."))
    currencies, currency = sorted({bill.currency for bill in bills}), bills[-1].currency
    adds_up = not touches_only and len(currencies) == 1
    total = money_in_words(sum((bill.amount for bill in bills), Decimal(0)), currency)
    facts = {"amount": total, "when": when_in_words(period), "bills": number_in_words(Decimal(len(bills)))}
    title = (
        _("%(amount)s was billed %(when)s, on %(bills)s bills") % facts if adds_up else _("Billed, by bill")
    )

    def quantity(bill: Billed) -> Cell:
        if bill.quantity is None:
            return Cell(notes=(_("not stated"),))
        return Cell(f"{number_in_words(bill.quantity)} {bill.unit}", exact(bill.quantity))

    columns = [
        *(_money_column(each, total, is_only=len(currencies) == 1) for each in currencies),
        Column(_("Used on the bill"), quantity),
    ]
    table = build_table(
        _("Bill for"),
        columns,
        bills,
        lambda bill: Row(period_in_words(bill.start, bill.end), reverse("my_bill", args=[bill.statement_id])),
        has_total=adds_up,
    )
    charts = tuple(
        _billed_chart(bills, each, title, columns=[place, len(columns)])
        for place, each in enumerate(currencies, 1)
    )
    remark = _(
        "Billed money includes fixed charges and tax. Bills have days of their own, so they do not add up to "
        "calendar months."
    )
    return Money(charts, table, (remark,), "")


def estimated_money(
    usage: MeasuredUsage, bills: Sequence[Billed], extent: UsageExtent, link: Callable[[str], str]
) -> Money:
    """Usage times the mean price of a unit on the bill of each day; where no price is known, no estimate.

    `link` gives the address of a period. Bills in a currency that was given up have no part in it: money of two is not
    added up.
    """
    currency = bills[-1].currency if bills else ""
    bills = [bill for bill in bills if bill.currency == currency]
    used = [total for total in usage.totals if total.direction == "import"]
    estimates = [(total, by_part) for total in used if (by_part := _estimates(total, usage, bills))]
    if not estimates:
        return Money((), None, (), _("No bill states a price for this period, so there is no estimate."))
    series, by_part = estimates[0]  # bills price one unit; the same amount in another is no more use
    total = money_in_words(added(each.value for each in by_part.values()).quantize(_CENT), currency)
    heading = _("Estimate (%(currency)s)") % {"currency": currency}
    values = {part: each.value for part, each in by_part.items()}
    estimated = frozenset(part for part, each in by_part.items() if each.estimated)
    chart = stacked_bars(
        [Layer(heading, "estimate", values, estimated)],
        usage.parts,
        title=_("About %(amount)s %(when)s, an estimate")
        % {"amount": total, "when": when_in_words(usage.period)},
        name="estimate",
        table="usage-table",
        columns=[1],
        label=lambda part: part_label(part, usage.by),
    )

    def cell(part: date) -> Cell:
        if part in by_part:
            return Cell(
                money_in_words(by_part[part].value.quantize(_CENT), currency), notes=by_part[part].notes
            )
        why = _("no price known") if part in series.amounts else extent.why_nothing(part, usage.by)
        return Cell(notes=(why,))

    def row(part: date) -> Row:
        inside = usage.period.inside(part) if part in series.amounts else ""
        return Row(part_in_words(part, usage.by), link(inside) if inside else "")

    columns = [Column(heading, cell, Cell(total))]
    table = build_table(_("Period"), columns, usage.parts, row, has_total=True)
    return Money((chart,), table, tuple(_remarks(series, usage, bills)), "")


def _money_column(currency: str, total: str, *, is_only: bool) -> Column[Billed]:
    def cell(bill: Billed) -> Cell:
        if bill.currency != currency:
            return Cell(notes=(_("billed in %(currency)s") % {"currency": bill.currency},))
        return Cell(money_in_words(bill.amount, currency), exact(bill.amount, places=2))

    heading = _("Billed") if is_only else _("Billed (%(currency)s)") % {"currency": currency}
    return Column(heading, cell, Cell(total))


def _billed_chart(bills: Sequence[Billed], currency: str, title: str, *, columns: Sequence[int]) -> Chart:
    """Of the bills in one currency; a bar has the place that its bill has in the table."""
    by_place = {date.fromordinal(place): bill for place, bill in enumerate(bills, 1)}
    amounts = {place: bill.amount for place, bill in by_place.items() if bill.currency == currency}
    return stacked_bars(
        [Layer(_("Billed (%(currency)s)") % {"currency": currency}, "series-5", amounts)],
        list(by_place),
        title=title,
        name=f"billed-{currency}",
        table="usage-table",
        columns=columns,
        label=lambda place: part_label(by_place[place].start, By.MONTH),
        gap=_("A gap: a bill in another currency"),
    )


def _bill_of_price(bills: Sequence[Billed], day: date, unit: str) -> Billed | None:
    """The bill whose price holds on a day: the one of that day, else the last one before it, if not long ago."""
    priced = [bill for bill in bills if bill.price is not None and bill.unit == unit]
    own = [bill for bill in priced if bill.start <= day < bill.end]
    before = [bill for bill in priced if bill.end <= day <= bill.end + _STALE]
    return own[-1] if own else (before[-1] if before else None)


def _estimates(series: Series, usage: MeasuredUsage, bills: Sequence[Billed]) -> dict[date, _Estimate]:
    """By part, from single days where there are any: a price may change within a month."""
    estimates = {}
    for part in usage.parts:
        amounts = list(_amounts_by_day(series, part, usage.by))
        prices = [
            bill.price if (bill := _bill_of_price(bills, day, series.unit)) else None for day, _ in amounts
        ]
        priced = [
            (amount, price)
            for (_day, amount), price in zip(amounts, prices, strict=True)
            if price is not None
        ]
        if not priced:
            continue
        notes = []
        if len(priced) < len(amounts):
            notes.append(_("a part of it: for some days no price is known"))
        if any(amount.known < amount.due for amount, _price in priced):
            notes.append(_("a part of it: readings are missing"))
        estimated = sum(amount.not_measured for amount, _price in priced)
        if estimated:
            notes.append(estimated_in_words(estimated))
        values = [series.in_unit(amount.value) * price for amount, price in priced]
        estimates[part] = _Estimate(added(values), tuple(notes), estimated)
    return estimates


def _amounts_by_day(series: Series, part: date, by: Length) -> Iterator[tuple[date, Amount]]:
    """Of one part, with the local day of each amount."""
    if isinstance(by, Slots) or by is By.DAY or series.days is None:
        if part in series.amounts:
            zone = timezone.get_default_timezone()
            day = timezone.localdate(part, zone) if isinstance(part, datetime) else part
            yield day, series.amounts[part]
        return
    for day, amount in series.days.items():
        if day.year == part.year and (by is By.YEAR or day.month == part.month):
            yield day, amount


def _remarks(series: Series, usage: MeasuredUsage, bills: Sequence[Billed]) -> Iterator[str]:
    yield _("This is an estimate without fixed charges and tax. Your bill will say another amount.")
    days = [day for part in usage.parts for day, _amount in _amounts_by_day(series, part, usage.by)]
    used = list(dict.fromkeys(bill for day in days if (bill := _bill_of_price(bills, day, series.unit))))
    last = used[-1]
    assert last.price is not None
    facts = {
        "price": money_in_words(last.price.quantize(Decimal("0.0001")), last.currency),
        "unit": series.unit,
        "bill": period_in_words(last.start, last.end),
    }
    yield (
        _("It takes the mean price on your bills: %(price)s for each %(unit)s on the bill for %(bill)s.")
        % facts
    )
    if any(day >= last.end for day in days):
        yield _("Days after %(day)s have no bill yet; they take that price too.") % {
            "day": day_in_words(last.end - timedelta(days=1))
        }
