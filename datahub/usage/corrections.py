"""What later loads changed of readings that were known: before and after, when, and by which run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from heapq import merge
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from accounts.queries.relations import METERS
from cdsc_portal.lib.time.ranges import Span
from datahub.rows.base import MOST_INT64
from datahub.rows.usage import Quality
from datahub.store.codec import DAY_SECONDS, BlockRow, Flags, decoded, scaled_up

MOST = 500  # on a page
_AT_ONCE = MOST + 1  # rows of history fetched at a time; each is of one reading or more
_DECODED = 64  # blocks decoded at a time, so that a page decodes no more than it shows
_OF_BLOCK = ("channel_id", "day", "step", "phase")
_CONTENT = ("scale", "vals", "quality", "exceptions", "version", "versions", "known")
_FACTS = """
    old.id, old.replaced, run.id, run.public_id, run.file_name, channel.id, meter.meter_number, channel.register,
    channel.direction, channel.unit
"""
_JOINED = f"""
    JOIN datahub_feedrun AS run ON run.id = old.replaced_by_id
    JOIN datahub_channel AS channel ON channel.id = old.channel_id
    JOIN {METERS} AS meter ON meter.id = channel.meter_id
"""  # noqa: S608 - no part of it is input
_WHOSE = """
    (%(channel)s::bigint IS NULL OR {channel} = %(channel)s)
    AND (%(run)s::bigint IS NULL OR replaced_by_id = %(run)s)
"""
# What came after: the next row of history of the same block, else what is in force. No part of these is input.
_BLOCKS = f"""
    SELECT {_FACTS}, {", ".join(f"old.{name}" for name in (*_OF_BLOCK, *_CONTENT))},
        {", ".join(f"now.{name}" for name in _CONTENT)}
    FROM (
        SELECT * FROM interval_block_history
        WHERE id < %(before)s AND {_WHOSE.format(channel="channel_id")}
          AND day BETWEEN coalesce(%(first)s::date, '-infinity') AND coalesce(%(last)s::date, 'infinity')
        ORDER BY id DESC LIMIT {_AT_ONCE}
    ) AS old {_JOINED}
    LEFT JOIN LATERAL (
        (SELECT 0 AS place, {", ".join(_CONTENT)} FROM interval_block_history AS later
         WHERE {" AND ".join(f"later.{name} = old.{name}" for name in _OF_BLOCK)} AND later.id > old.id
         ORDER BY later.id LIMIT 1)
        UNION ALL
        (SELECT 1, {", ".join(_CONTENT)} FROM interval_block AS block
         WHERE {" AND ".join(f"block.{name} = old.{name}" for name in _OF_BLOCK)})
        ORDER BY place LIMIT 1
    ) AS now ON true
    ORDER BY old.id DESC
"""  # noqa: S608
_PERIODS = f"""
    SELECT {_FACTS}, old.start, old."end", old.value, old.scale, old.quality,
        now.value, now.scale, now.quality
    FROM (
        SELECT kept.*, reading.channel_id, reading.start, reading."end", reading.value AS value_now,
            reading.scale AS scale_now, reading.quality AS quality_now
        FROM datahub_periodreadinghistory AS kept JOIN datahub_periodreading AS reading ON reading.id = kept.reading_id
        WHERE kept.id < %(before)s AND kept.value IS NOT NULL AND {_WHOSE.format(channel="reading.channel_id")}
          AND reading.start >= coalesce(%(start)s::timestamptz, '-infinity')
          AND reading.start < coalesce(%(end)s::timestamptz, 'infinity')
        ORDER BY kept.id DESC LIMIT {_AT_ONCE}
    ) AS old {_JOINED}
    CROSS JOIN LATERAL (
        (SELECT 0 AS place, value, scale, quality FROM datahub_periodreadinghistory AS later
         WHERE later.reading_id = old.reading_id AND later.id > old.id ORDER BY later.id LIMIT 1)
        UNION ALL
        SELECT 1, old.value_now, old.scale_now, old.quality_now
        ORDER BY place LIMIT 1
    ) AS now
    ORDER BY old.id DESC
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class CorrectionFilter:
    """Those of a channel, of those a run made, of those whose reading starts within `span`."""

    channel_id: int | None = None
    run_id: int | None = None
    span: Span = Span()


class Facts(NamedTuple):
    """By which run a row of history was replaced, and of which channel it is."""

    history_id: int
    replaced: datetime
    run_id: int
    run_public_id: str
    file_name: str
    channel_id: int
    meter_number: str
    register: str
    direction: str
    unit: str


@dataclass(frozen=True, slots=True)
class StoredValue:
    """What was stored of a reading; `value` None = withdrawn."""

    value: Decimal | None
    quality: Quality

    @classmethod
    def of(cls, value: int | None, scale: int, quality: int) -> "StoredValue":
        return cls(None if value is None else Decimal(value).scaleb(-scale), Quality(quality))


@dataclass(frozen=True, slots=True)
class Correction:
    """A reading of [`start`, `end`) in UTC whose known value, or its quality, a load replaced."""

    facts: Facts
    start: datetime
    end: datetime
    before: StoredValue
    after: StoredValue

    @property
    def replaced(self) -> datetime:
        return self.facts.replaced


