"""Why a bill is what it is, in words: beside the bill before it and that of the same month a year ago (P-35)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from cdsc_portal.lib.text.money import money_in_words, number_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from datahub.answers.coverage import Coverage
from datahub.bills.charges import Charges, bills_to_compare, open_charges
from datahub.bills.charges import difference as split_difference
from datahub.charts.drawing import Drawing
from datahub.charts.shapes import difference
from datahub.models import BillStatement

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ChangePart:
    """One reason with its money, signed, and what stands behind it."""

    label: str
    why: str
    amount: str
    bar: Drawing


@dataclass(frozen=True, slots=True)
class BillChange:
    """`finding` says how much more or less than the `other` bill it is; `parts` add up to `total` to the cent.

    Where every part is 0 there are none.
    """

    key: str
    finding: str
    other: str  # public id
    parts: tuple[ChangePart, ...]
    total: str


def bill_changes(statement: BillStatement, covered: Coverage) -> tuple[BillChange, ...]:
    """Against the bill before and the one a year ago, as far as there are any. Four queries."""
    now = open_charges(statement, covered)
    before, year_ago = bills_to_compare(statement, covered)
    changes = []
    for key, other in (("before", before), ("year-ago", year_ago)):
        if other is None or other == (before if key == "year-ago" else None):
            continue
        then = open_charges(other, covered)
        if then and now:
            changes.append(_change(key, statement, other, now, then))
    return tuple(changes)


def _change(
    key: str, statement: BillStatement, other: BillStatement, now: Sequence[Charges], then: Sequence[Charges]
) -> BillChange:
    split = split_difference(now, then)
    currency = statement.currency
    facts = {
        "amount": money_in_words(abs(split.total), currency),
        "day": day_in_words(other.statement_date),
    }
    if split.total == 0:
        finding = _("This bill charges as much as the bill of %(day)s") % facts
    elif split.total > 0:
        finding = _("This bill charges %(amount)s more than the bill of %(day)s") % facts
    else:
        finding = _("This bill charges %(amount)s less than the bill of %(day)s") % facts
    use, price, days = _reasons(now, then, currency)
    reasons = (
        (_("What you used"), use, split.use),
        (_("Price"), price, split.price),
        (_("Days"), days, split.days),
        (_("Fixed charges"), "", split.fixed),
        (_("Taxes, credits and all else"), "", split.rest),
    )
    widest = max(abs(amount) for _label, _why, amount in reasons)
    parts = tuple(
        ChangePart(label, why, _signed(amount, currency), difference(amount, widest))
        for label, why, amount in reasons
        if widest
    )
    return BillChange(key, finding, other.public_id, parts, _signed(split.total, currency))


def _reasons(now: Sequence[Charges], then: Sequence[Charges], currency: str) -> tuple[str, str, str]:
    """What stands behind use, price and days, where one service alone is compared; else ""."""
    if len(now) != 1 or len(then) != 1 or now[0].contract != then[0].contract:
        return "", "", ""
    (new,), (old,) = now, then
    days = {"now": number_in_words(Decimal(new.days)), "before": number_in_words(Decimal(old.days))}
    days_in_words = _("%(now)s days instead of %(before)s") % days if new.days != old.days else ""
    if new.quantity is None or old.quantity is None or new.unit != old.unit or not (new.days and old.days):
        return "", "", days_in_words
    use = {
        "now": number_in_words((new.quantity / new.days).quantize(_CENT)),
        "before": number_in_words((old.quantity / old.days).quantize(_CENT)),
        "unit": new.unit,
    }
    price = {
        "now": _price(new.price, currency),
        "before": _price(old.price, currency),
        "unit": new.unit,
    }
    return (
        _("%(now)s %(unit)s a day instead of %(before)s") % use if use["now"] != use["before"] else "",
        _("%(now)s per %(unit)s on average instead of %(before)s") % price
        if price["now"] != price["before"]
        else "",
        days_in_words,
    )


def _price(price: Decimal | None, currency: str) -> str:
    return money_in_words((price or Decimal(0)).quantize(Decimal("0.0001")), currency)


def _signed(amount: Decimal, currency: str) -> str:
    words = money_in_words(amount, currency)
    return f"+{words}" if amount > 0 else words
