"""The JSON of a feed's mapping to a mapping, each member checked by name."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, Literal, cast, get_args
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
    Role,
    Section,
    Sign,
    Slots,
    Source,
    ValueColumn,
)
from datahub.feeds.formats.csv.time_forms import TimeForm, seconds_of_offset
from datahub.feeds.formats.units import measure
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Direction, Kind, Quality

_QUIETLY = re2.Options()
_QUIETLY.log_errors = False  # they are answered
_MOST_SLOTS = 1500
_DAY = 86_400


def mapping_of(said: Mapping[str, object]) -> CsvMapping:
    """Raises FeedStructureError "mapping: ..." naming the member that is not as it should be."""
    try:
        members = _named(said, _READERS, "")
        mapping = CsvMapping(**{name: _READERS[name](name, value) for name, value in members.items()})
        mapping.check()
    except MappingError as wrong:
        raise FeedStructureError(f"mapping: {wrong}") from wrong
    return mapping


def _named(said: object, allowed: Collection[str], name: str) -> Mapping[str, object]:
    """An object of the JSON, without members that are null."""
    if not isinstance(said, Mapping):
        raise MappingError(f"{name or 'it'} is not an object")
    unknown = sorted(str(key) for key in said if key not in allowed)
    if unknown:
        inside = f"{name} has" if name else "there is"
        raise MappingError(f"{inside} no member {', '.join(unknown)}; there are {', '.join(allowed)}")
    return {key: value for key, value in said.items() if value is not None}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise MappingError(f"{name} is not a text")
    return value


def _one_character(name: str, value: object) -> str:
    text = _text(name, value)
    if len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n':
        raise MappingError(f"{name} {text!r} is not one character that sets apart")
    return text


def _yes(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise MappingError(f"{name} is not true or false")
    return value


def _whole(least: int, most: int) -> "_Reader":
    def read(name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise MappingError(f"{name} {value!r} is not a whole number from {least} to {most}")
        return value

    return read


def _one_of(*allowed: str) -> "_Reader":
    def read(name: str, value: object) -> str:
        if value not in allowed:
            raise MappingError(f"{name} {value!r} is none of {', '.join(allowed)}")
        return str(value)

    return read


def _regex(name: str, value: object) -> re.Pattern[str]:
    """By RE2, which takes time in proportion to the text, whatever the pattern; it knows no look-around."""
    try:
        return cast("re.Pattern[str]", re2.compile(_text(name, value), _QUIETLY))
    except re2.error as error:
        reason = error.args[0] if error.args else "no pattern"
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise MappingError(f"{name}: {reason}") from error


def _grouped(name: str, value: object) -> re.Pattern[str]:
    pattern = _regex(name, value)
    if pattern.groups < 1:
        raise MappingError(f"{name} has no group that would be the word")
    return pattern


def _regexes(name: str, value: object) -> tuple[re.Pattern[str], ...]:
    return tuple(_regex(f"{name}[{place}]", one) for place, one in enumerate(_list(name, value)))


def _texts(name: str, value: object) -> tuple[str, ...]:
    return tuple(_text(f"{name}[{place}]", one) for place, one in enumerate(_list(name, value)))


def _list(name: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise MappingError(f"{name} is not a list")
    return value


def _zone(name: str, value: object) -> ZoneInfo:
    try:
        return ZoneInfo(_text(name, value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MappingError(f"{name} {value!r} is not an IANA time zone") from error


def _offset(name: str, value: object) -> int:
    try:
        return seconds_of_offset(_text(name, value))
    except ValueError as error:
        raise MappingError(f"{name} {value!r} is not like +01:00") from error


def _time_form(name: str, value: object) -> TimeForm:
    text = _text(name, value)
    try:
        return TimeForm(text)
    except ValueError as error:
        raise MappingError(f"{name}: {error}") from error


def _multiplier(name: str, value: object) -> str:
    text = _text(name, value)
    try:
        digits, _ = exact(text)
    except ValueError as error:
        raise MappingError(f"{name}: {error}") from error
    if digits <= 0:
        raise MappingError(f"{name} {value} is not above 0")
    return str(value)


def _unit(name: str, value: object) -> str:
    try:
        measure(_text(name, value))
    except FeedStructureError as error:
        raise MappingError(f"{name}: {error}") from error
    return str(value)


def _measured(name: str, value: object) -> Measured:
    if isinstance(value, str):
        return Measured(_unit(name, value))
    said = _named(value, ("unit", "multiplier"), name)
    if "unit" not in said:
        raise MappingError(f"{name} needs unit")
    return Measured(
        _unit(f"{name}.unit", said["unit"]), _multiplier(f"{name}.multiplier", said.get("multiplier", "1"))
    )


def _quality(name: str, value: object) -> Quality:
    return QUALITIES[_one_of(*QUALITIES)(name, value)]


def _source(name: str, value: object) -> Source:
    if isinstance(value, Mapping):
        said = _named(value, ("column", "pattern", "text", "head"), name)
        if len(said.keys() & {"column", "text", "head"}) != 1:
            raise MappingError(f"{name} needs one of column, text, head")
        if "text" in said:
            return Source(text=_text(f"{name}.text", said["text"]))
        if "head" in said:
            return Source(head=_grouped(f"{name}.head", said["head"]))
        pattern = _grouped(f"{name}.pattern", said["pattern"]) if "pattern" in said else None
        return Source(_column(f"{name}.column", said["column"]), pattern)
    return Source(_column(name, value))


def _column(name: str, value: object) -> str | int:
    if isinstance(value, str) and value.strip():
        return value.strip()
    return int(_whole(1, 10_000)(name, value))


def _columns(name: str, value: object) -> Mapping[Role, Source]:
    said = _named(value, ROLES, name)
    return {role: _source(f"{name}.{role}", said[role]) for role in ROLES if role in said}


def _words(read: "_Reader") -> "_Reader":
    """An object whose members are words of the file; they are told apart without regard to case."""

    def reader(name: str, value: object) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise MappingError(f"{name} is not an object of words")
        return {str(word).casefold(): read(f"{name}.{word}", meaning) for word, meaning in value.items()}

    return reader


def _facts(name: str, value: object) -> Facts:
    return Facts(
        **{key: _FACTS[key](f"{name}.{key}", one) for key, one in _named(value, _FACTS, name).items()}
    )


def _sections(name: str, value: object) -> tuple[Section, ...]:
    return tuple(_section(f"{name}[{place}]", one) for place, one in enumerate(_list(name, value)))


def _section(name: str, value: object) -> Section:
    said = _named(value, ("start", "end", *_FACTS), name)
    if "start" not in said:
        raise MappingError(f"{name} needs start")
    end = _regex(f"{name}.end", said["end"]) if "end" in said else None
    facts = {key: one for key, one in said.items() if key in _FACTS}
    return Section(_regex(f"{name}.start", said["start"]), end, _facts(name, facts))


def _values(name: str, value: object) -> tuple[ValueColumn, ...]:
    return tuple(_value_column(f"{name}[{place}]", one) for place, one in enumerate(_list(name, value)))


def _value_column(name: str, value: object) -> ValueColumn:
    said = _named(value, ("column", *_FACTS), name)
    if "column" not in said:
        raise MappingError(f"{name} needs column")
    facts = {key: one for key, one in said.items() if key in _FACTS}
    return ValueColumn(_column(f"{name}.column", said["column"]), _facts(name, facts))


def _slots(name: str, value: object) -> Slots:
    said = _named(value, [one.name for one in fields(Slots)], name)
    if ("pattern" in said) == ("first" in said):
        raise MappingError(f"{name} needs pattern, or first and count")
    if ("first" in said) != ("count" in said):
        raise MappingError(f"{name} needs first and count together")
    if "step" not in said:
        raise MappingError(f"{name} needs step, in seconds")
    step = int(_whole(60, _DAY)(f"{name}.step", said["step"]))
    return Slots(
        _regex(f"{name}.pattern", said["pattern"]) if "pattern" in said else None,
        _column(f"{name}.first", said["first"]) if "first" in said else None,
        int(_whole(1, _MOST_SLOTS)(f"{name}.count", said["count"])) if "count" in said else None,
        _clock(f"{name}.start", said.get("start", "00:00")),
        step,
        _clock_change(f"{name}.clock_change", said.get("clock_change", "by_time")),
    )


def _clock_change(name: str, value: object) -> Literal["by_time", "by_count"]:
    return "by_count" if _one_of("by_time", "by_count")(name, value) == "by_count" else "by_time"


def _clock(name: str, value: object) -> int:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", _text(name, value))
    if found is None:
        raise MappingError(f"{name} {value!r} is not like 06:00")
    return int(found[1]) * 3600 + int(found[2]) * 60


_Reader = Callable[[str, object], Any]
_COMMODITY = _one_of(*get_args(Commodity))
_DIRECTION = _one_of(*get_args(Direction))
_KIND = _one_of(*get_args(Kind))
_SIGN = _one_of(*get_args(Sign))
_FACTS: Mapping[str, _Reader] = {
    "meter": _text, "register": _text, "commodity": _COMMODITY, "unit": _unit, "direction": _DIRECTION,
    "kind": _KIND, "sign": _SIGN,
}  # fmt: skip
_READERS: Mapping[str, _Reader] = {
    "shape": _one_of("long", "wide"),
    "delimiter": _one_character,
    "decimal_mark": _one_of(".", ","),
    "thousands_mark": _one_of(".", ",", " ", "'", "\u00a0", "\u202f"),
    "encoding": _one_of("utf-8", "latin-1", "cp1252", "utf-16"),
    "skip_lines": _whole(0, 1000),
    "header_pattern": _regex,
    "header": _yes,
    "columns": _columns,
    "time_form": _time_form,
    "zone": _zone,
    "offset": _offset,
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
    "unknown": _texts,
    "values": _values,
    "slots": _slots,
    "sections": _sections,
    "ignore": _regexes,
}
