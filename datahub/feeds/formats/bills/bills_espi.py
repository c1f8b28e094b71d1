"""Bills out of Green Button XML: each UsageSummary that states an amount is a statement with one section.

A summary names neither account nor statement: the account is that of the contract, the statement is named by contract
and first day, its date is the day its period ends. The contract is the usage point's `id` (last part of its
link), or by setting `contract` its `link` or `title`. The amount is `billLastPeriod`, where that is not said the sum of
the line items; items are additional details in the standard and need not come to the amount. Settings:
`currency` (as ISO 4217, USD if not set) where the file says none, `amount_decimals` (5: hundred-thousandths, as the
standard has it), `wall_clock_as_utc` as for readings. Summaries without any amount are no bills.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

from lxml import etree

from datahub.feeds.formats.bills.bills_csv import MONEY_DECIMALS
from datahub.feeds.formats.cells import at_most, decimal, exact, is_before, needed
from datahub.feeds.formats.espi.directory import Directory
from datahub.feeds.formats.espi.entries import ATOM, COMMODITIES, ESPI, Links, UsagePoint, line_of, number_in
from datahub.feeds.formats.espi.feed import events, holds_only_bills
from datahub.feeds.formats.espi.uniform_readings import UniformReadings
from datahub.feeds.formats.units import ESPI_MEASURES
from datahub.rows.base import NO_SETTINGS, Parsed, Rejection, Settings, choice
from datahub.rows.bills import BillLineRow, BillRow, BillSectionRow

NAME = "bills_espi"
KIND = "bills"
SUFFIXES = (".xml",)
MOST_BYTES = 24 << 20  # the summaries are trees in memory

_SUMMARIES = (f"{ESPI}UsageSummary", f"{ESPI}ElectricPowerUsageSummary")
_ITEM = f"{ESPI}costAdditionalDetailLastPeriod"
_ITEM_KINDS = {
    1: ("usage", "Energy generation"), 2: ("usage", "Energy delivery"), 3: ("usage", "Energy usage"),
    4: ("fixed", "Administrative fee"), 5: ("tax", "Tax"), 6: ("credit", "Energy generation credit"),
    7: ("credit", "Energy delivery credit"), 8: ("credit", "Administrative credit"), 10: ("other", "Information"),
}  # fmt: skip
_PAYMENT = 9
_CURRENCIES = {
    36: "AUD", 124: "CAD", 156: "CNY", 203: "CZK", 208: "DKK", 344: "HKD", 348: "HUF", 356: "INR", 376: "ILS",
    392: "JPY", 410: "KRW", 484: "MXN", 554: "NZD", 578: "NOK", 702: "SGD", 710: "ZAR", 752: "SEK", 756: "CHF",
    826: "GBP", 840: "USD", 946: "RON", 949: "TRY", 975: "BGN", 978: "EUR", 985: "PLN", 986: "BRL",
}  # fmt: skip
_PREFIXES = (("", 0), ("k", 3), ("M", 6))
_HALF_CENT = Decimal("0.005")
_HOUR = timedelta(hours=1)
_LATEST = 1 << 33  # seconds


@dataclass(frozen=True, slots=True)
class _Manner:
    """How this feed writes its bills."""

    zone: ZoneInfo
    wall_clock: bool
    currency: str
    decimals: int


def sniff(content: bytes) -> bool:
    return holds_only_bills(content)


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[BillRow]:
    """One row a summary with an amount; a summary is taken whole or rejected.

    Raises FeedStructureError: what every Green Button file is refused for, a setting that is none.
    """
    manner = _Manner(
        zone,
        choice(settings, "wall_clock_as_utc", "no", "yes") == "yes",
        settings.get("currency") or "USD",
        int(choice(settings, "amount_decimals", "5", "4", "3", "2", "1", "0")),
    )
    directory = Directory(choice(settings, "contract", "id", "link", "title"))
    summaries: list[tuple[Links, etree._Element]] = []
    currencies: set[str] = set()
    for event in events(BytesIO(content)):
        if isinstance(event, UniformReadings):
            continue
        if event.tag != f"{ATOM}entry":
            _forget_before(event)
            continue
        links = Links.of(event)
        for resource in (one for part in event.iterchildren(f"{ATOM}content") for one in part):
            if resource.tag == f"{ESPI}UsagePoint":
                directory.add_point(UsagePoint.of(resource, links, event.findtext(f"{ATOM}title")))
            elif resource.tag == f"{ESPI}ReadingType":
                currencies.add(_text(resource, "currency"))
            elif resource.tag in _SUMMARIES and _states_money(resource):
                summaries.append((links, deepcopy(resource)))
    if len(currencies - {""}) == 1:
        manner = replace(manner, currency=_currency(currencies.pop()) or manner.currency)
    return _bills(summaries, directory, manner)


def _forget_before(reading: etree._Element) -> None:
    """Readings say nothing of bills, and a block may have millions."""
    block = reading.getparent()
    while block is not None and (before := reading.getprevious()) is not None:
        block.remove(before)


def _bills(
    summaries: Sequence[tuple[Links, etree._Element]], directory: Directory, manner: _Manner
) -> Parsed[BillRow]:
    rows: list[BillRow] = []
    rejected: list[Rejection] = []
    lines: dict[str, int] = {}
    for links, summary in summaries:
        try:
            bill = _bill(summary, links, directory, manner)
            first = lines.setdefault(bill.statement_number, bill.line)
            if first != bill.line:
                raise ValueError(f"statement {bill.statement_number} is already in line {first}")
            rows.append(bill)
        except ValueError as error:
            text = " ".join(str(part).strip() for part in summary.itertext() if part.strip())
            rejected.append(Rejection(line_of(summary), str(error), text))
    return Parsed(rows, rejected)


def _bill(summary: etree._Element, links: Links, directory: Directory, manner: _Manner) -> BillRow:
    line = line_of(summary)
    point = _point(links, directory)
    contract = needed(directory.meter_number(point), "the name of the contract", 50)
    start, end = _period(summary, manner)
    commodity = (
        COMMODITIES.get(number_in(summary, "commodity") or 0) or point.commodity or _commodity(summary)
    )
    if not commodity:
        raise ValueError("whether it bills electricity, gas or water is not said")
    said = _text(summary, "currency")
    currency = _currency(said) if said else manner.currency
    if not currency:
        raise ValueError(f"currency {said!r} is not known")
    items = [(item, _money(item, "amount", manner)) for item in summary.iterchildren(_ITEM)]
    charges = [(item, amount) for item, amount in items if _item_kind(item) != _PAYMENT]
    paid = [amount for item, amount in items if _item_kind(item) == _PAYMENT]
    total = _money(summary, "billLastPeriod", manner) if _text(summary, "billLastPeriod") else None
    amount = sum((amount for _, amount in charges), Decimal(0)) if total is None else total
    section = BillSectionRow(
        line,
        contract_number=contract,
        start=start,
        end=end,
        commodity=commodity,
        supplier="",
        tariff_code=at_most(_text(summary, "tariffProfile"), "tariffProfile", 50),
        tariff_name="",
        amount=amount,
        lines=tuple(_line(item, amount, manner) for item, amount in charges),
    )
    return BillRow(
        line,
        account_number="",
        statement_number=f"{contract} {start}",
        statement_date=end,
        due_date=None,
        start=start,
        end=end,
        currency=currency,
        amount=amount,
        previous_balance=None,
        paid=abs(sum(paid, Decimal(0))) if paid else None,
        new_charges=None,
        file_name="",
        sections=(section,),
    )


def _commodity(summary: etree._Element) -> str:
    """What it must be by its name and the unit of what was used, "" if that does not tell."""
    if summary.tag != f"{ESPI}UsageSummary":
        return "electricity"
    used = summary.find(f"{ESPI}overallConsumptionLastPeriod")
    known = None if used is None else ESPI_MEASURES.get(number_in(used, "uom"))
    return "" if known is None else known.commodity


def _line(item: etree._Element, amount: Decimal, manner: _Manner) -> BillLineRow:
    kind, usual_name = _ITEM_KINDS.get(_item_kind(item), ("other", "Other"))
    quantity, unit, rate = _quantity(item, amount, manner)
    if unit in ("W", "kW", "MW"):
        kind = "demand"
    return BillLineRow(
        line_of(item),
        name=at_most(" ".join(_text(item, "note").split()) or usual_name, "note", 200),
        kind=kind,
        quantity=quantity,
        unit=unit,
        rate=rate,
        amount=amount,
    )


def _quantity(
    item: etree._Element, amount: Decimal, manner: _Manner
) -> tuple[Decimal | None, str, Decimal | None]:
    """(quantity, unit, rate). What the rate is for is not said: the unit is the one with which it gives the amount, and
    where none does the rate is left out. Nothing of something that costs is no quantity but a blank.
    """
    measured = item.find(f"{ESPI}measurement")
    if measured is None or not _text(measured, "value"):
        return None, "", None
    digits, exponent = exact(_text(measured, "value"))
    power_of_ten = number_in(measured, "powerOfTenMultiplier") or 0
    if not -12 <= power_of_ten <= 12:
        raise ValueError(f"multiplier 10^{power_of_ten} is out of bounds")
    known = ESPI_MEASURES.get(number_in(measured, "uom"))
    if known is None or not digits:
        return None, "", None
    unit, quantity = known.unit, Decimal(digits).scaleb(exponent + power_of_ten + known.exponent)
    if _text(item, "unitCost"):
        rate = _scaled(item, "unitCost", manner)
        for prefix, power in _PREFIXES:
            if abs(quantity.scaleb(-power) * rate - amount) <= _HALF_CENT:
                return decimal(f"{quantity.scaleb(-power):f}", "measurement", decimals=6), prefix + unit, rate
    return decimal(f"{quantity:f}", "measurement", decimals=6), unit, None


def _states_money(summary: etree._Element) -> bool:
    return bool(_text(summary, "billLastPeriod")) or summary.find(_ITEM) is not None


def _point(links: Links, directory: Directory) -> UsagePoint:
    """The usage point that a summary is of; one that the file does not tell of has a link and no more."""
    heads = [*links.above("UsageSummary"), *links.above("ElectricPowerUsageSummary")]
    for head in heads:
        if head in directory.points:
            return directory.points[head]
    pointing = directory.point_linking_to(links)
    if pointing is not None:
        return pointing
    for point in (Links(head, "", frozenset()) for head in heads):
        if point.is_a("UsagePoint"):
            return UsagePoint(point, "", "")
    if len(directory.points) != 1:
        raise ValueError(f"its usage point is not to be found: {len(directory.points)} in the file")
    return next(iter(directory.points.values()))


def _period(summary: etree._Element, manner: _Manner) -> tuple[date, date]:
    period = summary.find(f"{ESPI}billingPeriod")
    start, duration = (None if period is None else number_in(period, name) for name in ("start", "duration"))
    if start is None or not duration:
        raise ValueError("the billing period has no start or no length")
    if not 0 <= start < _LATEST or not 0 < duration < _LATEST:
        raise ValueError("the billing period is out of bounds")
    first, past = _local_date(start, manner), _local_date(start + duration, manner)
    is_before(first, past)
    return first, past


def _local_date(seconds: int, manner: _Manner) -> date:
    """The day that begins, an hour that the clocks moved aside: a period of whole days ends at 23:00 in autumn."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return ((moment if manner.wall_clock else moment.astimezone(manner.zone)) + _HOUR).date()


def _money(element: etree._Element, name: str, manner: _Manner) -> Decimal:
    return decimal(f"{_scaled(element, name, manner):f}", name, decimals=MONEY_DECIMALS)


def _scaled(element: etree._Element, name: str, manner: _Manner) -> Decimal:
    if not _text(element, name):
        raise ValueError(f"{name} is missing")
    digits, exponent = exact(_text(element, name))
    return Decimal(digits).scaleb(exponent - manner.decimals) if digits else Decimal(0)


def _item_kind(item: etree._Element) -> int:
    return number_in(item, "itemKind") or 0


def _currency(code: str) -> str:
    return _CURRENCIES.get(int(code), "") if code.isdecimal() and len(code) < 10 else ""


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"{ESPI}{name}") or "").strip()
