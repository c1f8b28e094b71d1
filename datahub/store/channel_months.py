"""Sums of channels by closed local month, beside the blocks that they are of: read, written, and deleted with a change.

A row says what the blocks of its month say, or it is not there. So that none is left of what has changed:

1. Whatever changes readings deletes the sums that they can be part of, in its own transaction (`forget_sums`).
2. It holds a shared lock of each of those months from then until its commit.
3. What sums a month holds the lock alone, from before it reads the blocks until its commit (`lock_month`).
4. It never waits for it: where a load holds the month, the month is summed another time.

A load that waits for step 3 goes on after a batch, and then deletes what the batch wrote. Where somebody changes
readings in another way, a trigger leaves a row of `UnnotedChange`, and no sum counts. It does not see statements that
name one partition, TRUNCATE or ATTACH: who does that leaves the row himself (docs/operations.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import cast

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.backends.utils import CursorWrapper

from cdsc_portal.lib.db.prepared import array
from datahub.models import ChannelMonth, ChannelsToSum, SummedMonth, UnnotedChange
from datahub.store.codec import DAY_SECONDS, Flags, Integers
from datahub.store.store_reads import rows_of_store
from datahub.store.sum_blocks import QUALITIES, Wanted, arrays
from datahub.store.tally import distinct

CHANNELS_AT_ONCE = 2_000  # summed in one transaction, or a few more; loads of their month wait so long
_LOCKS = 0x5E7  # first key of the advisory locks, the second is the month
_WILL_FORGET = "SET LOCAL datahub.forgets_month_sums = on"
_SHARE = "SELECT pg_advisory_xact_lock_shared(%s, month) FROM unnest(%s::integer[]) AS months (month)"
_SUMMED = f"SELECT month FROM {SummedMonth._meta.db_table} WHERE month = ANY(%s)"  # noqa: S608 - no part of it is input
_HOLD_ALONE = "SELECT pg_try_advisory_xact_lock(%s, %s)"
# In one order, so that two loads of the same channels wait for each other and never crosswise.
_DELETE = f"""
    DELETE FROM {ChannelMonth._meta.db_table} AS stored USING (
        SELECT channel_id, month FROM {ChannelMonth._meta.db_table}
        WHERE channel_id = ANY(%s::bigint[]) AND month = ANY(%s::date[])
        ORDER BY channel_id, month FOR UPDATE
    ) AS changed
    WHERE (stored.channel_id, stored.month) = (changed.channel_id, changed.month)
"""  # noqa: S608 - no part of it is input
_ENQUEUE = f"""
    INSERT INTO {ChannelsToSum._meta.db_table} (month, channels)
    SELECT month, array_agg(channel_id ORDER BY channel_id) FROM unnest(%s::date[]) AS months (month), (
        SELECT channel_id, (row_number() OVER (ORDER BY channel_id) - 1) / %s AS batch
        FROM unnest(%s::bigint[]) AS changed (channel_id)
    ) AS numbered GROUP BY month, batch ORDER BY month, batch
"""  # noqa: S608 - no part of it is input
_COLUMNS = ("channel_id", "total", "known", "scale", "step", "phase")
_INSERT = f"""
    INSERT INTO {ChannelMonth._meta.db_table} ({", ".join(_COLUMNS)}, qualities, month, start, "end")
    SELECT {", ".join(_COLUMNS)}, ARRAY[{", ".join(f"of_{code}" for code in range(QUALITIES))}], %s,
        to_timestamp(first), to_timestamp(past)
    FROM unnest({", ".join(["%s::bigint[]"] * (len(_COLUMNS) + QUALITIES + 2))})
        AS each ({", ".join(_COLUMNS)}, {", ".join(f"of_{code}" for code in range(QUALITIES))}, first, past)
    ORDER BY channel_id
"""  # noqa: S608 - no part of it is input
_ROW = np.dtype(
    [
        ("start", ">i8"), ("end", ">i8"), ("total", ">i8"), ("known", ">i4"), ("scale", ">i2"), ("step", ">i2"),
        ("phase", ">i2"), ("qualities", ">i4", (QUALITIES,)),
    ]
)  # fmt: skip
_PACKED = " || ".join(
    [
        *(f"int8send(extract(epoch FROM month.{name})::bigint)" for name in ("start", '"end"')),
        "int8send(total)",
        "int4send(known)",
        *(f"int2send({name})" for name in ("scale", "step", "phase")),
        *(f"int4send(coalesce(qualities[{code + 1}], 0))" for code in range(QUALITIES)),
    ]
)
_MONTHS = f"""
    SELECT wanted.place, string_agg({_PACKED}, ''::bytea)
    FROM unnest(%s::bigint[], %s::date[], %s::date[]) WITH ORDINALITY AS wanted (channel_id, first, last, place)
    JOIN {ChannelMonth._meta.db_table} AS month
      ON month.channel_id = wanted.channel_id AND month.month BETWEEN wanted.first AND wanted.last
    WHERE NOT EXISTS (SELECT FROM {UnnotedChange._meta.db_table})
    GROUP BY wanted.place
