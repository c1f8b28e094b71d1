"""Bills out of Green Button XML: each UsageSummary with an amount is a statement with one section.

A summary names neither account nor statement: the account is that of the contract, the statement is named by contract
and first day, its date is the day its period ends. The contract is the usage point's `id` (last part of its
link), or by setting `contract` its `link` or `title`. The amount is `billLastPeriod`, without it the sum of the line
items; items are additional details in the standard and need not add up to the amount. Settings:
`currency` (as ISO 4217, USD if not set) where the file has none, `amount_decimals` (5: hundred-thousandths, as the
standard has it), `wall_clock_as_utc` as for readings. Summaries without any amount are no bills.
"""

from collections.abc import Iterable
from copy import deepcopy
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


def sniff(content: bytes) -> bool:
    return holds_only_bills(content)


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[BillRow]:
    """One row a summary with an amount; a summary is taken whole or rejected.

    Raises FeedStructureError: what every Green Button file is refused for, a setting that is none.
    """
    reader = _BillReader(zone, settings)
    summaries: list[tuple[Links, etree._Element]] = []
    currencies: set[str] = set()
    for event in events(BytesIO(content)):
        if isinstance(event, UniformReadings):
            continue
        if event.tag != f"{ATOM}entry":
            block = event.getparent()  # a block may have millions of readings
            while block is not None and (before := event.getprevious()) is not None:
                block.remove(before)
            continue
        links = Links.of(event)
        for resource in (resource for part in event.iterchildren(f"{ATOM}content") for resource in part):
            if resource.tag == f"{ESPI}UsagePoint":
                reader.directory.add_point(UsagePoint.of(resource, links, event.findtext(f"{ATOM}title")))
            elif resource.tag == f"{ESPI}ReadingType":
                currencies.add(_text(resource, "currency"))
            elif resource.tag in _SUMMARIES:
                if _text(resource, "billLastPeriod") or resource.find(_ITEM) is not None:
                    summaries.append((links, deepcopy(resource)))
    if len(currencies - {""}) == 1:
        reader.currency = _currency((currencies - {""}).pop()) or reader.currency
    return reader.bills(summaries)


