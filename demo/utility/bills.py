"""Monthly bills of the invented accounts, computed from the readings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from demo.utility.loads import Column
from demo.utility.structure import Account, Contract, Utility

CENT = Decimal("0.01")
FIXED = {"electricity": Decimal("12.00"), "natural_gas": Decimal("9.50"), "water": Decimal("14.25")}
RATES = {"RES-1": Decimal("0.2145"), "EV-TOU": Decimal("0.1875"), "BIZ-2": Decimal("0.1620")}
VOLUME_RATES = {"natural_gas": Decimal("0.9250"), "water": Decimal("2.4100")}
TAX = Decimal("0.04")


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    kind: str
    quantity: Decimal | None
    unit: str
    rate: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Section:
    contract: Contract
    supplier: str
    tariff: tuple[str, str]
    lines: tuple[Line, ...]

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Bill:
    """One account's bill for [start, end), local dates. `replaces` is the number of the bill that it corrects."""

    account: Account
    number: str
    start: date
    end: date
    dated: date
    sections: tuple[Section, ...]
    replaces: str = ""

    @property
    def due(self) -> date:
        return self.dated + timedelta(days=21)

    @property
    def amount(self) -> Decimal:
        return sum((section.amount for section in self.sections), Decimal(0))

    @property
    def file_name(self) -> str:
        return f"{self.number}.pdf"


def bills(utility: Utility, columns: Sequence[Column], zone: ZoneInfo) -> list[Bill]:
    """A bill a month for each account with a billed contract, oldest first; one of them was wrong and is corrected."""
    by_meter: dict[str, list[Column]] = {}
    for column in columns:
        by_meter.setdefault(column.meter, []).append(column)
    made: list[Bill] = []
    start = utility.first
    while (end := date(start.year + start.month // 12, start.month % 12 + 1, 1)) <= utility.today:
        for account in utility.accounts:
            sections = tuple(
                _section(contract, by_meter, start, end, zone)
                for contract in utility.contracts
                if contract.account == account.number and contract.billed
                if contract.start <= start and (contract.end is None or contract.end >= end)
            )
            dated = end + timedelta(days=2)
            if sections and dated <= utility.today:
                bill = Bill(account, f"B-{account.number}-{start:%Y%m}", start, end, dated, sections)
                is_wrong = start == utility.first and account == utility.accounts[0]
                made += _wrong_and_corrected(bill) if is_wrong else [bill]
        start = end
    return made


def _wrong_and_corrected(bill: Bill) -> list[Bill]:
    """The bill with 12 units too much for its first service, and the bill that corrects it."""
    first, *others = bill.sections
    usage, *rest = first.lines
    assert usage.quantity is not None
    assert usage.rate is not None
    quantity = usage.quantity + 12
    wrong = replace(usage, quantity=quantity, amount=(quantity * usage.rate).quantize(CENT))
    sections = (replace(first, lines=(wrong, *rest)), *others)
    dated = bill.dated + timedelta(days=9)
    return [
        replace(bill, sections=sections),
        replace(bill, number=f"{bill.number}-C", dated=dated, replaces=bill.number),
    ]


def _section(
    contract: Contract, by_meter: dict[str, list[Column]], start: date, end: date, zone: ZoneInfo
) -> Section:
    low, high = (datetime.combine(day, time(), zone).timestamp() for day in (start, end))
    used = Decimal(0)  # kWh or m3; what was sent back is not charged
    for column in (column for meter in contract.meters for column in by_meter.get(meter.number, [])):
        if column.direction == "import":
            inside = column.known & (column.starts >= low) & (column.starts < high)
            used += Decimal(int(column.values[inside].sum())) / 1000
    amount = used.quantize(CENT)
    term = max((term for term in contract.terms if term[3] <= start), key=lambda term: term[3], default=None)
    supplier, tariff = (term[0], (term[1], term[2])) if term else ("", ("", ""))
    rate = RATES.get(tariff[0]) or VOLUME_RATES[contract.commodity]
    unit = "kWh" if contract.commodity == "electricity" else "m3"
    usage = Line(
        "Energy" if unit == "kWh" else "Volume", "usage", amount, unit, rate, (amount * rate).quantize(CENT)
    )
    fixed = Line("Basic service", "fixed", None, "", None, FIXED[contract.commodity])
    tax = Line("Utility tax 4%", "tax", None, "", None, ((usage.amount + fixed.amount) * TAX).quantize(CENT))
    return Section(contract, supplier, tariff, (usage, fixed, tax))
