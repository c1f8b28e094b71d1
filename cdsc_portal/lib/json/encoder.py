"""JSON bytes of plain values: exact decimals as strings, instants in UTC."""

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


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, `2026-03-01T08:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return exact(value)
    return str(value)
