"""Local days, months and years of a zone, and parts of a day, with the instants at which each begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import overload
from zoneinfo import ZoneInfo

import numpy as np

from cdsc_portal.lib.time.relative_dates import local_midnight
from datahub.store.codec import Integers

_YEARS = (1900, 2200)  # of which there is a calendar


class By(StrEnum):
    """How much local time one sum covers."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Slots:
    """Parts of a local day, `seconds` each from its midnight on; the last one is shorter where they do not fit."""

    seconds: int


class _Instants(Sequence[datetime]):
    """Epoch seconds as instants (UTC), made when they are read."""

    def __init__(self, seconds: Integers) -> None:
        self._seconds = seconds

    def __len__(self) -> int:
        return len(self._seconds)

    @overload
    def __getitem__(self, place: int) -> datetime: ...
    @overload
    def __getitem__(self, place: slice) -> "_Instants": ...
    def __getitem__(self, place: int | slice) -> "datetime | _Instants":
        if isinstance(place, slice):
            return _Instants(self._seconds[place])
        return datetime.fromtimestamp(int(self._seconds[place]), UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Periods one after the other: period i begins on the local day `days[i]`, at `edges[i]` in epoch seconds, and
    ends at edges[i + 1]; there is one edge more than days. A slot has the instant it begins at for its day.
    """

    days: Sequence[date]
    edges: Integers

    def places(self, moments: Integers) -> Integers:
        """Which period each moment lies in."""
        return np.searchsorted(self.edges, moments, side="right") - 1


def calendar(by: By | Slots, first: int, last: int, zone: ZoneInfo) -> Calendar:
    """The periods that touch [first, last], in epoch seconds."""
    begin, end = (_local_day(moment, zone) for moment in (first, last))
    if isinstance(by, Slots) or by is By.DAY:
        midnights = _midnights_between(begin.year, end.year, zone)
        low = int(np.searchsorted(midnights, first, side="right")) - 1
        high = int(np.searchsorted(midnights, last, side="right")) + 1
        if isinstance(by, Slots):
            return _slots(midnights[low:high], by.seconds)
        days = [begin + timedelta(days=place) for place in range(high - low - 1)]
        return Calendar(days, midnights[low:high])
    days = _firsts(by, begin, end)
    edges = [int(local_midnight(day, zone).timestamp()) for day in days]
    return Calendar(days[:-1], np.array(edges, dtype=np.int64))


def _slots(midnights: Integers, seconds: int) -> Calendar:
    days = [np.arange(first, past, seconds) for first, past in pairwise(midnights.tolist())]
    edges = np.concatenate([*days, midnights[-1:]])
    return Calendar(_Instants(edges[:-1]), edges)


def _firsts(by: By, begin: date, end: date) -> list[date]:
    """The first days of the months or years from `begin`'s to the one after `end`'s."""
    months = range(1, 13) if by is By.MONTH else (1,)
    days = [date(year, month, 1) for year in range(begin.year, end.year + 2) for month in months]
    low = max(place for place, day in enumerate(days) if day <= begin)
    high = min(place for place, day in enumerate(days) if day > end)
    return days[low : high + 1]


def _local_day(moment: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).date()


def _midnights_between(first: int, last: int, zone: ZoneInfo) -> Integers:
    """From the day before the year `first` to the day after the year `last`."""
    years = range(max(first, _YEARS[0]) - 1, min(last, _YEARS[1]) + 2)
    return np.concatenate([_midnights(year, zone) for year in years])


@lru_cache(maxsize=512)
def _midnights(year: int, zone: ZoneInfo) -> Integers:
    first = date(year, 1, 1)
    days = (first + timedelta(days=place) for place in range((date(year + 1, 1, 1) - first).days))
    midnights = np.array([int(local_midnight(day, zone).timestamp()) for day in days], dtype=np.int64)
    midnights.flags.writeable = False
    return midnights
