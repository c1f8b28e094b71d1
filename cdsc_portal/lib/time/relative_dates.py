"""Dates as requests write them: `now`, a signed offset, an ISO date or an ISO date-time with its UTC offset.

Offsets of hours are elapsed time; days and longer follow the calendar of the utility's zone, so that `+1d` is
the same time tomorrow however long the day is, and `-1y` from 29 February is 28 February.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

_OFFSET = re.compile(r"([+-])([0-9]{1,5})(y|mo|w|d|h)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_CALENDAR_UNITS = {"y": "years", "mo": "months", "w": "weeks", "d": "days"}


class UnreadableDate(ValueError):
    """The text is none of the forms, or no such date exists; the message says what was expected."""


def resolve(
    text: str, *, now: datetime, zone: ZoneInfo, is_end: bool = False, by_day: bool = False
) -> datetime:
    """The instant (UTC) at which `text` begins, or with `is_end` the first one after it: a date is a whole local day.

    `by_day`: an offset of days or longer means the date that it leads to from today's, so that `-30d` is the same all
    day long, as `now` and hours cannot be. Raises UnreadableDate.
    """
    if text == "now":
        return now
    day: date | None = None
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
        elif offset := _OFFSET.fullmatch(text):
            sign, amount, unit = offset.groups()
            if unit == "h" or not by_day:
                return shifted(now, int(sign + amount), unit, zone)
            moved = relativedelta(**{_CALENDAR_UNITS[unit]: int(sign + amount)})  # type: ignore[arg-type]
            day = now.astimezone(zone).date() + moved
        elif _DATE_TIME.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise UnreadableDate("the date is out of range") from error
    except ValueError as error:
        raise UnreadableDate("there is no such day or time") from error
    if day is not None:
        if day.year in (1, 9999):  # no midnight of theirs is safe to convert
            raise UnreadableDate("the year is out of range")
        return local_midnight(day + timedelta(days=is_end), zone)
    if re.match(r" [0-9]", text):
        raise UnreadableDate("a plus sign in a URL must be sent as %2B")
    raise UnreadableDate(
        "expected now, a signed offset in y, mo, w, d or h such as -3y or +18mo, a date such as 2026-03-01,"
        " or a date-time with its UTC offset"
    )


@lru_cache(
    maxsize=1 << 14
)  # contracts of a page begin on the same days, and each call of a client asks for the same
def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) of a local day, also where the clocks skip midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) after a local day of 23, 24 or 25 hours."""
    return local_midnight(day + timedelta(days=1), zone)


def shifted(now: datetime, amount: int, unit: str, zone: ZoneInfo) -> datetime:
    """`now` moved by whole units (y, mo, w, d, h), in UTC. Raises OverflowError beyond the calendar."""
    if amount == 0:
        return now
    if unit == "h":
        return now + timedelta(hours=amount)
    wall = now.astimezone(zone).replace(tzinfo=None)
    try:
        moved = wall + relativedelta(**{_CALENDAR_UNITS[unit]: amount})  # type: ignore[arg-type]
    except ValueError as error:  # dateutil's word for a year that does not exist
        raise OverflowError(str(error)) from error
    return moved.replace(tzinfo=zone).astimezone(UTC)  # a skipped hour moves on, a repeated one is its first
