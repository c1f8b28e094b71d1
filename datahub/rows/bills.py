"""Bills as formats return them: a statement with its sections and lines."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class BillLineRow:
    line: int
    name: str
    kind: str  # usage, demand, fixed, tax, credit, other
    quantity: Decimal | None
    unit: str
    rate: Decimal | None  # currency per unit
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BillSectionRow:
    """What one contract is charged for [start, end), local dates."""

    line: int
    contract_number: str
    start: date
    end: date
    commodity: str
    supplier: str  # "" = not named
    tariff_code: str
    tariff_name: str
    amount: Decimal
    lines: tuple[BillLineRow, ...]


@dataclass(frozen=True, slots=True)
class BillRow:
    """One statement for [start, end), local dates. Its amounts add up, where its format states all of them."""

    line: int
    account_number: str  # "" = that of the first section's contract
    statement_number: str
    statement_date: date
    due_date: date | None
    start: date
    end: date
    currency: str  # ISO 4217
    amount: Decimal  # to pay
    previous_balance: Decimal | None
    paid: Decimal | None  # since the last statement, positive
    new_charges: Decimal | None
    file_name: str  # of the PDF beside the feed, "" = none
    replaces: str = ""  # number of the statement that this one corrects, "" = none
    open_amount: Decimal | None = None  # of it, not paid yet; None = not stated
    sections: tuple[BillSectionRow, ...] = field(default=())

    @property
    def size(self) -> int:
        return 1 + sum(1 + len(section.lines) for section in self.sections)
