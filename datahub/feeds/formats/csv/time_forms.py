"""How a file writes its times: ISO 8601 or a form like %d/%m/%Y %H:%M, as text and as places in a cell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

_ISO_DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_ISO_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]0+)?)?"
_ZONE = r"(?P<zone>[Zz]|[+-]\d\d:?\d\d)"
_ISO = rf"{_ISO_DATE}(?:[T ]{_ISO_CLOCK}(?: ?{_ZONE})?)?"
_DIRECTIVES = MappingProxyType({
    "Y": r"(?P<year>\d{4})", "y": r"(?P<short>\d\d)", "m": r"(?P<month>\d{1,2})", "d": r"(?P<day>\d{1,2})",
    "b": r"(?P<name>[^\W\d_]{3,9})", "H": r"(?P<hour>\d{1,2})", "I": r"(?P<twelve>\d{1,2})",
    "p": r"(?P<half>[AaPp]\.?[Mm]\.?)", "M": r"(?P<minute>\d\d)", "S": r"(?P<second>\d\d)", "z": _ZONE, "%": "%",
})  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IN_PLACES = {"year", "short", "month", "day", "hour", "minute", "second", "zone"}
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY = 86_400


class Written(NamedTuple):
    """Seconds since 1970 as the clock on the wall counts them, and how far it is ahead of UTC, if that is said."""

    wall: int
    offset: int | None


@dataclass(frozen=True, slots=True)
class TimeForm:
    """`iso`, or text with %Y %y %m %d %b %H %I %p %M %S %z. Raises ValueError where it says no date."""

    form: str

    def __post_init__(self) -> None:
        names = _pattern(self.form).groupindex.keys()
        if self.form != "iso" and not ({"year", "short"} & names and {"month", "name"} & names):
            raise ValueError(f"{self.form!r} says no date")

    def read(self, text: str) -> Written:
        """One cell; 24:00 is the next midnight. Raises ValueError in words fit for a rejected row."""
        return _read(self.form, text)

    def places(self, text: str) -> Mapping[str, tuple[int, int]] | None:
        """Where the parts of such a text stand, [first, past); None where that depends on what it says."""
        found = _pattern(self.form).fullmatch(text)
        if found is None:
            return None
        spans = {name: found.span(name) for name, part in found.groupdict().items() if part is not None}
        return spans if spans.keys() <= _IN_PLACES else None

    def halves(self) -> tuple["TimeForm", str]:
        """The form of the date's column and that of the clock's, where they are two.

        Raises ValueError unless a space is between the two.
        """
        if self.form == "iso":
            return self, "iso clock"
        day, _, clock = self.form.partition(" ")
        names = _pattern(clock).groupindex.keys()
        if not {"hour", "twelve"} & names or "zone" in names:
            raise ValueError(f"{self.form!r} has no date and clock with a space between")
        return TimeForm(day), clock


def seconds_of_clock(form: str, text: str) -> int:
    """Seconds since midnight of a clock's own column, up to 24:00. Raises ValueError."""
    found = _pattern(form).fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time like 13:30" + ("" if form == "iso clock" else f", {form}"))
    return _clock(found.groupdict(), text)


def seconds_of_offset(text: str) -> int:
    """Z or +01:00 as seconds east of Greenwich."""
    if text in ("Z", "z"):
        return 0
    found = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text, re.ASCII)
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError(f"{text!r} is not an offset like +01:00")
    size = int(found[2]) * 3600 + int(found[3]) * 60
    return -size if found[1] == "-" else size


@lru_cache(maxsize=64)
def _pattern(form: str) -> re.Pattern[str]:
    if form == "iso":
        return re.compile(_ISO, re.ASCII)
    if form == "iso clock":
        return re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]0+)?)?", re.ASCII)
    pieces, rest = [], iter(form)
    for character in rest:
        if character != "%":
            pieces.append(re.escape(character))
            continue
        directive = next(rest, "")
        if directive not in _DIRECTIVES:
            raise ValueError(
                f"%{directive} is not known; there are {' '.join(f'%{one}' for one in _DIRECTIVES)}"
            )
        pieces.append(_DIRECTIVES[directive])
    try:
        return re.compile("".join(pieces))
    except re.error as error:
        raise ValueError(f"{form!r}: {error}") from error


@lru_cache(maxsize=1 << 16)
def _read(form: str, text: str) -> Written:
    found = _pattern(form).fullmatch(text)
    if found is None:
        if form == "iso":
            return _other_iso(text)
        raise ValueError(f"{text!r} is not a time like {form}")
    parts = found.groupdict()
    day = _day(parts, text) * _DAY
    zone = parts.get("zone")
    return Written(day + _clock(parts, text), None if zone is None else seconds_of_offset(zone))


def _other_iso(text: str) -> Written:
    try:
        written = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time like 2026-03-01T13:30 or 2026-03-01T13:30-05:00") from error
    if written.microsecond:
        raise ValueError(f"{text} is not a whole second")
    offset = written.utcoffset()
    wall = written.replace(tzinfo=None) - datetime(1970, 1, 1)
    return Written(int(wall.total_seconds()), None if offset is None else int(offset.total_seconds()))


def _day(parts: Mapping[str, str | None], text: str) -> int:
    year = int(parts.get("year") or 2000 + int(parts.get("short") or 0))
    name = (parts.get("name") or "")[:3].lower()
    if name and name not in _MONTHS:
        raise ValueError(f"{text!r} has no month like Jan")
    month = _MONTHS.index(name) + 1 if name else int(parts["month"] or 0)
    try:
        return date(year, month, int(parts.get("day") or 1)).toordinal() - _EPOCH_DAY
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date that exists") from error


def _clock(parts: Mapping[str, str | None], text: str) -> int:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if parts.get("twelve"):
        hour = int(parts["twelve"] or 0)
        if not 1 <= hour <= 12:
            raise ValueError(f"{text!r} is not on the clock")
        hour = hour % 12 + (12 if (parts.get("half") or "a")[0] in "pP" else 0)
    seconds = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or seconds > _DAY:
        raise ValueError(f"{text!r} is not on the clock")
    return seconds
