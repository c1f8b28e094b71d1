"""Stored readings as arrays: whole blocks and periods of channels, not cut to any window."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cdsc_portal.lib.db.prepared import array, prepared_cursor
from datahub.store.codec import (
    DAY_SECONDS,
    QUALITY_RUN,
    Codes,
    Flags,
    Integers,
    filled,
    scaled_up,
    unpacked,
)
from datahub.store.times import Places, Times

# All rows of a channel on a grid come as one row, each column with their binary forms one after the other: each row
# costs time, its bytes cost little. Periods (without a step) come in the same statement: most channels have none, and a
# statement of their own would cost a round trip.
_STORED = """
    SELECT block.step, length(block.vals), block.phase, block.scale, block.channel_id, block.quality,
        string_agg(date_send(block.day), ''), NULL::bytea, string_agg(timestamptz_send(block.modified), ''),
        string_agg(int4send(coalesce(length(block.exceptions), 0)), ''), string_agg(block.exceptions, ''),
        string_agg(block.vals, '')
    FROM {blocks} AND block.day BETWEEN %(first)s::date AND %(last)s::date
    GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL
    SELECT NULL, NULL, NULL, reading.scale, reading.channel_id, reading.quality,
        string_agg(timestamptz_send(reading.start), ''), string_agg(timestamptz_send(reading.end), ''),
        string_agg(timestamptz_send(reading.modified), ''), NULL, string_agg(boolsend(reading.value IS NOT NULL), ''),
        string_agg(int8send(coalesce(reading.value, 0)), '')
    FROM {periods} AND reading.start >= %(first)s::date AND reading.end < %(last)s::date + 2
    GROUP BY 4, 5, 6
"""
# of channels on the same days, the usual case
_SAME_DAYS = _STORED.format(
    blocks="interval_block AS block WHERE block.channel_id = ANY(%(channels)s::bigint[])",
    periods="datahub_periodreading AS reading WHERE reading.channel_id = ANY(%(channels)s::bigint[])",
)
# No day is wanted twice, so that a join is right: the plan then looks up one after the other, whatever the values are.
# With EXISTS it would go through all that is wanted for each row.
_WANTED = """unnest(%(channels)s::bigint[], %(firsts)s::date[], %(lasts)s::date[]) AS wanted (channel_id, first, last)
    JOIN {table} ON {name}.channel_id = wanted.channel_id WHERE {within}"""
_OWN_DAYS = _STORED.format(
    blocks=_WANTED.format(
        table="interval_block AS block", name="block", within="block.day BETWEEN wanted.first AND wanted.last"
    ),
    periods=_WANTED.format(
        table="datahub_periodreading AS reading",
        name="reading",
        within="reading.start >= wanted.first AND reading.end < wanted.last + 2",
    ),
)
_DAY_ZERO = 10_957  # days from 1970-01-01 to 2000-01-01, where the database's binary form begins
_MICROS = 1_000_000
_EPOCH = date(1970, 1, 1)


class ChannelDays(NamedTuple):
    """Days of a channel, both inclusive, counted in UTC since 1970-01-01."""

    channel_id: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class StoredSegment:
    """Stored readings of one channel on one grid (or none), by start; arrays have an element a reading.

    Reading i is values[i] / 10**scale at times.start(i) where known[i]. `moved` is when the content of each of the
    rows of `times` last moved, in epoch microseconds.
    """

    channel_id: int
    times: Times
    values: Integers
    scale: int
    known: Flags
    quality: Codes
    moved: Integers

    def last_moved(self, kept: slice | Places) -> int:
        """When one of the `kept` readings last moved."""
        slots = self.times.slots
        if isinstance(kept, slice):
            return int(self.moved[kept.start // slots : (kept.stop - 1) // slots + 1].max())
        return int(self.moved[kept // slots].max())


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Blocks of one step: a row a block, in `values`, `known` and `quality` a column a slot."""

    channel: Integers
    start: Integers  # epoch seconds of the first slot
    moved: Integers
    scale: Integers
    values: Integers
    known: Flags
    quality: Codes


def stored_segments(wanted: Sequence[ChannelDays]) -> Iterator[StoredSegment]:
    """What is stored of the channels on those days, by step, channel and scale. One statement.

    Periods may reach a day beyond them; the caller cuts to the second.
    """
    apart: list[ChannelDays] = []  # in order, with days that meet joined: none holds a reading of another
    for days in sorted(wanted):
        last = apart[-1] if apart else None
        if last is not None and last.channel_id == days.channel_id and days.first <= last.last + 1:
            apart[-1] = last._replace(last=max(last.last, days.last))
        else:
            apart.append(days)
    firsts = [_EPOCH + timedelta(days=days.first) for days in apart]
    lasts = [_EPOCH + timedelta(days=days.last) for days in apart]
    parameters = {
        "channels": array(days.channel_id for days in apart),
        "first": min(firsts).isoformat(),
        "last": max(lasts).isoformat(),
    }
    statement = _SAME_DAYS
    if len({(days.first, days.last) for days in apart}) > 1:
        statement = _OWN_DAYS
        parameters |= {"firsts": array(firsts), "lasts": array(lasts)}
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(statement, parameters)
        rows = [_Stored(*row) for row in cursor.fetchall()]
    for step in sorted({row.step for row in rows if row.step is not None}):
        yield from _block_segments(
            step, _of_one_scale([*_tables(step, [row for row in rows if row.step == step])])
        )
    periods = [row for row in rows if row.step is None]
    for scale in sorted({row.scale for row in periods}):
        yield from _period_segments(scale, [row for row in periods if row.scale == scale])


