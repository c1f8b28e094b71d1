"""One bill as its customer reads it: what is to pay, for what, line by line, and whether it adds up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from cdsc_portal.lib.text.money import money_in_words, number_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.access import OwnerAccess
from datahub.answers.coverage import coverage
from datahub.bills.pages.bill_change import BillChange, bill_changes
from datahub.bills.pages.bill_list import RESOURCE, Corrections, corrections, due_in_words, period_in_words
from datahub.bills.payment import Payment, payment
from datahub.bills.statements import own_bill_statements, readable_statement
from datahub.feeds.formats.units import SHOWN_UNITS
from datahub.models import BillSection, BillStatement

_KINDS = {
    "usage": gettext_lazy("for what you used"),
    "demand": gettext_lazy("for your highest use"),
    "fixed": gettext_lazy("fixed charge"),
    "tax": gettext_lazy("tax or fee"),
    "credit": gettext_lazy("credit"),
}


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One line in words; what the bill does not state is empty, and so is a kind that has no words here."""

    name: str
    kind: str
    quantity: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class BilledService:
    """What one service is charged. `gap` says in words what the lines leave open; "" where they add up."""

    commodity: str
    number: str
    address: str
    period: str
    supplier: str
    tariff: str
    lines: tuple[BilledLine, ...]
    amount: str
    gap: str
    contract: str  # public id
    month: str  # of its first day, as addresses say it


@dataclass(frozen=True, slots=True)
class BillPage:
    """All that the page says. Where not every service on it may be seen, `is_whole` is false and totals are empty.

    `balance` is how the amount due is made up: label and amount, in the order of the sum.
    """

    public_id: str
    number: str
    account: str
    address: str
    dated: str
    period: str
    is_whole: bool
    has_file: bool
    amount: str
    is_credit: bool
    is_payable: bool
    due: str
    services: tuple[BilledService, ...]
    balance: tuple[tuple[str, str], ...]
    gap: str
    corrections: Corrections
    changes: tuple[BillChange, ...]
    payment: Payment


def bill_page(public_id: str, *, access: OwnerAccess, at: datetime) -> BillPage | None:
    """The bill, or None: missing and another's look the same (X-15). 15 queries at most, however many lines.

    Only services that `access` opens; totals and document only where it opens all of them, as in the API.
    """
    covered = coverage(access, RESOURCE)
    bills = _bill(contracts=Keys.of(covered.spans), public_id=public_id)
    if not bills:
        return None
    (statement,) = bills
    item = readable_statement(statement, covered)
    sections = [section for section in statement.sections.all() if section.contract_id in item.contracts]
    return BillPage(
        public_id=statement.public_id,
        number=statement.statement_number,
        account=statement.account.account_number,
        address=statement.account.address,
        dated=day_in_words(statement.statement_date),
        period=period_in_words(statement.start, statement.end),
        is_whole=item.whole,
        has_file=item.whole and bool(statement.file),
        amount=_money(statement, statement.total) if item.whole else "",
        is_credit=item.whole and statement.total < 0,
        is_payable=item.whole and statement.total > 0,
        due=due_in_words(statement) if item.whole else "",
        services=tuple(_service(section, statement) for section in sections),
        balance=_balance(statement, sections) if item.whole else (),
        gap=_gap_of_balance(statement, sections) if item.whole else "",
        corrections=corrections([statement], covered)[statement.pk],
        changes=bill_changes(statement, covered),
        payment=payment(statement, at=at) if item.whole else Payment.UNKNOWN,
    )


@compiled_query
def _bill(*, contracts: Keys, public_id: str) -> QuerySet[BillStatement]:
    statements = own_bill_statements(contracts).filter(public_id=public_id)
    return statements.prefetch_related("sections__line_items")


def bill_document(public_id: str, *, access: OwnerAccess) -> BillStatement | None:
    """The statement whose document may be opened; None where there is none, or not all of it may be seen."""
    covered = coverage(access, RESOURCE)
    statement = own_bill_statements(Keys.of(covered.spans)).filter(public_id=public_id).first()
    if statement is None or not statement.file or not readable_statement(statement, covered).whole:
        return None
    return statement


def _service(section: BillSection, statement: BillStatement) -> BilledService:
    lines = []
    for line in section.line_items.all():
        unit, rate = SHOWN_UNITS.get(line.unit, line.unit), ""
        if line.rate is not None:
            price = {"price": _money(statement, line.rate), "unit": unit}
            rate = _("%(price)s per %(unit)s") % price if unit else price["price"]
        shown = BilledLine(
            name=line.name,
            kind=str(_KINDS.get(line.kind, "")),
            quantity="" if line.quantity is None else f"{number_in_words(line.quantity)} {unit}".strip(),
            rate=rate,
            amount=_money(statement, line.amount),
        )
        lines.append(shown)
    tariff = {"name": section.tariff_name, "code": section.tariff_code}
    charged = _sum(line.amount for line in section.line_items.all())
    return BilledService(
        commodity=capfirst(section.get_commodity_display()),
        number=section.contract.contract_number,
        address=section.contract.address,
        period=period_in_words(section.start, section.end),
        supplier=section.supplier_name,
        tariff=f"{tariff['name']} ({tariff['code']})" if all(tariff.values()) else "".join(tariff.values()),
        lines=tuple(lines),
        amount=_money(statement, section.amount),
        gap=_gap(statement, charged, section.amount) if lines else "",
        contract=section.contract.public_id,
        month=f"{section.start:%Y-%m}",
    )


def _balance(statement: BillStatement, sections: list[BillSection]) -> tuple[tuple[str, str], ...]:
    """What the bill states of its sum; new charges that it does not state are those of its services."""
    charges = statement.new_charges
    if charges is None and sections:
        charges = _sum(section.amount for section in sections)
    paid = None if statement.payments is None else -statement.payments
    parts = (
        (_("Balance of the bill before"), statement.previous_balance),
        (_("Payments since then"), paid),
        (_("New charges"), charges),
    )
    return tuple((label, _money(statement, amount)) for label, amount in parts if amount is not None)


def _gap_of_balance(statement: BillStatement, sections: list[BillSection]) -> str:
    """What the services leave open of the new charges, or else the stated parts of the amount due."""
    charged = _sum(section.amount for section in sections)
    charges = statement.new_charges
    if charges is not None and sections and charged != charges:
        return _gap(statement, charged, charges)
    if charges is None and not sections:
        return ""
    stated = (statement.previous_balance or 0) - (statement.payments or 0)
    return _gap(statement, stated + (charged if charges is None else charges), statement.total)


def _gap(statement: BillStatement, added: Decimal, stated: Decimal) -> str:
    if added == stated:
        return ""
    words = {
        "sum": _money(statement, added),
        "stated": _money(statement, stated),
        "gap": _money(statement, abs(stated - added)),
    }
    if added < stated:
        return _("These lines add up to %(sum)s; the bill says %(stated)s; %(gap)s is not itemized.") % words
    return _("These lines add up to %(sum)s; the bill says %(stated)s, which is %(gap)s less.") % words


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _money(statement: BillStatement, amount: Decimal) -> str:
    return money_in_words(amount, statement.currency)
