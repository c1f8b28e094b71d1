"""JSON bytes of plain values: exact decimals as strings, instants in UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import orjson


def dumps(value: object) -> bytes:
    """UTF-8 JSON. Floats do not belong in it: what is exact comes as Decimal or text."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)


def dumps_indented(value: object) -> str:
    """JSON for people to read, two spaces a level."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2).decode()


def exact(value: Decimal, *, places: int = 0) -> str:
    """`value` without an exponent or needless zeros, with at least `places` decimals: `65.52`, `0.50`."""
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def number(value: Decimal) -> orjson.Fragment:
    """`value` as a number of JSON, where a specification asks for one; never through a float."""
    return orjson.Fragment(f"{value:f}")


def exact_scaled(integers: Iterable[int], scale: int) -> list[str]:
    """integer / 10**`scale`, each as `exact` writes it."""
    if scale <= 0:
        return [str(integer * 10**-scale) for integer in integers]
    texts = []
    for integer in integers:
        digits = f"{abs(integer):0{scale + 1}d}"
        fraction = digits[-scale:].rstrip("0")
        whole = f"-{digits[:-scale]}" if integer < 0 else digits[:-scale]
        texts.append(f"{whole}.{fraction}" if fraction else whole)
    return texts


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, `2026-03-01T08:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return exact(value)
    return str(value)
