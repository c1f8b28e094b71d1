"""Authorization details as text: JSON within limits, nothing guessed (X-09). Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from consent.requests.values import InvalidDetails

MAX_BYTES = 64 * 1024
MAX_DETAILS = 50


def read_entries(text: str) -> Sequence[Any]:
    """The array's entries, unchecked. Raises InvalidDetails; broken JSON names line and column."""
    field = "authorization_details"
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidDetails(field, f"longer than {MAX_BYTES // 1024} KiB")
    try:
        entries = json.loads(  # noqa: TID251 - each fault has words of its own
            text, object_pairs_hook=_without_doubles, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        problem = f"broken JSON at line {error.lineno} column {error.colno}: {printable(error.msg, 60)}"
        raise InvalidDetails(field, problem) from error
    except RecursionError as error:
        raise InvalidDetails(field, "nested too deeply") from error
    except _BadJson as error:
        raise InvalidDetails(field, str(error)) from error
    except ValueError as error:  # a number of thousands of digits
        raise InvalidDetails(field, "holds a number that is too long") from error
    if not isinstance(entries, list):
        raise InvalidDetails(field, "must be a JSON array of objects")
    if len(entries) > MAX_DETAILS:
        raise InvalidDetails(field, f"more than {MAX_DETAILS} entries")
    return entries


class _BadJson(ValueError):
    pass


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _BadJson(f"an object gives {printable(name)} twice")
        members[name] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise _BadJson(f"{name} is not JSON")


def printable(text: str, length: int = 40) -> str:
    """What a third party sent, cut to what an error description may hold (RFC 6749 4.1.2.1)."""
    return re.sub(r"[^A-Za-z0-9_.:, -]", "?", text)[:length]
