"""How long readings of whole days last: as long as the local days are, whatever length a file states."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from datahub.store.codec import DAY_SECONDS, Integers

_SHORTEST_DAY, _LONGEST_DAY = 82_800, 90_000  # seconds of a local day
_LONGEST = 1 << 29  # seconds, some 17 years; a longer reading states no number of days
_LAST_START = 1 << 33  # epoch seconds, in the year 2242


def by_local_days(starts: Integers, durations: Integers, zone: ZoneInfo) -> Integers:
    """The durations in seconds; readings of whole local days last as long as these days.

    A reading from local midnight of 23 to 25 hours is that local day; one of several times 24 hours is so many local
    days. Midnight is that of the feed's zone, else that of the utility's. All other readings last as long as stated.
    """
    is_days = (durations >= _SHORTEST_DAY) & (durations <= _LONGEST_DAY)
    is_days |= (durations > 0) & (durations < _LONGEST) & (durations % DAY_SECONDS == 0)
    some = np.flatnonzero(is_days & (np.abs(starts) < _LAST_START))
    if not len(some):
        return durations
    zones = tuple(dict.fromkeys((zone, timezone.get_default_timezone())))
    pairs, place = np.unique(starts[some] * _LONGEST + durations[some], return_inverse=True)
    lengths = [seconds_of_days(*divmod(pair, _LONGEST), zones) for pair in pairs.tolist()]
    seconds = durations.copy()
    seconds[some] = np.array(lengths, dtype=np.int64)[place]
    return seconds


@lru_cache(maxsize=1 << 14)
def seconds_of_days(start: int, stated: int, zones: Iterable[ZoneInfo]) -> int:
    """How long the local days are that a reading of `stated` seconds from `start` covers; `stated` if it covers none.

    Where the clock skips midnight, the day begins with the first instant after it.
    """
    for zone in zones:
        local = datetime.fromtimestamp(start, UTC).astimezone(zone).replace(tzinfo=None)
        first = datetime(local.year, local.month, local.day)  # noqa: DTZ001 - the clock on the wall
        if int(first.replace(tzinfo=zone).timestamp()) == start:
            past = first + timedelta(days=round(stated / DAY_SECONDS))
            return int(past.replace(tzinfo=zone).timestamp()) - start
    return stated
