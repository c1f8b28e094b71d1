"""How long readings of whole days last: as long as the local days are, whatever length a file states."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from datahub.store.codec import DAY_SECONDS, Integers

_SHORTEST, _LONGEST = 82_800, 90_000  # seconds of a local day
_MOST = 1 << 29  # seconds, some 17 years; what lasts longer is no count of days
_FAR = 1 << 33  # epoch seconds, in the year 2242


def by_local_days(starts: Integers, durations: Integers, zone: ZoneInfo) -> Integers:
    """The durations in seconds; those of readings that tell whole local days are as long as these.

    A reading from local midnight that states 23 to 25 hours tells that local day; one that states several times
    24 hours tells so many local days. Midnight is that of the feed's zone, else that of the utility's. All others last
    as long as they say.
    """
    stated = (durations >= _SHORTEST) & (durations <= _LONGEST)
    stated |= (durations > 0) & (durations < _MOST) & (durations % DAY_SECONDS == 0)
    some = np.flatnonzero(stated & (np.abs(starts) < _FAR))
    if not len(some):
        return durations
    zones = tuple(dict.fromkeys((zone, timezone.get_default_timezone())))
    pairs, of = np.unique(starts[some] * _MOST + durations[some], return_inverse=True)
    found = [days_lasting(*divmod(pair, _MOST), zones) for pair in pairs.tolist()]
    lasting = durations.copy()
    lasting[some] = np.array(found, dtype=np.int64)[of]
    return lasting


@lru_cache(maxsize=1 << 14)
def days_lasting(start: int, stated: int, zones: Iterable[ZoneInfo]) -> int:
    """Seconds of the local days that a reading from `start` tells which states so many; as stated if it tells none."""
    for zone in zones:
        local = datetime.fromtimestamp(start, UTC).astimezone(zone).replace(tzinfo=None)
        first = datetime(local.year, local.month, local.day)  # noqa: DTZ001 - the clock on the wall
        if (
            int(first.replace(tzinfo=zone).timestamp()) == start
        ):  # midnight, or what comes first where it is skipped
            past = first + timedelta(days=round(stated / DAY_SECONDS))
            return int(past.replace(tzinfo=zone).timestamp()) - start
    return stated
