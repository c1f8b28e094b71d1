"""An invented bill as a document that a screen reader can read."""

from datetime import date, timedelta
from decimal import Decimal

from demo.utility.bills import Bill, Section
from demo.utility.tagged_pdf import MARGIN, Cell, TaggedPdf

_COMMODITIES = {"electricity": "Electricity", "natural_gas": "Gas", "water": "Water"}
_QUANTITY, _PRICE, _AMOUNT = 330, 430, 539  # where the columns end, in points


def pdf(bill: Bill, *, issuer: str) -> bytes:
    """The same bill gives the same bytes. All that it says is on the bill's page of the portal too."""
    document = TaggedPdf(title=f"Bill {bill.number} of {_day(bill.dated)}", author=issuer, language="en-US")
    document.line(issuer, size=10)
    document.space(6)
    document.line(f"Bill of {_day(bill.dated)}", tag="H1", size=20, bold=True)
    document.space(6)
    document.line(f"Bill number {bill.number}")
    document.line(f"Account {bill.account.number}, {bill.account.address}")
    document.line(f"For {_day(bill.start)} to {_day(bill.end - timedelta(days=1))}")
    if bill.replaces:
        document.line(f"This bill takes the place of bill {bill.replaces}.")
    document.line(f"Amount due by {_day(bill.due)}: {_money(bill.amount)}", size=12, bold=True)
    for section in bill.sections:
        _add_section(document, section)
    return document.content()


def _add_section(document: TaggedPdf, section: Section) -> None:
    document.space(18)
    heading = f"{_COMMODITIES[section.contract.commodity]}, {section.contract.number}"
    document.line(heading, tag="H2", size=13, bold=True)
    document.line(section.contract.address, size=9)
    if section.supplier:
        tariff = f"Supplied by {section.supplier}. Tariff: {section.tariff[1]} ({section.tariff[0]})"
        document.line(tariff, size=9)
    with document.element("Table"):
        document.row(
            Cell("Charge", MARGIN, "Column", bold=True),
            Cell("Quantity", _QUANTITY, "Column", right=True, bold=True),
            Cell("Price", _PRICE, "Column", right=True, bold=True),
            Cell("Amount", _AMOUNT, "Column", right=True, bold=True),
        )
        document.rule()
        for line in section.lines:
            unit = line.unit.replace("m3", "m³")
            quantity = "" if line.quantity is None else f"{line.quantity.normalize():,f} {unit}"
            document.row(
                Cell(line.name, MARGIN, "Row"),
                Cell(quantity, _QUANTITY, right=True),
                Cell(f"${_price(line.rate)} per {unit}" if line.rate is not None else "", _PRICE, right=True),
                Cell(_money(line.amount), _AMOUNT, right=True),
            )
        document.rule()
        document.row(
            Cell("Total of this service", MARGIN, "Row", bold=True),
            Cell("", _QUANTITY),
            Cell("", _PRICE),
            Cell(_money(section.amount), _AMOUNT, right=True, bold=True),
        )


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _price(rate: Decimal) -> str:
    """With as many decimals as the rate needs, at least two."""
    return f"{rate:.2f}" if rate == round(rate, 2) else f"{rate.normalize():f}"


def _money(amount: Decimal) -> str:
    return f"${amount:,.2f}"