# some corrections, newest first; older ones are in rows of history before the key, None = there are none
_Batch = tuple[Iterator[Correction], int | None]
_Pair = tuple[Facts, BlockRow, BlockRow]  # a block before a correction and after it


def latest_corrections(query: CorrectionFilter) -> tuple[list[Correction], bool]:
    """The newest, `MOST` at most, and whether there may be more. Two statements.

    Of blocks that were set aside with their month, the last correction is left out: what came after is not in the
    store any more.
    """
    batches = [fetch(query, MOST_INT64) for fetch in _FETCHES]
    newest = list(islice(_newest_first(corrections for corrections, _before in batches), _AT_ONCE))
    return newest[:MOST], len(newest) > MOST or any(before is not None for _corrections, before in batches)


def all_corrections(query: CorrectionFilter) -> Iterator[Correction]:
    """All, newest first, some hundred rows of history in memory at a time."""

    def batch_by_batch(fetch: Callable[[CorrectionFilter, int], _Batch]) -> Iterator[Correction]:
        before: int | None = MOST_INT64
        while before is not None:
            corrections, before = fetch(query, before)
            yield from corrections

    return _newest_first(batch_by_batch(fetch) for fetch in _FETCHES)


def _newest_first(batches: Iterator[Iterator[Correction]]) -> Iterator[Correction]:
    return merge(*batches, key=attrgetter("replaced"), reverse=True)


def _of_blocks(query: CorrectionFilter, before: int) -> _Batch:
    first, last = (moment and moment.astimezone(UTC).date() for moment in (query.span.start, query.span.end))
    rows, rest = _fetched(_BLOCKS, query, before=before, first=first, last=last)
    return _in_blocks(rows, query.span), rest


def _of_periods(query: CorrectionFilter, before: int) -> _Batch:
    rows, rest = _fetched(_PERIODS, query, before=before, start=query.span.start, end=query.span.end)
    facts = len(Facts._fields)
    corrections = (
        Correction(
            Facts(*row[:facts]), row[facts], row[facts + 1], StoredValue.of(*row[facts + 2 : facts + 5]),
            StoredValue.of(*row[facts + 5 :]),
        )
        for row in rows
    )  # fmt: skip
    return corrections, rest


_FETCHES: tuple[Callable[[CorrectionFilter, int], _Batch], ...] = (_of_blocks, _of_periods)


def _fetched(
    statement: str, query: CorrectionFilter, **parameters: int | date | None
) -> tuple[list[tuple[Any, ...]], int | None]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"channel": query.channel_id, "run": query.run_id, **parameters})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows, rows[-1][0] if len(rows) == _AT_ONCE else None


def _in_blocks(rows: Sequence[tuple[Any, ...]], span: Span) -> Iterator[Correction]:
    facts, key, whole = len(Facts._fields), len(_OF_BLOCK), len(_OF_BLOCK) + len(_CONTENT)
    pairs: list[_Pair] = []
    for row in rows:
        block = row[facts:]
        after = BlockRow(*block[:key], *block[whole:])
        if after.vals is not None:
            pairs.append((Facts(*row[:facts]), BlockRow(*block[:whole]), after))
    for step, alike in groupby(pairs, key=lambda pair: pair[1].step):
        while some := list(islice(alike, _DECODED)):
            yield from _differing(step, some, span)


def _differing(step: int, pairs: Sequence[_Pair], span: Span) -> Iterator[Correction]:
    """Of blocks of one step; within a block the latest reading comes first."""
    old = decoded([before for _facts, before, _after in pairs], step=step)
    new = decoded([after for _facts, _before, after in pairs], step=step)
    starts = (old.day * DAY_SECONDS + old.phase)[:, None] + np.arange(DAY_SECONDS // step) * step
    # alike: known with the same quality and the same number, whatever its digits; one of the two has the finer scale
    # already, and what does not fit beside it is another number
    scale = np.maximum(old.scale, new.scale)
    was, was_fits = scaled_up(old.values, (scale - old.scale)[:, None])
    now, now_fits = scaled_up(new.values, (scale - new.scale)[:, None])
    alike = new.known & (was == now) & was_fits & now_fits & (old.quality == new.quality)
    differs: Flags = old.known & ~alike
    if span.start is not None:
        differs &= starts >= span.start.timestamp()
    if span.end is not None:
        differs &= starts < span.end.timestamp()
    rows, places = np.nonzero(differs[:, ::-1])
    places = differs.shape[1] - 1 - places
    known = new.known[rows, places].tolist()
    columns = (starts, old.values, old.quality, new.values, new.quality)
    for row, start, old_value, old_quality, value, quality, is_known in zip(
        rows.tolist(), *(column[rows, places].tolist() for column in columns), known, strict=True
    ):
        facts, before, after = pairs[row]
        begin = datetime.fromtimestamp(start, UTC)
        yield Correction(
            facts, begin, begin + timedelta(seconds=step), StoredValue.of(old_value, before.scale, old_quality),
            StoredValue.of(value if is_known else None, after.scale, quality),
        )  # fmt: skip
