"""Thirteen months of bills as bars, with what was charged in the year: what stands above the list of bills."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdsc_portal.lib.json.encoder import exact
from cdsc_portal.lib.text.money import money_in_words, number_in_words
from datahub.answers.coverage import Coverage
from datahub.bills.month_totals import MonthCharges, month_charges
from datahub.charts.drawing import Chart
from datahub.charts.shapes import Layer, stacked_bars
from datahub.usage.pages.charts import part_label
from datahub.usage.pages.periods import next_first, part_in_words
from datahub.usage.pages.table import Cell, Column, Row, Table, build_table
from datahub.usage.sum_periods import By

_MONTHS = 13
_COLOR = "series-5"  # of money; what is used and sent back has others


@dataclass(frozen=True, slots=True)
class BillMonths:
    """The bars and the table that says the same; the chart's title is what the year comes to."""

    chart: Chart
    table: Table


def bill_months(covered: Coverage, *, account: str, year: int | None, newest: date) -> BillMonths | None:
    """Of `year`, or of the months up to that of the `newest` bill; None where one month alone has bills. One query."""
    last = date(year, 12, 1) if year else newest.replace(day=1)
    parts = [
        date(last.year - back // 12, 12 - back % 12, 1)
        for back in range(12 - last.month, 12 - last.month + _MONTHS)
    ]
    parts = sorted(part for part in parts if not year or part.year == year)
    charges = month_charges(covered, account=account, start=parts[0], end=next_first(last, By.MONTH))
    if len({each.first for each in charges}) < 2:
        return None
    currency = charges[-1].currency
    of_month = {each.first: each for each in charges if each.currency == currency}
    of_year = [each for first, each in of_month.items() if first.year == last.year]
    title = _year_in_words(of_year, currency, last.year)

    def address(part: date) -> str:
        month = of_month.get(part)
        return reverse("my_bill", args=[month.bill]) if month and month.bills == 1 else ""

    def cell(part: date) -> Cell:
        month = of_month.get(part)
        if month is None:
            return Cell(notes=(_("No bill"),))
        return Cell(money_in_words(month.amount, currency), exact(month.amount, places=2))

    heading = _("Charged (%(currency)s)") % {"currency": currency}
    chart = stacked_bars(
        [Layer(heading, _COLOR, {first: each.amount for first, each in of_month.items()})],
        parts,
        title=title,
        name="bills",
        table="bill-months",
        columns=[1],
        label=lambda part: part_label(part, By.MONTH),
        gap=_("A gap: no bill"),
        address=address,
    )
    table = build_table(
        _("Bill of"),
        [Column(heading, cell)],
        parts,
        lambda part: Row(part_in_words(part, By.MONTH), address(part)),
    )
    return BillMonths(chart, table)


def _year_in_words(months: Sequence[MonthCharges], currency: str, year: int) -> str:
    count = sum(each.bills for each in months)
    amount = sum((each.amount for each in months), Decimal(0))
    words = ngettext(
        "%(amount)s was charged in %(year)s, on %(count)s bill",
        "%(amount)s was charged in %(year)s, on %(count)s bills",
        count,
    )
    return words % {
        "amount": money_in_words(amount, currency), "year": str(year), "count": number_in_words(Decimal(count)),
    }  # fmt: skip
