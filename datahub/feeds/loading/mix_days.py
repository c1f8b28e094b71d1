"""Which days of which regions are to be worked out anew, marked in the transaction of the load that changes them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Q

from datahub.feeds.store.codec import Integers
from datahub.models import AmountKind, ChangedUse, MixAmount, MixDay

DAY = 86_400
CERTIFICATES = (AmountKind.ISSUED, AmountKind.EXPIRED, AmountKind.TRACKED, AmountKind.CANCELLED)
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


def leave_changed_use(days: Sequence[Integers], *, at: datetime) -> None:
    """Readings of these days, counted from the epoch, changed: for `mark_changed_use`. One statement at most.

    A load of readings marks no day itself: it would wait for the worker that works the day out.
    """
    changed = np.unique(np.concatenate(days)) if days else ()
    if len(changed):
        ChangedUse.objects.create(at=at, days=np.asarray(changed).astype("datetime64[D]").tolist())


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
    first = min(day for _, day in touched)
    past = max(day for _, day in touched) + timedelta(days=1)
    end = ExpressionWrapper(
        F("start") + Func(function="make_interval", template="make_interval(secs => seconds)"),
        output_field=DateTimeField(),
    )
    long = MixAmount.objects.filter(
        Q(kind__in=CERTIFICATES),
        seconds__gt=DAY,
        region__in={region for region, _ in touched},
        start__lt=datetime(past.year, past.month, past.day, tzinfo=UTC),
    )
    spans = long.annotate(end=end).filter(end__gt=datetime(first.year, first.month, first.day, tzinfo=UTC))
    found: set[tuple[str, date]] = set()
    for region, start, seconds in spans.values_list("region", "start", "seconds").distinct():
        days = {(region, day) for day in utc_days(start, seconds)}
        if days & touched:
            found |= days
    return found
