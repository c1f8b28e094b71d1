"""Members of authorization details: declared here once; the document shows them, and requests are held to them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from django.utils.functional import Promise

INFINITE = "infinite"
_DURATION = re.compile(
    r"P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?P<time>T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?"
)
_OF_KEY = frozenset({"kty", "use"})  # of every public key that encrypts
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class DetailsFormat(Enum):
    """The formats of CDS-WG1-02 section 6, then those of its pull request 16 (P-1)."""

    INT = "int"
    DECIMAL = "decimal"
    STRING = "string"
    STRING_OR_NULL = "string_or_null"
    STRING_LIST = "string_list"
    BOOLEAN = "boolean"
    DATE = "relative_or_absolute_date"
    DATETIME = "relative_or_absolute_datetime"
    CHOICE = "choice"
    KEY_OR_NULL = "jwk_or_null"
    STRING_LIST_OR_NULL = "string_list_or_null"
    CHOICE_OR_NULL = "choice_or_null"
    CHOICE_LIST = "choice_list"
    CHOICE_LIST_OR_NULL = "choice_list_or_null"

    @property
    def takes_null(self) -> bool:
        return self.value.endswith("_or_null")

    @property
    def bare(self) -> str:
        """The format without null."""
        return self.value.removesuffix("_or_null")

    @property
    def has_limits(self) -> bool:
        """R-54: whether `maximum` and `minimum` are part of the field."""
        return self.bare in ("int", "decimal", "string", "string_list") or self.bare.startswith("relative_")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a field with choices."""

    id: str
    name: str | Promise
    description: str | Promise


@dataclass(frozen=True, slots=True)
class DetailsField:
    """One member of an authorization details object (R-50 to R-58).

    `default` counts where the member is left out, and only of one that is not required. Limits are values of the
    format; of texts the length, of lists of texts the length of all together. `also`: texts taken beside the format.
    """

    id: str
    name: str | Promise
    description: str | Promise
    format: DetailsFormat
    is_required: bool = False
    default: Any = None
    minimum: Any = None
    maximum: Any = None
    choices: tuple[Choice, ...] = ()
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.format.has_limits != (self.maximum is not None) or self.format.has_limits != (
            self.minimum is not None
        ):
            raise ValueError(f"{self.id}: minimum and maximum go with its format, both or neither")
        if self.format.bare in ("choice", "choice_list") and not (self.choices or self.format.takes_null):
            raise ValueError(f"{self.id}: a choice needs choices")


def check_value(field: DetailsField, value: object) -> None:
    """Raises ValueError in words that begin with what the value must be (R-51, R-57)."""
    if isinstance(value, str) and value in field.also:
        return
    if value is None and field.format.takes_null:
        return
    _CHECKS[field.format.bare](field, value)


def narrowed(field: DetailsField, limits: Mapping[str, Any]) -> DetailsField:
    """`field` with what staff set of an offer: `minimum`, `maximum`, `default`, `choices` (ids).

    Raises ValueError in words, also where it would take more than is declared.
    """
    for name in limits:
        if name not in ("minimum", "maximum", "default", "choices"):
            raise ValueError(f"{field.id} has no {name}; it has minimum, maximum, default and choices.")
    changed: dict[str, Any] = {}
    if "choices" in limits:
        chosen = limits["choices"]
        known = {choice.id: choice for choice in field.choices}
        if not isinstance(chosen, list) or not chosen or not all(name in known for name in chosen):
            raise ValueError(f"choices of {field.id} must be some of {', '.join(known) or 'none'}.")
        changed["choices"] = tuple(known[name] for name in chosen)
    for name, is_wider in (("minimum", _is_lower), ("maximum", _is_higher)):
        if name in limits:
            if not field.format.has_limits:
                raise ValueError(f"{field.id} has no limits.")
            if is_wider(limits[name], getattr(field, name)):
                raise ValueError(f"{name} of {field.id} goes beyond {getattr(field, name)}.")
            changed[name] = limits[name]
    narrower = replace(field, **changed)
    if "default" in limits:
        if field.is_required:
            raise ValueError(f"{field.id} is required, so it has no default.")
        check_value(narrower, limits["default"])
        narrower = replace(narrower, default=limits["default"])
    return narrower


