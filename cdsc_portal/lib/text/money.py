"""Amounts of money as people read them: the currency's sign where the reader's language puts it, numbers by locale."""

from decimal import Decimal
from functools import lru_cache

from django.conf import settings
from django.utils.formats import get_format, number_format
from django.utils.translation import get_language, pgettext

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


def decimals_in_words(number: Decimal) -> str:
    """By locale, with the decimals that `number` has: for the hundreds of a page, each in a fifth of the time."""
    marks = _marks(get_language(), settings.FORMAT_MODULE_PATH)
    if marks is None:
        return number_format(number, use_l10n=True, force_grouping=True)
    return f"{number:,f}".translate(marks)


@lru_cache
def _marks(language: str | None, _formats: str | None) -> dict[int, str] | None:
    """What stands for the comma and the point of a number; None where digits are not in threes."""
    if get_format("NUMBER_GROUPING", language) != 3:
        return None
    marks = {",": get_format("THOUSAND_SEPARATOR", language), ".": get_format("DECIMAL_SEPARATOR", language)}
    return str.maketrans(marks)
