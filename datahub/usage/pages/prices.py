"""What bills say about the cost of one contract's usage: what was billed when, and the price of a unit in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from consent.access import Access, contracts_of
from datahub.feeds.formats.units import SHOWN_UNITS
from datahub.models import BillSection, LineItem

_RESOURCE = "bill_data"
_USAGE = "usage"  # the kind of a line that bills what flowed
_STALE = timedelta(days=100)  # a price holds so long after the bill that states it
_DIGITS = 40


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
class Prices:
    """Bills of one contract in order of time."""

    bills: tuple[Billed, ...]

    def in_newest_currency(self) -> "Prices":
        """Without the bills in one that was given up, since money of two is not added up."""
        newest = self.bills[-1].currency if self.bills else ""
        return Prices(tuple(bill for bill in self.bills if bill.currency == newest))

    def at(self, day: date, unit: str) -> Billed | None:
        """The bill whose price holds on a day: the one of that day, else the last one before it, if not long ago."""
        known = [bill for bill in self.bills if bill.price is not None and bill.unit == unit]
        own = [bill for bill in known if bill.start <= day < bill.end]
        before = [bill for bill in known if bill.end <= day <= bill.end + _STALE]
        return own[-1] if own else (before[-1] if before else None)


def prices(contract: int, *, access: Access) -> Prices:
    """What `access` opens of a contract's bills; of a corrected bill only what corrects it. Two queries."""
    if contract not in contracts_of(access.parts_for(_RESOURCE)):
        return Prices(())
    found = BillSection.objects.filter(contract=contract, statement__replaced_by=None)
    found = found.select_related("statement").prefetch_related("line_items")
    return Prices(tuple(map(_billed, found.order_by("start", "statement__statement_date", "pk"))))


def _billed(section: BillSection) -> Billed:
    lines = [line for line in section.line_items.all() if line.kind == _USAGE]
    quantity, unit = _quantity(lines)
    statement = section.statement
    return Billed(
        statement.public_id, section.start, section.end, section.amount, statement.currency, quantity, unit,
        _price(lines, quantity),
    )  # fmt: skip


def _quantity(lines: Sequence[LineItem]) -> tuple[Decimal | None, str]:
    """Of lines that all say how much, of one unit."""
    units = {line.unit for line in lines}
    if len(units) != 1 or any(line.quantity is None for line in lines):
        return None, ""
    (unit,) = units
    return sum((line.quantity for line in lines if line.quantity is not None), Decimal(0)), SHOWN_UNITS.get(
        unit, unit
    )


def _price(lines: Sequence[LineItem], quantity: Decimal | None) -> Decimal | None:
    if not quantity:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        return sum((line.amount for line in lines), Decimal(0)) / quantity
