"""Closed local months summed once by channel, and again where a load changed their readings: see decision 54."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

import numpy as np
import structlog
from dateutil.relativedelta import relativedelta
from django.db import connection, transaction
from django.utils import timezone

from cdsc_portal.lib.db.months import months_of
from cdsc_portal.lib.db.prepared import array
from cdsc_portal.lib.time.relative_dates import local_midnight
from datahub.models import Channel, ChannelKind, ChannelMonth, ChannelsToSum, SummedMonth, UnnotedChange
from datahub.store.channel_months import CHANNELS_AT_ONCE, MonthSums, lock_month, store_month_sums
from datahub.store.codec import DAY_SECONDS, MOST
from datahub.store.sum_blocks import Wanted
from datahub.store.upkeep import CLOSED_AFTER
from datahub.usage.counted_channels import AMOUNTS
from datahub.usage.stored_amounts import stored_amounts
from datahub.usage.sum_periods import Calendar
from datahub.usage.sum_pieces import RULES, Rule, added, totals

log = structlog.get_logger(__name__)
_QUIET = timedelta(minutes=15)  # since the last change by somebody who leaves the sums as they were
_BEGIN = f"""
    INSERT INTO {ChannelsToSum._meta.db_table} (month, channels)
    SELECT %s, array_agg(id ORDER BY id) FROM (
        SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS batch FROM {Channel._meta.db_table}
        WHERE kind = %s AND unit = ANY(%s) AND first_start < %s AND last_end > %s
    ) AS numbered GROUP BY batch
"""  # noqa: S608 - no part of it is input
_BATCH = f"""
    SELECT id, channels FROM (
        SELECT id, channels, sum(cardinality(channels)) OVER (ORDER BY id) - cardinality(channels) AS before
        FROM (SELECT * FROM {ChannelsToSum._meta.db_table} WHERE month = %s ORDER BY id LIMIT 100) AS oldest
    ) AS counted WHERE before < %s
"""  # noqa: S608 - no part of it is input
# none of a channel's readings is longer than its longest: the index is read no further back
_WITH_PERIODS = """
    SELECT DISTINCT channel.id FROM unnest(%s::bigint[]) AS wanted (id)
    JOIN datahub_channel AS channel USING (id)
    JOIN datahub_periodreading AS reading ON reading.channel_id = channel.id
        AND reading.start < %s AND reading.start >= %s - channel.longest * interval '1 second'
    WHERE reading.value IS NOT NULL AND (reading.end > %s OR reading.start >= %s)
