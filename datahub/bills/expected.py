"""What the running bill comes to: from a customer's own last bill and use a day, with how far off that was before.

Nothing is invented: no forecast of weather, no price that no bill states.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from datahub.bills.charges import Charges

_DIGITS = 40
_CENT = Decimal("0.01")
_FEWEST_DAYS = 3  # of use, before anything is expected
_KNOWN = Decimal("0.8")  # of the days so far, at least
_LONGEST = Decimal("1.5")  # times the last bill: a longer wait is no running bill
_MOST_CHECKED = 12
_FEWEST_CHECKED = 3


@dataclass(frozen=True, slots=True)
class ExpectedBill:
    """Of local days [start, end), of which those before `until` are known. Money in cents, with fixed charges and tax.

    `off` is by how much the same method missed the `checked` earlier bills at the same day, and `billed` what these
    came to: off / billed is the mean error. `checked` 0: there were too few to say.
    """

    start: date
    end: date
    until: date
    so_far: Decimal
    expected: Decimal
    off: Decimal
    billed: Decimal
    checked: int


def expected_bill(bills: Sequence[Charges], use: Mapping[date, Decimal], until: date) -> ExpectedBill | None:
    """The bill after the last of `bills` (of one contract and currency, by time); None where nothing can be said.

    `use` is by local day, in the unit of the bills, of whole days before `until`. Each day to come counts as much as a
    day so far; a unit costs what it cost on the last bill, with tax and credits; fixed charges are spread over days.
    """
    if not bills or not bills[-1].days:
        return None
    last = bills[-1]
    elapsed = (until - last.end).days
    if elapsed < _FEWEST_DAYS or elapsed > last.days * _LONGEST:
        return None
    days = max(last.days, elapsed)
    costs = _costs(last, use, last.end, elapsed, days)
    if costs is None:
        return None
    off = billed = Decimal(0)
    checked = 0
    for before, bill in list(zip(bills, bills[1:], strict=False))[-_MOST_CHECKED:]:
        estimate = _costs(before, use, bill.start, elapsed, bill.days) if bill.start == before.end else None
        if estimate is not None and elapsed <= bill.days:
            off += abs(estimate[1] - bill.amount)
            billed += bill.amount
            checked += 1
    if checked < _FEWEST_CHECKED or billed <= 0:
        off, billed, checked = Decimal(0), Decimal(0), 0
    return ExpectedBill(
        last.end, last.end + timedelta(days=days), until, *costs, off=off, billed=billed, checked=checked
    )


def _costs(
    last: Charges, use: Mapping[date, Decimal], start: date, elapsed: int, days: int
) -> tuple[Decimal, Decimal] | None:
    """Of `elapsed` days from `start` on, and of all `days` as if they went on so; None where too little is known."""
    known = [use[day] for place in range(elapsed) if (day := start + timedelta(days=place)) in use]
    if not last.quantity or not last.days or len(known) < elapsed * _KNOWN:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        a_unit = (last.amount - last.fixed) / last.quantity
        a_day = sum(known, Decimal(0)) / len(known) * a_unit + last.fixed / last.days
        return (a_day * elapsed).quantize(_CENT), (a_day * days).quantize(_CENT)
