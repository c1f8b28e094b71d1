"""JSON of others: any text is answered with its value or with words, never with another exception."""

import json
from collections.abc import Callable
from typing import Any, NoReturn

_Pairs = list[tuple[str, Any]]


class MemberRefused(ValueError):  # noqa: N818 - what happened to it
    """A member of an object that cannot be taken; the text says why."""

    def __init__(self, member: str, why: str) -> None:
        super().__init__(why)
        self.member = member


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Raises ValueError: not JSON, members too deep, a number too long, NaN or Infinity, text that cannot be stored."""
    value = _decoded(text)
    _check_text(value)
    return value


def read_object(text: bytes) -> dict[str, Any]:
    """An object in which each member stands once, at any depth, and can be stored.

    Raises MemberRefused naming the member at the top that is at fault, else ValueError as `read_json`.
    """
    value = _decoded(text, once_each)
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    for name, member in value.items():
        try:
            _check_text([name, member])
        except ValueError as error:
            shown = name.encode("utf-8", "replace").decode().replace("\0", "?")
            raise MemberRefused(shown, str(error)) from error
    return value


def once_each(pairs: _Pairs) -> dict[str, Any]:
    """For `object_pairs_hook`: Python takes the last of members of one name. Raises MemberRefused."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise MemberRefused(name, "it is there more than once")
        members[name] = value
    return members


def refuse_constant(name: str) -> NoReturn:
    """For `parse_constant`: Python reads NaN, Infinity and -Infinity, which JSON does not know."""
    raise ValueError(f"{name} is no number of JSON")


def _decoded(text: str | bytes, hook: Callable[[_Pairs], Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=hook)  # noqa: TID251 - the one place
    except RecursionError as error:
        raise ValueError("members stand in members too deep to be read") from error


def _check_text(value: object) -> None:
    """Raises ValueError for text that the database cannot hold."""
    try:
        written = json.dumps(value, ensure_ascii=False)
        written.encode()
    except RecursionError as error:
        raise ValueError("members stand in members too deep to be read") from error
    except UnicodeEncodeError as error:
        raise ValueError("half of a pair of characters") from error
    if "\\u0000" in written:
        raise ValueError("a character 0")