class _Stored(NamedTuple):
    """A row of the statement; `step`, `size` (bytes of a block's values) and `phase` are None where it has periods."""

    step: int | None
    size: int | None
    phase: int | None
    scale: int
    channel: int
    quality: int
    begins: bytes  # days or instants
    ends: bytes
    moved: bytes
    run_sizes: bytes
    runs: bytes | None  # of other qualities; of periods, whether there is a value
    vals: bytes


def _tables(step: int, rows: Sequence[_Stored]) -> Iterator[_Table]:
    """One for each width of values and scale."""
    slots = DAY_SECONDS // step
    for size, scale in sorted({(row.size or 0, row.scale) for row in rows}):
        group = [row for row in rows if (row.size, row.scale) == (size, scale)]
        days = np.frombuffer(_end_to_end(row.begins for row in group), ">i4").astype(np.int64) + _DAY_ZERO
        blocks = [len(row.begins) // 4 for row in group]
        phase, channel = (
            np.repeat([getattr(row, name) for row in group], blocks) for name in ("phase", "channel")
        )
        usual = np.repeat(np.array([row.quality for row in group], dtype=np.uint8), blocks)
        sizes = np.frombuffer(_end_to_end(row.run_sizes for row in group), ">i4").astype(np.int64)
        values, known = unpacked(_end_to_end(row.vals for row in group), size // slots, slots)
        yield _Table(
            channel,
            days * DAY_SECONDS + phase,
            _epoch_micros(_end_to_end(row.moved for row in group)),
            np.full(len(values), scale, dtype=np.int64),
            values,
            known,
            filled(usual, sizes, _end_to_end(row.runs for row in group), slots, QUALITY_RUN),
        )


def _end_to_end(parts: Iterable[bytes | None]) -> bytes:
    return b"".join(part for part in parts if part)


def _of_one_scale(tables: Sequence[_Table]) -> _Table:
    """One table with one scale a channel; rows whose values would then need more than 64 bits keep their own scale."""
    if len(tables) == 1:
        return tables[0]
    channel, start, moved, scale, values, known, quality = (
        np.concatenate([getattr(table, name) for table in tables]) for name in _Table.__slots__
    )
    keys, of = np.unique(channel, return_inverse=True)
    finest = np.zeros(len(keys), dtype=np.int64)
    np.maximum.at(finest, of, scale)
    scaled, fits = scaled_up(values, (finest[of] - scale)[:, None])
    one_scale: Flags = np.all(fits, axis=1)
    values = np.where(one_scale[:, None], scaled, values)
    return _Table(channel, start, moved, np.where(one_scale, finest[of], scale), values, known, quality)


def _block_segments(step: int, table: _Table) -> Iterator[StoredSegment]:
    order = np.lexsort((table.start, table.scale, table.channel))
    if np.any(order[1:] < order[:-1]):
        table = _Table(*(getattr(table, name)[order] for name in _Table.__slots__))
    slots = table.values.shape[1]
    values, known, quality = table.values.reshape(-1), table.known.reshape(-1), table.quality.reshape(-1)
    for first, past in _equal_rows(table.channel, table.scale):
        cut: slice | Places = slice(first * slots, past * slots)
        times, moved = Times.of_blocks(table.start[first:past], slots, step), table.moved[first:past]
        if np.any(np.diff(times.rows) < DAY_SECONDS):  # blocks of different phases, whose slots alternate
            order = np.argsort(times.starts, kind="stable")
            times, moved = times.cut(order), np.repeat(moved, slots)[order]
            cut = first * slots + order
        channel, scale = int(table.channel[first]), int(table.scale[first])
        yield StoredSegment(channel, times, values[cut], scale, known[cut], quality[cut], moved)


def _period_segments(scale: int, rows: Sequence[_Stored]) -> Iterator[StoredSegment]:
    begin, end, moments = (
        _epoch_micros(_end_to_end(getattr(row, name) for row in rows)) for name in ("begins", "ends", "moved")
    )
    readings = [len(row.begins) // 8 for row in rows]
    channel = np.repeat([row.channel for row in rows], readings)
    starts, ends = begin // _MICROS, end // _MICROS
    order = np.lexsort((ends, starts, channel))
    channel, starts, durations, moved = channel[order], starts[order], (ends - starts)[order], moments[order]
    values = np.frombuffer(_end_to_end(row.vals for row in rows), ">i8").astype(np.int64)[order]
    known = np.frombuffer(_end_to_end(row.runs for row in rows), dtype=np.bool_)[order]
    quality = np.repeat(np.array([row.quality for row in rows], dtype=np.uint8), readings)[order]
    for first, past in _equal_rows(channel):
        cut = slice(first, past)
        times = Times.one_by_one(starts[cut], lengths=durations[cut])
        yield StoredSegment(
            int(channel[first]), times, values[cut], scale, known[cut], quality[cut], moved[cut]
        )


def _equal_rows(*columns: Integers) -> Iterator[tuple[int, int]]:
    """[first, past) of consecutive rows that are equal in each column."""
    first, *others = columns
    parted = first[1:] != first[:-1]
    for column in others:
        parted |= column[1:] != column[:-1]
    return pairwise([0, *(np.flatnonzero(parted) + 1).tolist(), len(columns[0])])


def _epoch_micros(moments: bytes) -> Integers:
    return np.frombuffer(moments, ">i8").astype(np.int64) + _DAY_ZERO * DAY_SECONDS * _MICROS
