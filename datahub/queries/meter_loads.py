"""How far the readings of a meter are loaded, and whether a stretch of time holds any."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

from cdsc_portal.lib.ranges import Span
from datahub.feeds.store.codec import COLUMNS, BlockRow, decoded

# per channel: the first day, the newest block with a value, the first and last period; one index probe each
_LOADS = f"""
    SELECT channel.meter_id, channel.synced, steady.first, period.first, period.last, period.longest, {
    ", ".join(f"newest.{name}" for name in COLUMNS.split(", "))
}
    FROM datahub_channel channel
    LEFT JOIN LATERAL (
        SELECT min(day) AS first FROM interval_block WHERE channel_id = channel.id
    ) steady ON true
    LEFT JOIN LATERAL (
        SELECT {COLUMNS} FROM interval_block
        WHERE channel_id = channel.id AND known > 0 ORDER BY day DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
        SELECT min(start) AS first, max("end") AS last, max("end" - start) AS longest FROM datahub_periodreading
        WHERE channel_id = channel.id AND value IS NOT NULL
    ) period ON true
    WHERE channel.meter_id = ANY(%s)
"""  # noqa: S608 - names of columns only
_DAY = timedelta(days=1)  # no slot of a block is longer


@dataclass(frozen=True, slots=True)
class MeterLoad:
    """Readings of a meter lie in [first, last) UTC, none longer than `longest`; `synced` when a load last saw it."""

    first: datetime
    last: datetime
    longest: timedelta
    synced: datetime

    def reaches(self, span: Span) -> bool:
        """Whether some of `span` lies among the readings."""
        return span.intersect(self.span) is not None

    @property
    def span(self) -> Span:
        """Where readings begin: one second more than they last, for a register read at the very end."""
        return Span(self.first, self.last + timedelta(seconds=1))


def meter_loads(meter_ids: Collection[int]) -> dict[int, MeterLoad]:
    """By meter key; a meter without any value is left out. One statement."""
    loads: dict[int, MeterLoad] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, [sorted(meter_ids)])
        for meter, *row in cursor.fetchall():
            load = _channel_load(*row)
            if load is not None:
                loads[meter] = _joined(loads[meter], load) if meter in loads else load
    return loads


def _channel_load(
    synced: datetime,
    first_day: date | None,
    first_period: datetime | None,
    last_period: datetime | None,
    longest: timedelta | None,
    *block: Any,
) -> MeterLoad | None:
    starts, ends = ([first_period], [last_period]) if first_period and last_period else ([], [])
    if first_day is not None and block[0] is not None:
        starts.append(datetime.combine(first_day, time.min, UTC))
        ends.append(_end_of(BlockRow(*block)))
    if not starts:
        return None
    return MeterLoad(min(starts), max(ends), max(longest or _DAY, _DAY), synced)


def _joined(one: MeterLoad, other: MeterLoad) -> MeterLoad:
    return MeterLoad(
        min(one.first, other.first),
        max(one.last, other.last),
        max(one.longest, other.longest),
        max(one.synced, other.synced),
    )


def _end_of(row: BlockRow) -> datetime:
    """The end of the last slot with a value."""
    last = int(decoded([row], step=row.step).known[0].nonzero()[0][-1])
    return datetime.combine(row.day, time.min, UTC) + timedelta(seconds=row.phase + (last + 1) * row.step)