"""


def sum_closed_months(*, at: datetime) -> int:
    """Sum the channels of months that have closed, and those that a load changed since; returns how many, by month.

    Batch by batch, each in a transaction of its own: a task that is killed leaves the rest to the next. Any number of
    tasks may do this at once. A month that a load is changing is left for the next time, and so are all while somebody
    changes readings who leaves their sums as they were, such as the release before.
    """
    if UnnotedChange.objects.filter(at__gt=at - _QUIET).exists():
        return 0
    _begin_months(at)
    count, busy = 0, set[date]()
    while (month := _next_month(busy)) is not None:
        if not (summed := _sum_batch(month)):
            busy.add(month)
        count += summed
    if count:
        log.info("channel_months.summed", channels=count)
    return count


def _begin_months(at: datetime) -> None:
    """Begin the closed months that have readings and are not summed in the present time zone.

    All of them, where readings were changed, or a table of them detached, by somebody who left their sums: none
    counts until each has begun anew.
    """
    unnoted = list(UnnotedChange.objects.values_list("pk", flat=True))
    begun = {summed.month: (summed.start, summed.end) for summed in SummedMonth.objects.all()}
    there = {month for _, month in months_of("interval_block")}
    due = {month for month in there if _next(month) + CLOSED_AFTER <= timezone.localdate(at)}
    due = {month for month in due if begun.get(month) != _bounds(month)}
    if unnoted or not begun.keys() <= there:
        due |= begun.keys()
    succeeded = [_begin(month, is_there=month in there) for month in sorted(due)]
    if all(succeeded):
        UnnotedChange.objects.filter(pk__in=unnoted).delete()


@transaction.atomic
def _begin(month: date, *, is_there: bool) -> bool:
    """Have the channels summed that have readings of the month; from now on loads say which they change.

    False where a load is changing it.
    """
    if not lock_month(month):
        return False
    for model in (ChannelMonth, ChannelsToSum, SummedMonth):
        model.objects.filter(month=month).delete()
    if is_there:
        start, end = _bounds(month)
        SummedMonth.objects.create(month=month, start=start, end=end)
        with connection.cursor() as cursor:
            cursor.execute(
                _BEGIN, [month, CHANNELS_AT_ONCE, ChannelKind.INTERVAL, sorted(AMOUNTS), end, start]
            )
    return True


def _next_month(busy: Collection[date]) -> date | None:
    """The newest month with channels to be summed."""
    waiting = ChannelsToSum.objects.exclude(month__in=busy).order_by("-month")
    return waiting.values_list("month", flat=True).first()


@transaction.atomic
def _sum_batch(month: date) -> int:
    """Sum some channels of the month; returns how many, 0 where a load holds the month or nothing is left."""
    if not lock_month(month):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_BATCH, [month, CHANNELS_AT_ONCE])
        rows = cursor.fetchall()
    channels = {channel for _, some in rows for channel in some}
    counted = Channel.objects.filter(pk__in=channels, kind=ChannelKind.INTERVAL, unit__in=AMOUNTS)
    keys = sorted(counted.values_list("pk", flat=True))
    summed = SummedMonth.objects.filter(month=month).first()
    if keys and summed is not None:  # not set aside meanwhile
        sums = _sums(keys, summed)
        store_month_sums(month=month, channels=np.array(keys, dtype=np.int64), sums=sums)
    ChannelsToSum.objects.filter(pk__in=[row for row, _ in rows]).delete()
    return len(channels)


def _sums(keys: Sequence[int], month: SummedMonth) -> MonthSums:
    """The sums of the channels; `place` is that in `keys`. Four statements.

    Left out is what cannot count as it stands wherever the month lies in a longer window: a month with two grids, or
    with a reading that has none or that crosses the month's end; and a total of more than 64 bits.
    """
    start, end = int(month.start.timestamp()), int(month.end.timestamp())
    stored = stored_amounts(
        [Wanted(key, start, end) for key in keys],
        np.ones(len(keys), dtype=np.bool_),
        uses_months=False,
        uses_halves=True,
    )
    grid = stored.blocks.step * DAY_SECONDS + stored.blocks.phase
    lowest, highest = np.full(len(keys), np.iinfo(np.int64).max), np.zeros(len(keys), dtype=np.int64)
    np.minimum.at(lowest, stored.blocks.place, grid)
    np.maximum.at(highest, stored.blocks.place, grid)
    step, phase = np.divmod(highest, DAY_SECONDS)
    countable = (lowest == highest) & ((end - phase) % np.maximum(step, 1) == 0)
    with connection.cursor() as cursor:
        bounds = [month.end, month.start, month.start, month.start]
        cursor.execute(_WITH_PERIODS, [array(keys), *bounds])
        countable &= ~np.isin(np.array(keys), [key for (key,) in cursor.fetchall()])
    pieces = stored.pieces(Calendar([month.month], np.array([start, end])), np.arange(len(keys)))
    pieces = pieces.where(countable[pieces.pair])
    place, group = np.unique(pieces.pair, return_inverse=True)
    values, scales = totals(group, pieces, np.full(len(place), RULES.index(Rule.SUM)))
    fits = np.array([-MOST <= value <= MOST for value in values], dtype=np.bool_)
    sums = MonthSums(
        place=place,
        start=np.full(len(place), start),
        end=np.full(len(place), end),
        total=np.array(
            [value if fit else 0 for value, fit in zip(values, fits, strict=True)], dtype=np.int64
        ),
        known=added(group, pieces.known, len(place)),
        scale=scales,
        step=step[place],
        phase=phase[place],
        qualities=np.stack([added(group, counts, len(place)) for counts in pieces.qualities.T], axis=1),
    )
    return sums.where(fits)


def _next(month: date) -> date:
    return month + relativedelta(months=1)


def _bounds(month: date) -> tuple[datetime, datetime]:
    """The instants at which a local month of the utility begins and ends."""
    zone = timezone.get_default_timezone()
    return local_midnight(month, zone), local_midnight(_next(month), zone)
