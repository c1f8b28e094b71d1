"""Amounts of money as people read them."""

from decimal import Decimal

import pytest

from cdsc_portal.lib.text.money import money_in_words, number_in_words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("65.52", "USD", "$65.52"),
        ("1234.5", "USD", "$1,234.50"),
        ("0", "USD", "$0.00"),
        ("-5", "EUR", "−€5.00"),
        ("0.1875", "USD", "$0.1875"),
        ("0.18750000", "USD", "$0.1875"),
        ("1200", "JPY", "JPY\u00a01,200"),
        ("12", "CHF", "CHF\u00a012.00"),
    ],
)
def test_an_amount_has_its_currency_and_all_of_its_decimals(amount, currency, words):
    assert money_in_words(Decimal(amount), currency) == words


def test_a_number_has_the_decimals_it_needs():
    assert number_in_words(Decimal("312.000000")) == "312"
    assert number_in_words(Decimal("1312.250000")) == "1,312.25"
