"""What the running bill comes to: the customer's own use a day, at the last bill's price, and how far off that was."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from datahub.bills.charges import Charges
from datahub.bills.expected import expected_bill

FIRST = date(2026, 1, 1)


def bills(count, *, quantity="300", amount="75", fixed="15"):
    """Of 30 days each, one after the other from FIRST on: 60 for 300 kWh and 15 fixed."""
    return [
        Charges(
            1, FIRST + timedelta(days=30 * place), FIRST + timedelta(days=30 * (place + 1)), Decimal(amount),
            Decimal(amount) - Decimal(fixed), Decimal(fixed), Decimal(quantity), "kWh",
        )
        for place in range(count)
    ]  # fmt: skip


def use(days, a_day="10"):
    return {FIRST + timedelta(days=place): Decimal(a_day) for place in range(days)}


@pytest.mark.spec("P-37")
def test_a_days_use_goes_on_at_the_last_price_with_fixed_charges_by_day():
    own = bills(5)
    used = use(150) | {own[-1].end + timedelta(days=place): Decimal(20) for place in range(10)}

    result = expected_bill(own, used, own[-1].end + timedelta(days=10))

    assert (result.so_far, result.expected) == (Decimal("45.00"), Decimal("135.00"))
    assert (result.start, result.end) == (own[-1].end, own[-1].end + timedelta(days=30))
    assert (result.checked, result.off) == (4, Decimal(0))


def test_the_error_is_how_far_the_method_was_off_on_earlier_bills():
    own = bills(4)
    used = {day: amount * (2 if (day - FIRST).days % 30 < 10 else 1) for day, amount in use(130).items()}

    result = expected_bill(own, used, own[-1].end + timedelta(days=10))

    assert result.checked == 3
    assert result.off / result.billed == Decimal("0.8")  # 60 of 75: the first ten days used twice as much


@pytest.mark.parametrize(
    ("own", "days"),
    [
        (bills(4), 2),  # too early to say
        (bills(4), 46),  # the bill that was due never came
        (bills(4, quantity="0"), 10),  # no price
        ([], 10),
    ],
)
def test_where_nothing_can_be_said_nothing_is(own, days):
    end = own[-1].end if own else FIRST

    assert expected_bill(own, use(200), end + timedelta(days=days)) is None


def test_of_few_known_days_nothing_is_expected_and_of_few_bills_no_error_is_said():
    own = bills(2)
    end = own[-1].end

    assert expected_bill(own, use(60 + 7), end + timedelta(days=10)) is None
    assert expected_bill(own, use(60 + 8), end + timedelta(days=10)).checked == 0
