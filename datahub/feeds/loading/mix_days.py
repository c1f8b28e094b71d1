"""Which days of which regions must be computed again, marked in the transaction of the load that changes them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db import connection

from datahub.mix.arithmetic.region import HOUR, spread_together
from datahub.models import ChangedUse, MixAmount, MixDay
from datahub.store.codec import Integers

_YEAR = timedelta(days=366)  # no amount spans more
_MOST_CHANNELS = 500  # a load that changed more does not say which
Period = tuple[str, datetime, int]  # region, start (UTC), seconds

_MARK = """
    INSERT INTO datahub_mixday (region, day, due)
    SELECT * FROM unnest(%s::text[], %s::date[], %s::timestamptz[])
    ON CONFLICT (region, day) DO UPDATE SET due = excluded.due
"""


def mark_days(*, periods: Iterable[Period], at: datetime) -> None:
    """Mark the days that the periods touch, and where a certificate spans one of them, all days of its span.

    Call it before a load writes anything else: it then waits first for a worker that computes one of these days.
    """
    touched = {(region, day) for region, start, seconds in periods for day in utc_days(start, seconds)}
    touched |= _spanned(touched)
    _mark(sorted(touched), at)


def mark_all_regions(*, days: Iterable[date], at: datetime) -> None:
    """Days of every region that has them: a tariff may be sold in any."""
    known = MixDay.objects.filter(day__in=set(days)).values_list("region", "day")
    _mark(sorted(known), at)


def record_changed_use(days: Sequence[Integers], channels: Sequence[Integers], *, at: datetime) -> None:
    """Readings of these days, counted from the epoch, changed: for `mark_changed_use`. One statement at most.

    A load of readings marks no day itself: it would wait for the worker that computes the day.
    """
    changed = np.unique(np.concatenate(days)) if days else ()
    if len(changed):
        keys = np.unique(np.concatenate(channels))
        ChangedUse.objects.create(
            at=at,
            days=np.asarray(changed).astype("datetime64[D]").tolist(),
            channels=keys.tolist() if len(keys) <= _MOST_CHANNELS else None,
        )


def utc_days(start: datetime, seconds: int) -> list[date]:
    """The UTC days that [start, start + seconds) touches."""
    first = start.astimezone(UTC).date()
    last = (start + timedelta(seconds=max(seconds, 1), microseconds=-1)).astimezone(UTC).date()
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]


def _mark(region_days: list[tuple[str, date]], at: datetime) -> None:
    if region_days:
        regions, days = zip(*region_days, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_MARK, [list(regions), list(days), [at] * len(region_days)])


def _spanned(touched: set[tuple[str, date]]) -> set[tuple[str, date]]:
    """All days of the certificates that span a touched one: the profile that they follow has changed."""
    if not touched:
        return set()
    first, last = min(day for _, day in touched), max(day for _, day in touched)
    long = MixAmount.objects.filter(
        seconds__gt=HOUR,
        region__in={region for region, _ in touched},
        start__gt=datetime(first.year, first.month, first.day, tzinfo=UTC) - _YEAR,
        start__lt=datetime(last.year, last.month, last.day, tzinfo=UTC) + _YEAR,
    )
    by_region: dict[str, list[tuple[str, str, int, int]]] = defaultdict(list)
    for region, kind, source, start, seconds in (
        long.order_by().values_list("region", "kind", "source", "start", "seconds").distinct()
    ):
        by_region[region].append((kind, source, int(start.timestamp()), seconds))
    spanned: set[tuple[str, date]] = set()
    for region, certificates in by_region.items():
        for begin, past in spread_together(certificates):
            days = {(region, day) for day in utc_days(datetime.fromtimestamp(begin, UTC), past - begin)}
            if days & touched:
                spanned |= days
    return spanned
