"""What a bill charges a service, and why it is more or less than on another bill: split so that it adds up exactly."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from django.db.models import Q, QuerySet

from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from consent.access import Access, contracts_of
from datahub.answers.coverage import Coverage
from datahub.bills.statements import own_bill_statements, readable_statement
from datahub.feeds.formats.units import SHOWN_UNITS
from datahub.models import BillSection, BillStatement

RESOURCE = "bill_data"
USAGE, FIXED = "usage", "fixed"  # kinds of lines
_CENT = Decimal("0.01")
_DIGITS = 40
_MONTH = timedelta(days=45)  # a bill of the month before begins at most so long before
_OVERLAP = timedelta(days=5)  # or less, where days were billed again
_YEAR_OFF = timedelta(days=16)  # from the same day of the year before
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Charges:
    """Of one contract on one bill for local days [start, end). `usage` is the money of lines that bill what flowed.

    `quantity` of a `unit` is what they bill; None where a line does not say how much, or they are of several units.
    """

    contract: int
    start: date
    end: date
    amount: Decimal
    usage: Decimal
    fixed: Decimal
    quantity: Decimal | None
    unit: str  # as shown

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def price(self) -> Decimal | None:
        """The mean of a unit, not rounded; None where no quantity is stated."""
        if not self.quantity:
            return None
        with localcontext() as context:
            context.prec = _DIGITS
            return self.usage / self.quantity


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much one bill's charges exceed another's: five parts in whole cents but for the `rest`, and their sum."""

    use: Decimal
    price: Decimal
    days: Decimal
    fixed: Decimal
    rest: Decimal

    @property
    def total(self) -> Decimal:
        return self.use + self.price + self.days + self.fixed + self.rest


def section_charges(section: BillSection) -> Charges:
    """No query where its lines are read already."""
    lines = list(section.line_items.all())
    billed = [line for line in lines if line.kind == USAGE]
    units = {line.unit for line in billed}
    quantities = [line.quantity for line in billed if line.quantity is not None]
    is_stated = len(units) == 1 and len(quantities) == len(billed)
    unit = units.pop() if is_stated else ""
    return Charges(
        section.contract_id,
        section.start,
        section.end,
        section.amount,
        usage=sum((line.amount for line in billed), Decimal(0)),
        fixed=sum((line.amount for line in lines if line.kind == FIXED), Decimal(0)),
        quantity=sum(quantities, Decimal(0)) if is_stated else None,
        unit=SHOWN_UNITS.get(unit, unit),
    )


def charges_by_contract(access: Access, *, since: date) -> dict[int, list[tuple[str, Charges]]]:
    """Currency and charges of the bills that `access` opens, by contract and time, but of those that end before
    `since`; of a corrected one what corrects it.

    Two queries.
    """
    contracts = Keys.of(contracts_of(access.parts_for(RESOURCE)))
    charges: dict[int, list[tuple[str, Charges]]] = defaultdict(list)
    for section in _standing_sections(contracts=contracts, since=since):
        charges[section.contract_id].append((section.statement.currency, section_charges(section)))
    return dict(charges)


@compiled_query
def _standing_sections(*, contracts: Keys, since: date) -> QuerySet[BillSection]:
    """Of bills that no other one corrects."""
    lasts = Q(end__gte=since) | Q(end=None)
    sections = BillSection.objects.filter(lasts, contract__in=contracts.rows, statement__replaced_by=None)
    sections = sections.select_related("statement").prefetch_related("line_items")
    return sections.order_by("start", "statement__statement_date", "pk")


def difference(now: Iterable[Charges], before: Iterable[Charges]) -> Difference:
    """Why the charges `now` are not those `before`, contract by contract (P-35).

    More days cost what a day cost before; more use a day costs the former price; the price counts on what is used now.
    What no line says how much of was used, taxes, credits and contracts of one bill only are the rest.
    """
    by_contract = [{each.contract: each for each in side} for side in (now, before)]
    use = price = days = fixed = total = Decimal(0)
    for contract in sorted({*by_contract[0], *by_contract[1]}):
        new, old = (side.get(contract) for side in by_contract)
        total += (new.amount if new else 0) - (old.amount if old else 0)
        if new is None or old is None:
            continue
        fixed += new.fixed - old.fixed
        if new.price is None or old.price is None or new.unit != old.unit or not (new.days and old.days):
            continue
        assert new.quantity is not None
        assert old.quantity is not None
        with localcontext() as context:
            context.prec = _DIGITS
            a_day = old.quantity / old.days
            days += (new.days - old.days) * a_day * old.price
            use += (new.quantity - new.days * a_day) * old.price
            price += (new.price - old.price) * new.quantity
    use, price, days, fixed = (part.quantize(_CENT) for part in (use, price, days, fixed))
    return Difference(use, price, days, fixed, rest=total - (use + price + days + fixed))


def bills_to_compare(
    statement: BillStatement, covered: Coverage
) -> tuple[BillStatement | None, BillStatement | None]:
    """The bill before, and that of the same month a year ago, as far as `covered` opens them; corrected ones never.

    Four queries, with sections and lines.
    """
    start, _end = billed_days(statement)
    if start is None:
        return None, None
    others = _others_of_account(
        contracts=Keys.of(covered.spans),
        account=statement.account_id,
        currency=statement.currency,
        first=statement.statement_date - _YEAR - 2 * _MONTH,
        last=statement.statement_date,
        statement=statement.pk,
    )
    before: list[tuple[date, BillStatement]] = []
    year_ago: list[tuple[timedelta, BillStatement]] = []
    for other in others:
        other_start, other_end = billed_days(other)
        if other_start is None or other_end is None:
            continue
        if other_start < start and start - _MONTH <= other_end <= start + _OVERLAP:
            before.append((other_end, other))
        off = abs(start - _YEAR - other_start)
        if off <= _YEAR_OFF:
            year_ago.append((off, other))
    return (
        max(before, key=lambda pair: pair[0])[1] if before else None,
        min(year_ago, key=lambda pair: pair[0])[1] if year_ago else None,
    )


@compiled_query
def _others_of_account(
    *, contracts: Keys, account: int, currency: str, first: date, last: date, statement: int
) -> QuerySet[BillStatement]:
    """Dated from `first` to `last`, without `statement` and those that another one corrects."""
    dated = own_bill_statements(contracts).filter(statement_date__gte=first, statement_date__lte=last)
    of_account = dated.filter(account=account, currency=currency, replaced_by=None).exclude(pk=statement)
    return of_account.prefetch_related("sections__line_items")


def open_charges(statement: BillStatement, covered: Coverage) -> list[Charges]:
    """Of the contracts on it that are open. No query where its sections are read already."""
    contracts: Collection[int] = readable_statement(statement, covered).contracts
    return [section_charges(each) for each in statement.sections.all() if each.contract_id in contracts]


def billed_days(statement: BillStatement) -> tuple[date | None, date | None]:
    """The local days [start, end) that a bill states, or else those of its sections; None for neither."""
    sections: Sequence[BillSection] = list(statement.sections.all())
    starts, ends = [each.start for each in sections], [each.end for each in sections]
    return statement.start or min(starts, default=None), statement.end or max(ends, default=None)
