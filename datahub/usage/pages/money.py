"""Usage in money: what was billed, by bill; or an estimate from the prices of bills. Never both in one sum."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cdsc_portal.lib.dates_in_words import day_in_words
from cdsc_portal.lib.json import exact
from cdsc_portal.lib.money import money_in_words, number_in_words
from datahub.bills.pages.bill_list import period_in_words
from datahub.usage.pages.bar_chart import Chart, Plotted, bar_chart
from datahub.usage.pages.chart import part_label, plain_number
from datahub.usage.pages.measured import Measured
from datahub.usage.pages.measured_time import UsageLife
from datahub.usage.pages.page_query import UsagePageQuery
from datahub.usage.pages.periods import Length, ShownPeriod, part_in_words, when_in_words
from datahub.usage.pages.prices import Billed, Prices
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.pages.table import Cell, Row, Table, estimated_in_words
from datahub.usage.sum_periods import By, Slots

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Money:
    """`remarks` say what the money leaves out; no table: `nothing` says why."""

    charts: tuple[Chart, ...]
    table: Table | None
    remarks: tuple[str, ...]
    nothing: str


def billed_money(known: Prices, period: ShownPeriod) -> Money:
    """The bills of a year by their last day, those that touch a month or a day."""
    bills = [bill for bill in known.bills if _is_of(bill, period)]
    if not bills:
        return Money((), None, (), _("There is no bill for this period yet."))
    currencies, currency = sorted({bill.currency for bill in bills}), bills[-1].currency
    adds_up = not _touches_only(period) and len(currencies) == 1
    total = money_in_words(sum((bill.amount for bill in bills), Decimal(0)), currency)
    facts = {"amount": total, "when": when_in_words(period), "bills": number_in_words(Decimal(len(bills)))}
    title = (
        _("%(amount)s was billed %(when)s, on %(bills)s bills") % facts if adds_up else _("Billed, by bill")
    )
    charts = tuple(
        _billed_chart(bills, one, title, column, len(currencies)) for column, one in enumerate(currencies, 1)
    )
    remark = _(
        "Billed money includes fixed charges and tax. Bills have days of their own, so they do not add up to "
        "calendar months."
    )
    return Money(charts, _billed_table(bills, currencies, total if adds_up else ""), (remark,), "")


def _billed_chart(bills: Sequence[Billed], currency: str, title: str, column: int, columns: int) -> Chart:
    """Of the bills in one currency; a bar has the place that its bill has in the table, `column` is its money there."""
    keyed = {date.fromordinal(place + 1): bill for place, bill in enumerate(bills)}
    amounts = {place: bill.amount for place, bill in keyed.items() if bill.currency == currency}
    return bar_chart(
        [Plotted(_("Billed (%(currency)s)") % {"currency": currency}, 1, amounts)],
        list(keyed),
        title=title,
        name=f"billed-{currency}",
        columns=[column, columns + 1],
        label=lambda place: part_label(keyed[place].start, By.MONTH),
        scale_words=plain_number,
        gap=_("A gap: a bill in another currency"),
    )


def estimated_money(held: Measured, known: Prices, life: UsageLife, asked: UsagePageQuery) -> Money:
    """Usage times the mean price of a unit on the bill of each day; where no price is known, no estimate."""
    known = known.in_newest_currency()
    used = [one for one in held.totals if one.direction == "import"]
    estimates = [(one, found) for one in used if (found := _estimates(one, held, known))]
    if not estimates:
        return Money((), None, (), _("No bill states a price for this period, so there is no estimate."))
    series, amounts = estimates[0]  # bills price one unit; the same amount in another is no more use
    currency = next(iter(amounts.values())).currency
    total = money_in_words(_rounded(added(one.value for one in amounts.values())), currency)
    title = _("About %(amount)s %(when)s, an estimate") % {
        "amount": total,
        "when": when_in_words(held.period),
    }
    marked = frozenset(part for part, one in amounts.items() if one.not_measured)
    chart = bar_chart(
        [
            Plotted(
                _("Estimate (%(currency)s)") % {"currency": currency},
                1,
                {part: one.value for part, one in amounts.items()},
                marked,
            )
        ],
        held.parts,
        title=title,
        name="estimate",
        columns=[1],
        label=lambda part: part_label(part, held.by),
        scale_words=plain_number,
    )
    rows = tuple(_estimate_row(part, series, held, amounts, life, asked) for part in held.parts)
    heading = _("Estimate (%(currency)s)") % {"currency": currency}
    table = Table(_("Period"), (heading,), rows, (Cell(total, "", ()),))
    return Money((chart,), table, tuple(_remarks(series, held, known)), "")


@dataclass(frozen=True, slots=True)
class _Estimate:
    """In `currency`, not rounded. Some of the usage has no price where not `complete`, is not known where `lacking`."""

    value: Decimal
    currency: str
    complete: bool
    lacking: bool
    not_measured: int


def _is_of(bill: Billed, period: ShownPeriod) -> bool:
    if _touches_only(period):
        assert period.start is not None
        assert period.end is not None
        return bill.start < period.end and bill.end > period.start
    last = bill.end  # the first day after it; a bill until New Year's Eve is the old year's
    return (period.start is None or last > period.start) and (period.end is None or last <= period.end)


def _touches_only(period: ShownPeriod) -> bool:
    return period.start is not None and period.by is not By.MONTH


def _billed_table(bills: Sequence[Billed], currencies: Sequence[str], total: str) -> Table:
    """A column of money for each currency, so that none is read as another."""
    money, used = _money_headings(currencies), _("Used on the bill")
    rows = tuple(
        Row(
            label=period_in_words(bill.start, bill.end),
            url=reverse("my_bill", args=[bill.statement_id]),
            cells=(
                *(_billed_cell(bill, currency) for currency in money),
                Cell(*_used(bill)),
            ),
            notes=(),
        )
        for bill in bills
    )
    headings = (*money.values(), used)
    foot = (Cell(total, "", ()), Cell("", "", ()))
    return Table(_("Bill for"), headings, rows, foot if total else ())


def _money_headings(currencies: Sequence[str]) -> dict[str, str]:
    if len(currencies) == 1:
        return {currencies[0]: _("Billed")}
    return {currency: _("Billed (%(currency)s)") % {"currency": currency} for currency in currencies}


def _billed_cell(bill: Billed, currency: str) -> Cell:
    if bill.currency != currency:
        return Cell("", "", (_("billed in %(currency)s") % {"currency": bill.currency},))
    return Cell(money_in_words(bill.amount, bill.currency), exact(bill.amount, places=2), ())


def _used(bill: Billed) -> tuple[str, str, tuple[str, ...]]:
    if bill.quantity is None:
        return "", "", (_("not stated"),)
    return f"{number_in_words(bill.quantity)} {bill.unit}", exact(bill.quantity), ()


def _estimates(series: Series, held: Measured, known: Prices) -> dict[date, _Estimate]:
    """By part, from single days where there are any: a price may change within a month."""
    found = {}
    for part in held.parts:
        pieces = list(_pieces(series, part, held.by))
        priced = [(amount, bill) for day, amount in pieces if (bill := known.at(day, series.unit))]
        values = [series.in_unit(one.value) * bill.price for one, bill in priced if bill.price is not None]
        if values:
            found[part] = _Estimate(
                added(values),
                priced[0][1].currency,
                len(values) == len(pieces),
                any(amount.known < amount.due for amount, _bill in priced),
                sum(amount.not_measured for amount, _bill in priced),
            )
    return found


def _pieces(series: Series, part: date, by: Length) -> Iterator[tuple[date, Amount]]:
    if isinstance(by, Slots) or by is By.DAY or series.days is None:
        if part in series.amounts:
            yield _local_day(part), series.amounts[part]
        return
    for day, amount in series.days.items():
        if day.year == part.year and (by is By.YEAR or day.month == part.month):
            yield day, amount


def _local_day(part: date) -> date:
    return timezone.localdate(part, timezone.get_default_timezone()) if isinstance(part, datetime) else part


def _estimate_row(
    part: date,
    series: Series,
    held: Measured,
    amounts: Mapping[date, _Estimate],
    life: UsageLife,
    asked: UsagePageQuery,
) -> Row:
    one = amounts.get(part)
    inside = held.period.inside(part) if part in series.amounts else ""
    if one is None:
        why = _("no price known") if part in series.amounts else life.why_nothing(part, held.by)
        cell = Cell("", "", (why,))
    else:
        notes = [] if one.complete else [_("a part of it: for some days no price is known")]
        notes += [_("a part of it: readings are missing")] if one.lacking else []
        notes += [estimated_in_words(one.not_measured)] if one.not_measured else []
        cell = Cell(money_in_words(_rounded(one.value), one.currency), "", tuple(notes))
    url = asked.url(period=ShownPeriod.parse(inside)) if inside else ""
    return Row(part_in_words(part, held.by), url, (cell,), ())


def _remarks(series: Series, held: Measured, known: Prices) -> Iterator[str]:
    yield _("This is an estimate without fixed charges and tax. Your bill will say another amount.")
    days = [day for part in held.parts for day, _amount in _pieces(series, part, held.by)]
    used = list(dict.fromkeys(bill for day in days if (bill := known.at(day, series.unit))))
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


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT)
