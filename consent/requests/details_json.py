"""Authorization details as text: JSON within limits, nothing guessed (X-09). Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any

from cdsc_portal.lib.json.reader import MemberRefused, once_each, refuse_constant
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
            text, object_pairs_hook=once_each, parse_constant=refuse_constant
        )
    except json.JSONDecodeError as error:
        problem = f"broken JSON at line {error.lineno} column {error.colno}: {printable(error.msg, 60)}"
        raise InvalidDetails(field, problem) from error
    except RecursionError as error:
        raise InvalidDetails(field, "nested too deeply") from error
    except MemberRefused as error:
        raise InvalidDetails(field, f"an object gives {printable(error.member)} twice") from error
    except ValueError as error:
        # for a number of thousands of digits Python names a setting of its own
        is_long = "digits" in str(error)
        raise InvalidDetails(field, "holds a number that is too long" if is_long else str(error)) from error
    if not isinstance(entries, list):
        raise InvalidDetails(field, "must be a JSON array of objects")
    if len(entries) > MAX_DETAILS:
        raise InvalidDetails(field, f"more than {MAX_DETAILS} entries")
    return entries


def printable(text: str, length: int = 40) -> str:
    """What a third party sent, cut to what an error description may hold (RFC 6749 4.1.2.1)."""
    return re.sub(r"[^A-Za-z0-9_.:, -]", "?", text)[:length]
