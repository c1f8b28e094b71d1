"""A zone's clock changes as ESPI writes them (LocalTimeParameters)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_NEVER = "00000000"
_LAST = 7
_HOUR = timedelta(hours=1)


def local_time_parameters(zone: ZoneInfo, year: int) -> dict[str, str]:
    """dstEndRule, dstOffset, dstStartRule and tzOffset (seconds) as the clocks of `year` follow them."""
    begins, ends = _changes(zone, year)
    winter = min(_ahead(zone, moment) for moment in (_first(year), _first(year) + timedelta(days=182)))
    if begins is None or ends is None:
        return {"dstEndRule": _NEVER, "dstOffset": "0", "dstStartRule": _NEVER, "tzOffset": _seconds(winter)}
    summer = _ahead(zone, begins) - _ahead(zone, begins - _HOUR)
    return {
        "dstEndRule": _rule(zone, ends),
        "dstOffset": _seconds(summer),
        "dstStartRule": _rule(zone, begins),
        "tzOffset": _seconds(winter),
    }


def _changes(zone: ZoneInfo, year: int) -> tuple[datetime | None, datetime | None]:
    """The hours (UTC) of `year` from which the clocks are ahead, and from which they are no longer."""
    begins = ends = None
    for day in (_first(year) + timedelta(days=place) for place in range(366)):
        if _ahead(zone, day) != _ahead(zone, day + timedelta(days=1)):
            hours = [day + hour * _HOUR for hour in range(1, 25)]
            change = next(hour for hour in hours if _ahead(zone, hour) != _ahead(zone, hour - _HOUR))
            if _ahead(zone, change) > _ahead(zone, change - _HOUR):
                begins = change
            else:
                ends = change
    return begins, ends


def _rule(zone: ZoneInfo, change: datetime) -> str:
    """Month, which weekday of it, and the hour on the clock before the change, packed into 32 bits.

    The last of the month where it is that in the next years too, else the first to the fourth.
    """
    wall = (change - _HOUR).astimezone(zone) + _HOUR
    years = [_change_in(zone, change, change.year + later) for later in range(6)]
    last = all((day + timedelta(days=7)).month != day.month for day in years if day is not None)
    which = _LAST if last else (wall.day - 1) // 7 + 2
    packed = wall.month << 28 | which << 25 | wall.isoweekday() << 17 | wall.hour << 12
    return f"{packed + wall.minute * 60:08X}"


def _change_in(zone: ZoneInfo, change: datetime, year: int) -> datetime | None:
    """The same change in another year, on the clock before it."""
    same = _ahead(zone, change) > _ahead(zone, change - _HOUR)
    found = _changes(zone, year)[0 if same else 1]
    return None if found is None else (found - _HOUR).astimezone(zone) + _HOUR


def _ahead(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _first(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _seconds(offset: timedelta) -> str:
    return str(int(offset.total_seconds()))
