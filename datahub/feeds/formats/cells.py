"""Text of a cell to a plain value. Each raises ValueError in words fit for a rejected row."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from cdsc_portal.lib.text.one_line import is_one_line
from datahub.rows.base import MOST_INT64

_Word = TypeVar("_Word", bound=str)
_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?", re.ASCII)
_MOST_DIGITS = 19  # of MOST_INT64
_MOST_DECIMALS = 12
_SHOWN = 60  # characters of a cell in a message

UNKNOWN = frozenset({"", "null", "none", "n/a", "na", "nan", "-"})


@lru_cache(maxsize=1 << 16)
def exact(text: str) -> tuple[int, int]:
    """(digits, exponent) with the number = digits * 10**exponent, without trailing zeros."""
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"{shortened(text)!r} is not a number")
    whole, decimals, exponent = match[2], match[3] or "", int(match[4] or 0)
    digits = (whole + decimals).lstrip("0")
    shorter = digits.rstrip("0")
    if not shorter:
        return 0, 0
    exponent += len(digits) - len(decimals) - len(shorter)
    number = int(shorter) if len(shorter) <= _MOST_DIGITS else MOST_INT64 + 1
    if number > MOST_INT64 or not -_MOST_DECIMALS <= exponent <= 18:
        raise ValueError(f"{shortened(text)} has more digits than can be kept exactly")
    return (-number if match[1] == "-" else number), exponent


def shortened(text: str) -> str:
    """A cell as a message shows it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def decimal(text: str, name: str, *, decimals: int) -> Decimal:
    """A number with its decimals as written, at most `decimals` of them."""
    if not text:
        raise ValueError(f"{name} is missing")
    digits, exponent = exact(text)
    if -exponent > decimals or abs(digits) * Decimal(10) ** exponent >= 10**10:
        raise ValueError(f"{name} {shortened(text)} has more digits than can be kept exactly")
    return Decimal(text)


def decimal_or_none(text: str, name: str, *, decimals: int) -> Decimal | None:
    """None where the cell is empty or says that the value is unknown."""
    return None if text.lower() in UNKNOWN else decimal(text, name, decimals=decimals)


def iso_date(text: str) -> date:
    """A date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date like 2026-03-01") from error


def iso_date_or_none(text: str) -> date | None:
    return iso_date(text) if text else None


def needed(text: str, name: str, longest: int = 300) -> str:
    """The text, which must be there."""
    if not text:
        raise ValueError(f"{name} is missing")
    return at_most(text, name, longest)


def at_most(text: str, name: str, longest: int = 300) -> str:
    """The text, if it is no longer than its column in the store, on one line and without invisible characters."""
    if len(text) > longest:
        raise ValueError(f"{name} is longer than {longest} characters")
    if not is_one_line(text):
        raise ValueError(f"{name} has a line break or a sign that cannot be seen")
    return text


def one_of(text: str, name: str, *allowed: _Word) -> _Word:
    for word in allowed:
        if text == word:
            return word
    raise ValueError(f"{name} {text!r} is none of {', '.join(allowed)}")


def whole_number(text: str, name: str) -> int:
    """A whole number of at least 0."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"{name} {text!r} is not a whole number")
    return int(text)


def yes_or_no(text: str, name: str) -> bool:
    return one_of(text.lower() or "no", name, "yes", "no", "true", "false") in ("yes", "true")


def is_before(start: date, end: date | None) -> None:
    """Refuses a period that ends before it starts, or at once."""
    if end is not None and end <= start:
        raise ValueError(f"end {end} is not after start {start}")
