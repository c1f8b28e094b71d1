"""The JSON of a feed's mapping to a mapping, each member checked by name."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import re2

from datahub.feeds.formats.cells import exact
from datahub.feeds.formats.csv.mapping import (
    QUALITIES,
    ROLES,
    Commodity,
    CsvMapping,
    Facts,
    MappingError,
    Measured,
    Section,
    Sign,
    Slots,
    Source,
    ValueColumn,
)
from datahub.feeds.formats.csv.times import TimeForm, seconds_of_offset
from datahub.feeds.formats.units import measure
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Direction, Kind, Quality

_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False  # they go into the answer
_MOST_SLOTS = 1500
_DAY = 86_400
_Reader = Callable[[str, object], Any]  # of a member's name and JSON; raises MappingError


def mapping_of(given: Mapping[str, object]) -> CsvMapping:
    """Raises FeedStructureError "mapping: ..." naming the member that is not as it should be."""
    try:
        mapping = CsvMapping(**_object("", given, _MEMBERS))
        mapping.check()
    except MappingError as error:
        raise FeedStructureError(f"mapping: {error}") from error
    return mapping


def _object(name: str, value: object, readers: Mapping[str, _Reader], needed: str = "") -> dict[str, Any]:
    """The members of an object of the JSON that are not null, each as its reader reads it."""
    if not isinstance(value, Mapping):
        raise MappingError(f"{name or 'it'} is not an object")
    unknown = sorted(str(member) for member in value if member not in readers)
    if unknown:
        inside = f"{name} has" if name else "there is"
        raise MappingError(f"{inside} no member {', '.join(unknown)}; there are {', '.join(readers)}")
    if needed and value.get(needed) is None:
        raise MappingError(f"{name} needs {needed}")
    path = f"{name}." if name else ""
    return {
        member: readers[member](f"{path}{member}", inner)
        for member, inner in value.items()
        if inner is not None
    }


def _list_of(read: _Reader) -> _Reader:
    def reader(name: str, value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise MappingError(f"{name} is not a list")
        return tuple(read(f"{name}[{place}]", item) for place, item in enumerate(value))

    return reader


def _words(read: _Reader) -> _Reader:
    """An object whose members are words of the file; case makes no difference between them."""

    def reader(name: str, value: object) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise MappingError(f"{name} is not an object of words")
        return {str(word).casefold(): read(f"{name}.{word}", meaning) for word, meaning in value.items()}

    return reader


def _one_of(*allowed: str) -> _Reader:
    def read(name: str, value: object) -> str:
        if value not in allowed:
            raise MappingError(f"{name} {value!r} is none of {', '.join(allowed)}")
        return str(value)

    return read


def _whole(least: int, most: int) -> _Reader:
    def read(name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise MappingError(f"{name} {value!r} is not a whole number from {least} to {most}")
        return value

    return read


def _parsed(parse: Callable[[str], Any], wrong: str = "") -> _Reader:
    """A text that `parse` takes; `wrong` is the reason where it does not, else what it raises."""

    def read(name: str, value: object) -> Any:  # noqa: ANN401 - whatever `parse` returns
        text = _text(name, value)
        try:
            return parse(text)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise MappingError(f"{name} {value!r} {wrong}" if wrong else f"{name}: {error}") from error

    return read


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise MappingError(f"{name} is not a text")
    return value


def _yes(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise MappingError(f"{name} is not true or false")
    return value


def _delimiter(name: str, value: object) -> str:
    text = _text(name, value)
    if len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n':
        raise MappingError(f"{name} {text!r} is not one character that sets apart")
    return text


def _regex(name: str, value: object) -> re.Pattern[str]:
    """By RE2, which takes time in proportion to the text, whatever the pattern; it knows no look-around."""
    try:
        return cast("re.Pattern[str]", re2.compile(_text(name, value), _RE2_OPTIONS))
    except re2.error as error:
        reason = error.args[0] if error.args else "no pattern"
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise MappingError(f"{name}: {reason}") from error


def _grouped(name: str, value: object) -> re.Pattern[str]:
    pattern = _regex(name, value)
    if pattern.groups < 1:
        raise MappingError(f"{name} has no group that would be the word")
    return pattern


def _multiplier(name: str, value: object) -> str:
    digits, _ = _parsed(exact)(name, value)
    if digits <= 0:
        raise MappingError(f"{name} {value} is not above 0")
    return str(value)


def _unit(name: str, value: object) -> str:
    _parsed(measure)(name, value)
    return str(value)


def _measured(name: str, value: object) -> Measured:
    if isinstance(value, str):
        return Measured(_unit(name, value))
    return Measured(**_object(name, value, {"unit": _unit, "multiplier": _multiplier}, needed="unit"))


def _quality(name: str, value: object) -> Quality:
    return QUALITIES[_one_of(*QUALITIES)(name, value)]


def _column(name: str, value: object) -> str | int:
    if isinstance(value, str) and value.strip():
        return value.strip()
    return int(_whole(1, 10_000)(name, value))


def _source(name: str, value: object) -> Source:
    if not isinstance(value, Mapping):
        return Source(_column(name, value))
    readers = {"column": _column, "pattern": _grouped, "text": _text, "head": _grouped}
    source = _object(name, value, readers)
    if len(source.keys() & {"column", "text", "head"}) != 1:
        raise MappingError(f"{name} needs one of column, text, head")
    return Source(**source)


def _facts(name: str, value: object) -> Facts:
    return Facts(**_object(name, value, _FACTS))


def _section(name: str, value: object) -> Section:
    facts = _object(name, value, {"start": _regex, "end": _regex, **_FACTS}, needed="start")
    return Section(facts.pop("start"), facts.pop("end", None), Facts(**facts))


def _value_column(name: str, value: object) -> ValueColumn:
    facts = _object(name, value, {"column": _column, **_FACTS}, needed="column")
    return ValueColumn(facts.pop("column"), Facts(**facts))


def _slots(name: str, value: object) -> Slots:
    slots = _object(name, value, _SLOTS)
    if ("pattern" in slots) == ("first" in slots):
        raise MappingError(f"{name} needs pattern, or first and count")
    if ("first" in slots) != ("count" in slots):
        raise MappingError(f"{name} needs first and count together")
    if "step" not in slots:
        raise MappingError(f"{name} needs step, in seconds")
    return Slots(**slots)


def _clock(text: str) -> int:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    if match is None:
        raise ValueError
    return int(match[1]) * 3600 + int(match[2]) * 60


_COMMODITY = _one_of(*get_args(Commodity))
_DIRECTION = _one_of(*get_args(Direction))
_KIND = _one_of(*get_args(Kind))
_SIGN = _one_of(*get_args(Sign))
_FACTS: Mapping[str, _Reader] = {
    "meter": _text, "register": _text, "commodity": _COMMODITY, "unit": _unit, "direction": _DIRECTION,
    "kind": _KIND, "sign": _SIGN,
}  # fmt: skip
_SLOTS: Mapping[str, _Reader] = {
    "pattern": _regex, "first": _column, "count": _whole(1, _MOST_SLOTS), "start": _parsed(_clock, "is not like 06:00"),
    "step": _whole(60, _DAY), "clock_change": _one_of("by_time", "by_count"),
}  # fmt: skip
_MEMBERS: Mapping[str, _Reader] = {
    "shape": _one_of("long", "wide"),
    "delimiter": _delimiter,
    "decimal_mark": _one_of(".", ","),
    "thousands_mark": _one_of(".", ",", " ", "'", "\u00a0", "\u202f"),
    "encoding": _one_of("utf-8", "latin-1", "cp1252", "utf-16"),
    "skip_lines": _whole(0, 1000),
    "header_pattern": _regex,
    "header": _yes,
    "columns": lambda name, value: _object(name, value, dict.fromkeys(ROLES, _source)),
    "time_form": _parsed(TimeForm),
    "zone": _parsed(ZoneInfo, "is not an IANA time zone"),
    "offset": _parsed(seconds_of_offset, "is not like +01:00"),
    "time_of": _one_of("start", "end"),
    "wall_clock_as_utc": _yes,
    "interval_seconds": _whole(1, 366 * _DAY),
    "multiplier": _multiplier,
    "mean_power": _yes,
    "sign": _SIGN,
    "units": _words(_measured),
    "directions": _words(_DIRECTION),
    "kinds": _words(_KIND),
    "commodities": _words(_COMMODITY),
    "qualities": _words(_quality),
    "registers": _words(_facts),
    "unknown": _list_of(_text),
    "values": _list_of(_value_column),
    "slots": _slots,
    "sections": _list_of(_section),
    "ignore": _list_of(_regex),
}
