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


class MemberRefused(ValueError):  # noqa: N818 - what happened to it
    """A member of an object that cannot be taken; the text says why."""

    def __init__(self, member: str, why: str) -> None:
        super().__init__(why)
        self.member = member


def read_object(text: bytes) -> dict[str, Any]:
    """An object in which each member stands once, at any depth, and can be stored.

    Raises MemberRefused naming the member at the top that is at fault, else ValueError as `read_json`.
    """
    try:
        value = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=_unique)  # noqa: TID251 - as above
    except RecursionError as error:
        raise ValueError("members stand in members too deep to be read") from error
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    for name, member in value.items():
        try:
            written = json.dumps([name, member], ensure_ascii=False)
            written.encode()
        except RecursionError as error:
            raise MemberRefused(name, "members stand in members too deep to be read") from error
        except UnicodeEncodeError as error:
            shown = name.encode("ascii", "replace").decode()
            raise MemberRefused(shown, "half of a pair of characters") from error
        if "\\u0000" in written:
            raise MemberRefused(name.replace("\0", "?"), "a character 0")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise MemberRefused(name, "it is there more than once")
        members[name] = value
    return members
