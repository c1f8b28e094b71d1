"""Which days of which regions are to be worked out anew, marked in the transaction of the load that changes them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db import connection

from datahub.mix.arithmetic.region import HOUR, spread_together
from datahub.models import ChangedUse, MixAmount, MixDay
from datahub.store.codec import Integers

_YEAR = timedelta(days=366)  # nothing is told of longer at once
_FEW = 500  # channels that are named one by one
Stretch = tuple[str, datetime, int]  # region, start (UTC), seconds

_MARK = """
    INSERT INTO datahub_mixday (region, day, due)
    SELECT * FROM unnest(%s::text[], %s::date[], %s::timestamptz[])
    ON CONFLICT (region, day) DO UPDATE SET due = excluded.due
"""


def mark_days(*, stretches: Iterable[Stretch], at: datetime) -> None:
    """The days that the stretches touch, and where certificates span one of them, all days of their span.

    Before anything else of a load is written, so that a worker at one of these days is waited for first.
    """
    touched = {(region, day) for region, start, seconds in stretches for day in utc_days(start, seconds)}
    touched |= _spanned(touched)
    _mark(sorted(touched), at)


def mark_all_regions(*, days: Iterable[date], at: datetime) -> None:
    """Days of every region that has them: a tariff may be sold in any."""
    known = MixDay.objects.filter(day__in=set(days)).values_list("region", "day")
    _mark(sorted(known), at)


def leave_changed_use(days: Sequence[Integers], channels: Sequence[Integers], *, at: datetime) -> None:
    """Readings of these days, counted from the epoch, changed: for `mark_changed_use`. One statement at most.

    A load of readings marks no day itself: it would wait for the worker that works the day out.
    """
    changed = np.unique(np.concatenate(days)) if days else ()
    if len(changed):
        whose = np.unique(np.concatenate(channels))
        ChangedUse.objects.create(
            at=at,
            days=np.asarray(changed).astype("datetime64[D]").tolist(),
            channels=whose.tolist() if len(whose) <= _FEW else None,
        )


def utc_days(start: datetime, seconds: int) -> list[date]:
    """The UTC days that [start, start + seconds) touches."""
    first = start.astimezone(UTC).date()
    last = (start + timedelta(seconds=max(seconds, 1), microseconds=-1)).astimezone(UTC).date()
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]


def _mark(places: list[tuple[str, date]], at: datetime) -> None:
    if places:
        regions, days = zip(*places, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_MARK, [list(regions), list(days), [at] * len(places)])


def _spanned(touched: set[tuple[str, date]]) -> set[tuple[str, date]]:
    if not touched:
        return set()
    first, last = min(day for _, day in touched), max(day for _, day in touched)
    long = MixAmount.objects.filter(
        seconds__gt=HOUR,
        region__in={region for region, _ in touched},
        start__gt=datetime(first.year, first.month, first.day, tzinfo=UTC) - _YEAR,
        start__lt=datetime(last.year, last.month, last.day, tzinfo=UTC) + _YEAR,
    )
    told: dict[str, list[tuple[str, str, int, int]]] = defaultdict(list)
    for region, kind, source, start, seconds in (
        long.order_by().values_list("region", "kind", "source", "start", "seconds").distinct()
    ):
        told[region].append((kind, source, int(start.timestamp()), seconds))
    found: set[tuple[str, date]] = set()
    for region, certificates in told.items():
        for begin, past in spread_together(certificates):
            days = {(region, day) for day in utc_days(datetime.fromtimestamp(begin, UTC), past - begin)}
            if days & touched:
                found |= days
    return found
