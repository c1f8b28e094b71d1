"""Bills as CSV: a line `record=statement`, below it its sections, below each section its line items.

A statement has account_number, statement_number, statement_date, due_date, start, end, currency, amount (to pay),
and where they are stated previous_balance, paid, new_charges, file (the name of its PDF) and replaces (the number of
the statement that it corrects). A section has contract_number, start, end, commodity, supplier, tariff_code,
tariff_name, amount. A line has name, kind, quantity, unit, rate, amount. Dates are local; `end` is the first day no
longer covered.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from datahub.feeds.formats.cells import (
    at_most,
    decimal,
    decimal_or_none,
    is_before,
    iso_date,
    iso_date_or_none,
    needed,
    one_of,
)
from datahub.feeds.formats.limits import reject
from datahub.feeds.formats.table import Ragged, Table, header_of
from datahub.rows.base import NO_SETTINGS, Cells, FeedStructureError, Parsed, Rejection, Settings
from datahub.rows.bills import BillLineRow, BillRow, BillSectionRow

NAME = "bills_csv"
KIND = "bills"
SUFFIXES = (".csv",)
BY_LINE = True

_FIELDS = {
    "statement": (
        "account_number", "statement_number", "statement_date", "due_date", "start", "end", "currency", "amount",
        "previous_balance", "paid", "new_charges", "file", "replaces", "open_amount",
    ),
    "section": (
        "contract_number", "start", "end", "commodity", "supplier", "tariff_code", "tariff_name", "amount",
    ),
    "line": ("name", "kind", "quantity", "unit", "rate", "amount"),
}  # fmt: skip
_COLUMNS = tuple(dict.fromkeys(name for names in _FIELDS.values() for name in names))
_NEEDED = (
    "record",
    "account_number",
    "statement_number",
    "statement_date",
    "start",
    "end",
    "currency",
    "amount",
)
MONEY_DECIMALS = 4
MOST_RECORDS_OF_A_BILL = 10_000
_Records = list[tuple[int, Cells]]  # a statement and what is below it


def sniff(content: bytes) -> bool:
    return {"record", "statement_number"} <= set(header_of(content)[0])


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[BillRow]:
    """One row a statement. A statement is taken whole or not at all: one bad line, or a sum that does not add up,
    rejects each of its lines with a reason. Raises FeedStructureError: what `Table` refuses.
    """
    table = Table(content, _NEEDED, _COLUMNS)
    rows: list[BillRow] = []
    rejected: list[Rejection] = []
    seen: dict[str, int] = {}
    for records in _statements(table):
        bill, faults = _bill(records)
        if bill and not faults and seen.setdefault(bill.statement_number, bill.line) != bill.line:
            faults[bill.line] = (
                f"statement {bill.statement_number} is already in line {seen[bill.statement_number]}"
            )
        if bill and not faults:
            rows.append(bill)
        else:
            other = f"not taken, because of line {min(faults)}"
            for line, cells in records:
                reject(rejected, line, faults.get(line, other), ",".join(cells.values()))
    return Parsed(rows, rejected)


def _statements(table: Table) -> Iterator[_Records]:
    records: _Records = []
    for line, cells in table:
        if records and not isinstance(cells, Ragged) and cells["record"] == "statement":
            yield records
            records = []
        if len(records) >= MOST_RECORDS_OF_A_BILL:
            raise FeedStructureError(f"line {line}: more than {MOST_RECORDS_OF_A_BILL:,} records of one bill")
        records.append((line, cells))
    if records:
        yield records


def _bill(records: _Records) -> tuple[BillRow | None, dict[int, str]]:
    """The statement, if it could be built, and its faults by line."""
    faults: dict[int, str] = {}
    bill: BillRow | None = None
    sections: list[BillSectionRow] = []
    for line, cells in records:
        try:
            kind = one_of(cells["record"], "record", *_FIELDS)
            strange = [
                name for name, text in cells.items() if text and name not in ("record", *_FIELDS[kind])
            ]
            if strange:
                raise ValueError(f"a {kind} has no {', '.join(strange)}")
            if kind == "statement":
                bill = _statement(line, cells)
            elif kind == "section":
                sections.append(_section(line, cells))
            elif sections:
                sections[-1] = replace(sections[-1], lines=(*sections[-1].lines, _line(line, cells)))
            else:
                raise ValueError("a line item without a section above it")
        except ValueError as error:
            faults[line] = str(error)
    if bill is None:
        faults.setdefault(records[0][0], "no statement above it")
        return None, faults
    bill = replace(bill, sections=tuple(sections))
    return bill, faults or {row.line: reason for row, reason in wrong_sums(bill)}


def _statement(line: int, cells: Cells) -> BillRow:
    start, end = iso_date(cells["start"]), iso_date(cells["end"])
    is_before(start, end)
    if not (len(cells["currency"]) == 3 and cells["currency"].isalpha() and cells["currency"].isupper()):
        raise ValueError(f"currency {cells['currency']!r} is not three capital letters")
    return BillRow(
        line,
        account_number=needed(cells["account_number"], "account_number", 50),
        statement_number=needed(cells["statement_number"], "statement_number", 60),
        statement_date=iso_date(cells["statement_date"]),
        due_date=iso_date_or_none(cells.get("due_date", "")),
        start=start,
        end=end,
        currency=cells["currency"],
        amount=_money(cells, "amount"),
        previous_balance=_stated_money(cells, "previous_balance"),
        paid=_stated_money(cells, "paid"),
        new_charges=_stated_money(cells, "new_charges"),
        file_name=at_most(cells.get("file", ""), "file", 255),
        replaces=at_most(cells.get("replaces", ""), "replaces", 60),
        open_amount=_stated_money(cells, "open_amount"),
    )


def _section(line: int, cells: Cells) -> BillSectionRow:
    start, end = iso_date(cells["start"]), iso_date(cells["end"])
    is_before(start, end)
    return BillSectionRow(
        line,
        contract_number=needed(cells.get("contract_number", ""), "contract_number", 50),
        start=start,
        end=end,
        commodity=one_of(cells.get("commodity", ""), "commodity", "electricity", "natural_gas", "water"),
        supplier=at_most(cells.get("supplier", ""), "supplier", 150),
        tariff_code=at_most(cells.get("tariff_code", ""), "tariff_code", 50),
        tariff_name=at_most(cells.get("tariff_name", ""), "tariff_name", 150),
        amount=_money(cells, "amount"),
        lines=(),
    )


def _line(line: int, cells: Cells) -> BillLineRow:
    return BillLineRow(
        line,
        name=needed(cells.get("name", ""), "name", 200),
        kind=at_most(cells.get("kind", ""), "kind", 30),
        quantity=decimal_or_none(cells.get("quantity", ""), "quantity", decimals=6),
        unit=at_most(cells.get("unit", ""), "unit", 20),
        rate=decimal_or_none(cells.get("rate", ""), "rate", decimals=8),
        amount=_money(cells, "amount"),
    )


def _money(cells: Cells, name: str) -> Decimal:
    return decimal(cells.get(name, ""), name, decimals=MONEY_DECIMALS)


def _stated_money(cells: Cells, name: str) -> Decimal | None:
    return decimal_or_none(cells.get(name, ""), name, decimals=MONEY_DECIMALS)


def wrong_sums(bill: BillRow) -> Iterator[tuple[BillRow | BillSectionRow, str]]:
    """The sections, or the bill, whose amount is not the sum of its parts, with both figures."""
    for section in bill.sections:
        items = sum((item.amount for item in section.lines), Decimal(0))
        if section.lines and items != section.amount:
            yield section, f"its line items come to {items}, its amount is {section.amount}"
    charged = sum((section.amount for section in bill.sections), Decimal(0))
    charges = charged if bill.new_charges is None else bill.new_charges
    due = (bill.previous_balance or 0) - (bill.paid or 0) + charges
    if (bill.sections or bill.new_charges is not None) and due != bill.amount:
        yield bill, f"balance, payments and charges come to {due}, its amount is {bill.amount}"
    elif bill.sections and charges != charged:
        yield bill, f"its sections come to {charged}, its new_charges are {charges}"