class _BillReader:
    """Bills of a file, as the settings of its feed say it is written."""

    def __init__(self, zone: ZoneInfo, settings: Settings) -> None:
        self.directory = Directory(choice(settings, "contract", "id", "link", "title"))
        self.currency = settings.get("currency") or "USD"
        self._zone = UTC if choice(settings, "wall_clock_as_utc", "no", "yes") == "yes" else zone
        self._decimals = int(choice(settings, "amount_decimals", "5", "4", "3", "2", "1", "0"))

    def bills(self, summaries: Iterable[tuple[Links, etree._Element]]) -> Parsed[BillRow]:
        rows: list[BillRow] = []
        rejected: list[Rejection] = []
        lines: dict[str, int] = {}
        for links, summary in summaries:
            try:
                bill = self._bill(summary, links)
                first = lines.setdefault(bill.statement_number, bill.line)
                if first != bill.line:
                    raise ValueError(f"statement {bill.statement_number} is already in line {first}")
                rows.append(bill)
            except ValueError as error:
                text = " ".join(str(part).strip() for part in summary.itertext() if part.strip())
                rejected.append(Rejection(line_of(summary), str(error), text))
        return Parsed(rows, rejected)

    def _bill(self, summary: etree._Element, links: Links) -> BillRow:
        point = _point(links, self.directory)
        contract = needed(self.directory.meter_number(point), "the name of the contract", 50)
        start, end = self._period(summary)
        commodity = (
            COMMODITIES.get(number_in(summary, "commodity") or 0) or point.commodity or _commodity(summary)
        )
        if not commodity:
            raise ValueError("whether it bills electricity, gas or water is not said")
        code = _text(summary, "currency")
        currency = _currency(code) if code else self.currency
        if not currency:
            raise ValueError(f"currency {code!r} is not known")
        items = [(item, self._money(item, "amount")) for item in summary.iterchildren(_ITEM)]
        charges = [(item, amount) for item, amount in items if number_in(item, "itemKind") != _PAYMENT]
        paid = [amount for item, amount in items if number_in(item, "itemKind") == _PAYMENT]
        amount = sum((amount for _, amount in charges), Decimal(0))
        if _text(summary, "billLastPeriod"):
            amount = self._money(summary, "billLastPeriod")
        section = BillSectionRow(
            line_of(summary),
            contract_number=contract,
            start=start,
            end=end,
            commodity=commodity,
            supplier="",
            tariff_code=at_most(_text(summary, "tariffProfile"), "tariffProfile", 50),
            tariff_name="",
            amount=amount,
            lines=tuple(self._line(item, amount) for item, amount in charges),
        )
        return BillRow(
            line_of(summary),
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

    def _line(self, item: etree._Element, amount: Decimal) -> BillLineRow:
        kind, usual_name = _ITEM_KINDS.get(number_in(item, "itemKind") or 0, ("other", "Other"))
        quantity, unit, rate = self._quantity(item, amount)
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

    def _quantity(self, item: etree._Element, amount: Decimal) -> tuple[Decimal | None, str, Decimal | None]:
        """(quantity, unit, rate). The file does not say what unit the rate is for: it is the one with which rate and
        quantity give the amount, and where none does the rate is left out. A quantity of 0 is left out as well.
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
            rate = self._scaled(item, "unitCost")
            for prefix, power in _PREFIXES:
                in_unit = quantity.scaleb(-power)
                if abs(in_unit * rate - amount) <= _HALF_CENT:
                    return decimal(f"{in_unit:f}", "measurement", decimals=6), prefix + unit, rate
        return decimal(f"{quantity:f}", "measurement", decimals=6), unit, None

    def _period(self, summary: etree._Element) -> tuple[date, date]:
        """Local dates, an hour later than stated: across the autumn change, whole days end at 23:00."""
        period = summary.find(f"{ESPI}billingPeriod")
        start, duration = (
            None if period is None else number_in(period, name) for name in ("start", "duration")
        )
        if start is None or not duration:
            raise ValueError("the billing period has no start or no length")
        if not 0 <= start < _LATEST or not 0 < duration < _LATEST:
            raise ValueError("the billing period is out of bounds")
        instants = (datetime.fromtimestamp(seconds, UTC) for seconds in (start, start + duration))
        first, past = ((instant.astimezone(self._zone) + _HOUR).date() for instant in instants)
        is_before(first, past)
        return first, past

    def _money(self, element: etree._Element, name: str) -> Decimal:
        return decimal(f"{self._scaled(element, name):f}", name, decimals=MONEY_DECIMALS)

    def _scaled(self, element: etree._Element, name: str) -> Decimal:
        if not _text(element, name):
            raise ValueError(f"{name} is missing")
        digits, exponent = exact(_text(element, name))
        return Decimal(digits).scaleb(exponent - self._decimals) if digits else Decimal(0)


def _point(links: Links, directory: Directory) -> UsagePoint:
    """The usage point of a summary; one that is not in the file is known by its link only."""
    heads = [*links.above("UsageSummary"), *links.above("ElectricPowerUsageSummary")]
    for head in heads:
        if head in directory.points:
            return directory.points[head]
    linking = directory.point_linking_to(links)
    if linking is not None:
        return linking
    for point in (Links(head, "", frozenset()) for head in heads):
        if point.is_a("UsagePoint"):
            return UsagePoint(point, "", "")
    if len(directory.points) != 1:
        raise ValueError(f"its usage point is not to be found: {len(directory.points)} in the file")
    return next(iter(directory.points.values()))


def _commodity(summary: etree._Element) -> str:
    """By the name of the summary and the unit of what was used; "" if these do not tell."""
    if summary.tag != f"{ESPI}UsageSummary":
        return "electricity"
    used = summary.find(f"{ESPI}overallConsumptionLastPeriod")
    known = None if used is None else ESPI_MEASURES.get(number_in(used, "uom"))
    return "" if known is None else known.commodity


def _currency(code: str) -> str:
    return _CURRENCIES.get(int(code), "") if code.isdecimal() and len(code) < 10 else ""


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"{ESPI}{name}") or "").strip()
