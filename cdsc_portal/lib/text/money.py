"""Amounts of money as people read them: the currency's sign where the reader's language puts it, numbers by locale."""

from decimal import Decimal

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import pgettext

_SIGNS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "CAD": "CA$",
    "AUD": "A$",
    "NZD": "NZ$",
    "MXN": "MX$",
    "INR": "₹",
}
_WITHOUT_CENTS = frozenset({"JPY", "KRW"})
_MINUS = "\N{MINUS SIGN}"


def money_in_words(amount: Decimal, currency: str) -> str:
    """`$1,234.50`; `currency` is ISO 4217. At least the currency's cents, and no decimal of `amount` is lost.

    A currency without a sign of its own stands as its code.
    """
    least = 0 if currency in _WITHOUT_CENTS else 2
    figure = number_in_words(abs(amount), least=least)
    if currency in _SIGNS and settings.UTILITY_REGION != "EU":
        form = "%(sign)s%(amount)s"
    elif currency in _SIGNS:
        form = pgettext("an amount and its currency's sign", "%(sign)s%(amount)s")
    else:
        form = pgettext("an amount and its currency's code", "%(sign)s %(amount)s")
    words = form % {"sign": _SIGNS.get(currency, currency), "amount": figure}
    words = words.replace(" ", "\N{NO-BREAK SPACE}")
    return f"{_MINUS}{words}" if amount < 0 else words


def number_in_words(number: Decimal, *, least: int = 0) -> str:
    """By locale, with as many decimals as `number` needs, at least `least`."""
    digits = number.normalize().as_tuple().exponent
    needed = -digits if isinstance(digits, int) and digits < 0 else 0
    return number_format(number, max(least, needed), use_l10n=True, force_grouping=True)