"""  # noqa: S608 - no part of it is input
_SHORTEST = 27 * DAY_SECONDS  # no local month is shorter
_FIRST_DAY, _LAST_DAY = -100_000, 100_000  # since 1970: more than any month of ours


@dataclass(frozen=True, slots=True, eq=False)
class MonthSums:
    """An element a closed month [start, end) of the wanted interval `place`; see `ChannelMonth`."""

    place: Integers
    start: Integers
    end: Integers
    total: Integers
    known: Integers
    scale: Integers
    step: Integers
    phase: Integers
    qualities: Integers  # shape (months, QUALITIES)

    def where(self, keep: Flags | npt.NDArray[np.intp]) -> "MonthSums":
        return MonthSums(*(getattr(self, column.name)[keep] for column in fields(self)))


def month_sums(wanted: Sequence[Wanted]) -> MonthSums:
    """The closed months that lie wholly in their interval, by interval and time. One statement; none for short ones.

    They may be months of another time zone than the present one.
    """
    long = [place for place, interval in enumerate(wanted) if interval.past - interval.first >= _SHORTEST]
    groups = _groups([wanted[place] for place in long]) if long else []
    table = np.frombuffer(b"".join(packed for _, packed in groups), dtype=_ROW)
    counts = np.array([len(packed) // _ROW.itemsize for _, packed in groups], dtype=np.int64)
    place = np.repeat(np.array([long[number - 1] for number, _ in groups], dtype=np.int64), counts)
    columns = {name: table[name].astype(np.int64) for name in _ROW.names or ()}
    months = MonthSums(place, **columns)
    bounds = np.array([interval[1:] for interval in wanted], dtype=np.int64).reshape(-1, 2)
    months = months.where((months.start >= bounds[place, 0]) & (months.end <= bounds[place, 1]))
    return months.where(np.lexsort((months.start, months.place)))


def _groups(wanted: Sequence[Wanted]) -> list[tuple[int, bytes]]:
    """Rows of _MONTHS."""
    bounds = np.array([interval[1:] for interval in wanted], dtype=np.int64)
    # a local month begins within a day of the UTC month
    days = np.clip(bounds // DAY_SECONDS, _FIRST_DAY, _LAST_DAY) + [-1, 1]
    first, last = days.astype("datetime64[D]").astype(str).T.tolist()
    channels = [interval.channel for interval in wanted]
    rows = rows_of_store(
        _MONTHS, arrays(list(zip(channels, first, last, strict=True))), channels=array(set(channels))
    )
    return cast(list[tuple[int, bytes]], rows)


def store_month_sums(*, month: date, channels: Integers, sums: MonthSums) -> None:
    """In place of what is stored of `channels`, of which some may have no sum; `sums.place` is that in `channels`.

    In a transaction that holds the month alone (`lock_month`).
    """
    columns = [channels[sums.place], sums.total, sums.known, sums.scale, sums.step, sums.phase]
    columns += [*sums.qualities.T, sums.start, sums.end]
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [array(channels.tolist()), [month]])
        cursor.execute(_INSERT, [month, *(array(column.tolist()) for column in columns)])


def will_forget_sums() -> None:
    """Say so before readings are changed: the transaction then deletes the sums that it has to delete."""
    with connection.cursor() as cursor:
        cursor.execute(_WILL_FORGET)


def forget_sums(*, channels: Sequence[Integers], days: Sequence[Integers]) -> None:
    """Delete the sums that readings of `channels` on these UTC days, counted from the epoch, can be part of.

    In the transaction that changed the readings, which holds the months until its commit. What was deleted, or was not
    there yet, is left to be summed. Two statements where a reading changed, two more where a month of it is summed.
    """
    months = _months_near(np.concatenate([np.empty(0, dtype=np.int64), *days]))
    if not months:
        return
    with connection.cursor() as cursor:
        _share(cursor, months)
        cursor.execute(_SUMMED, [months])  # after the lock: what it waited for is seen
        if summed := [month for (month,) in cursor.fetchall()]:
            keys = array(distinct(np.concatenate(channels)).tolist())
            cursor.execute(_DELETE, [keys, summed])
            cursor.execute(_ENQUEUE, [summed, CHANNELS_AT_ONCE, keys])


def forget_months(*, month: date) -> None:
    """Delete all sums that readings of a UTC month can be part of: its months are summed anew from what there is.

    In the transaction that takes the readings away, before it locks a table.
    """
    first = (month - date(1970, 1, 1)).days
    months = _months_near(np.arange(first, first + 31, dtype=np.int64))
    with connection.cursor() as cursor:
        _share(cursor, months)
    for model in (ChannelMonth, ChannelsToSum, SummedMonth):
        model.objects.filter(month__in=months).delete()


def lock_month(month: date) -> bool:
    """Keep all others from changing readings of a local month until the transaction ends; False where one does."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_ALONE, [_LOCKS, _key(month)])
        (held,) = cursor.fetchone()
    return bool(held)


def _share(cursor: CursorWrapper, months: Iterable[date]) -> None:
    cursor.execute(_SHARE, [_LOCKS, [_key(month) for month in months]])


def _months_near(days: Integers) -> list[date]:
    """The first days of the local months that these UTC days can touch, in whatever zone."""
    near = distinct(days)
    near = np.concatenate([near - 1, near + 1]).astype("datetime64[D]").astype("datetime64[M]")
    months: list[date] = np.unique(near).astype("datetime64[D]").tolist()
    return months


def _key(month: date) -> int:
    return month.year * 12 + month.month