def as_metadata(field: DetailsField, *, documentation: str, for_types: Sequence[str]) -> dict[str, Any]:
    """The field as the document has it (section 6 of the contract)."""
    members: dict[str, Any] = {
        "id": field.id,
        "name": str(field.name),
        "description": str(field.description),
        "documentation": documentation,
        "for_types": list(for_types),
        "format": field.format.value,
        "is_required": field.is_required,
    }
    if not field.is_required:
        members["default"] = field.default
    if field.format.has_limits:
        members |= {"maximum": field.maximum, "minimum": field.minimum}
    if field.format.bare in ("choice", "choice_list"):
        members["choices"] = [
            {
                "id": choice.id,
                "name": str(choice.name),
                "description": str(choice.description),
                "documentation": documentation,
            }
            for choice in field.choices
        ]
    return members


def _check_number(field: DetailsField, number: Decimal, *, of: str = "") -> None:
    if field.minimum != INFINITE and number < Decimal(str(field.minimum)):
        raise ValueError(f"must be at least {field.minimum}{of}")
    if field.maximum != INFINITE and number > Decimal(str(field.maximum)):
        raise ValueError(f"must be at most {field.maximum}{of}")


def _decimal(value: object) -> Decimal:
    """R-58: exact; a number of JSON is read by its text, never through a float."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a number")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("must be a number")
    return number


def _texts(value: object) -> list[str]:
    """P-2: a list is never empty; null says none where it is taken."""
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise ValueError("must be an array of texts")
    if not value:
        raise ValueError("must name something, or be left out")
    return list(value)


def _check_int(field: DetailsField, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")
    _check_number(field, Decimal(value))


def _check_decimal(field: DetailsField, value: object) -> None:
    _check_number(field, _decimal(value))


def _check_string(field: DetailsField, value: object) -> None:
    if not isinstance(value, str):
        raise ValueError("must be text")
    _check_number(field, Decimal(len(value)), of=" characters")


def _check_strings(field: DetailsField, value: object) -> None:
    _check_number(field, Decimal(sum(map(len, _texts(value)))), of=" characters together")


def _check_boolean(field: DetailsField, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")


def _check_date(field: DetailsField, value: object) -> None:
    """A duration of whole days from now (RFC 3339 appendix A, R-02), a date, or infinite."""
    expected = "must be a duration such as P3Y, a date, or infinite"
    duration = _duration(value, expected)
    if value == INFINITE or (duration and not duration["time"]):
        return
    try:
        date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(expected) from error


def _check_datetime(field: DetailsField, value: object) -> None:
    """A duration from now, a date-time with its UTC offset, or infinite."""
    expected = "must be a duration such as P30DT2H, a date-time with its UTC offset, or infinite"
    if value == INFINITE or _duration(value, expected):
        return
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(expected) from error
    if moment.tzinfo is None:
        raise ValueError(expected)


def _duration(value: object, expected: str) -> re.Match[str] | None:
    if not isinstance(value, str):
        raise ValueError(expected)
    return _DURATION.fullmatch(value)


def _check_choice(field: DetailsField, value: object) -> None:
    ids = [choice.id for choice in field.choices]
    if value not in ids:
        raise ValueError(f"must be one of {', '.join(ids)}")


def _check_choices(field: DetailsField, value: object) -> None:
    for chosen in _texts(value):
        _check_choice(field, chosen)


def _check_key(field: DetailsField, value: object) -> None:
    """R-03: a public key for encryption."""
    if not isinstance(value, dict) or not value.keys() >= _OF_KEY or value["use"] != "enc":
        raise ValueError("must be a public key (RFC 7517) with kty, and use enc")
    if value.keys() & _PRIVATE:
        raise ValueError("must be a public key; this one is private")


def _number(limit: object) -> Decimal | None:
    try:
        return Decimal(str(limit))
    except InvalidOperation:
        return None


def _is_lower(limit: object, declared: object) -> bool:
    if declared == INFINITE:
        return False
    number, bound = _number(limit), _number(declared)
    return number is None or bound is None or number < bound


def _is_higher(limit: object, declared: object) -> bool:
    if declared == INFINITE:
        return False
    number, bound = _number(limit), _number(declared)
    return number is None or bound is None or number > bound


_CHECKS: Mapping[str, Callable[[DetailsField, object], None]] = {
    "int": _check_int,
    "decimal": _check_decimal,
    "string": _check_string,
    "string_list": _check_strings,
    "boolean": _check_boolean,
    "relative_or_absolute_date": _check_date,
    "relative_or_absolute_datetime": _check_datetime,
    "choice": _check_choice,
    "choice_list": _check_choices,
    "jwk": _check_key,
}
