"""JSON of others: any text is answered with its value or with words, never with another exception."""

import json
from typing import Any, NoReturn


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Raises ValueError: not JSON, members too deep, a number too long, NaN or Infinity, text that cannot be stored."""
    try:
        value = json.loads(text, parse_constant=refuse_constant)  # noqa: TID251 - the one place
        written = json.dumps(value, ensure_ascii=False)
        written.encode()
    except RecursionError as error:
        raise ValueError("members stand in members too deep to be read") from error
    except UnicodeEncodeError as error:
        raise ValueError("half of a pair of characters") from error
    if "\\u0000" in written:
        raise ValueError("a character 0")
    return value


def refuse_constant(name: str) -> NoReturn:
    """For `parse_constant`: Python reads NaN, Infinity and -Infinity, which JSON does not know."""
    raise ValueError(f"{name} is no number of JSON")
