"""Stored readings as arrays: whole blocks and periods of channels, not cut to any window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cdsc_portal.lib.db.prepared import array
from datahub.store.codec import (
    DAY_SECONDS,
    QUALITY_RUN,
    Codes,
    Flags,
    Integers,
    Rows,
    filled,
    scaled_up,
    unpacked,
)
from datahub.store.store_reads import rows_of_store

# All rows of a channel on a grid come as one row, each column with their binary forms one after the other: each row
# costs time, its bytes cost little. Periods (without a step) come in the same statement: most channels have none, and a
# statement of their own would cost a round trip.
_STORED = """
    SELECT block.step, length(block.vals), block.phase, block.scale, block.channel_id, block.quality,
        string_agg(date_send(block.day), ''), NULL::bytea, string_agg(timestamptz_send(block.modified), ''),
        string_agg(int4send(coalesce(length(block.exceptions), 0)), ''),
        coalesce(string_agg(block.exceptions, ''), ''), string_agg(block.vals, '')
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
_MICROS_ZERO = _DAY_ZERO * DAY_SECONDS * _MICROS
_EPOCH = date(1970, 1, 1)


class ChannelDays(NamedTuple):
    """Days of a channel, both inclusive, counted in UTC since 1970-01-01."""

    channel_id: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class StoredSegment:
    """Stored readings of one channel on one grid (or none), by start; arrays have an element a reading.

    Reading i is values[i] / 10**scale during [starts[i], starts[i] + durations[i]) in epoch seconds, where known[i].
    `step` is the grid in seconds, None for periods of any length. `moved` is when the content of each `slots` readings
    last moved, in epoch microseconds.
    """

    channel_id: int
    step: int | None
    starts: Integers
    durations: Integers
    values: Integers
    scale: int
    known: Flags
    quality: Codes
    moved: Integers
    slots: int = 1


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
    rows = [_Stored(*row) for row in rows_of_store(statement, parameters, channels=parameters["channels"])]
    for step in sorted({row.step for row in rows if row.step is not None}):
        yield from _block_segments(step, [row for row in rows if row.step == step])
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
    runs: bytes  # of other qualities; of periods, whether there is a value
    vals: bytes


def _block_segments(step: int, rows: Sequence[_Stored]) -> Iterator[StoredSegment]:
    """One for each channel and scale."""
    slots = DAY_SECONDS // step
    tables = []
    for size, scale in sorted(
        {(row.size or 0, row.scale) for row in rows}
    ):  # a table for each width of values
        group = [row for row in rows if (row.size, row.scale) == (size, scale)]
        blocks = [len(row.begins) // 4 for row in group]
        phase, channel, quality = (
            np.repeat([getattr(row, name) for row in group], blocks)
            for name in ("phase", "channel", "quality")
        )
        days = np.frombuffer(b"".join([row.begins for row in group]), ">i4").astype(np.int64) + _DAY_ZERO
        sizes = np.frombuffer(b"".join([row.run_sizes for row in group]), ">i4").astype(np.int64)
        runs = b"".join([row.runs for row in group])
        values, known = unpacked(b"".join([row.vals for row in group]), size // slots, slots)
        tables.append(
            _Table(
                channel=channel,
                start=days * DAY_SECONDS + phase,
                moved=np.frombuffer(b"".join([row.moved for row in group]), ">i8") + _MICROS_ZERO,
                scale=np.full(len(values), scale, dtype=np.int64),
                values=values,
                known=known,
                quality=filled(quality.astype(np.uint8), sizes, runs, slots, QUALITY_RUN),
            )
        )
    table = tables[0] if len(tables) == 1 else _of_one_scale(tables)
    order = np.lexsort((table.start, table.scale, table.channel))
    if np.any(order[1:] < order[:-1]):
        table = _Table(*(getattr(table, name)[order] for name in _Table.__slots__))
    slot_starts = (table.start[:, None] + np.arange(slots) * step).reshape(-1)
    values, known, quality = table.values.reshape(-1), table.known.reshape(-1), table.quality.reshape(-1)
    for first, past in _alike(table.channel, table.scale):
        kept: slice | Rows = slice(first * slots, past * slots)
        starts, moved, rows_alike = slot_starts[kept], table.moved[first:past], slots
        if np.any(
            np.diff(table.start[first:past]) < DAY_SECONDS
        ):  # of different phases: their slots alternate
            kept = first * slots + np.argsort(starts, kind="stable")
            starts, moved, rows_alike = slot_starts[kept], np.repeat(table.moved, slots)[kept], 1
        yield StoredSegment(
            int(table.channel[first]), step, starts, np.broadcast_to(np.int64(step), len(starts)), values[kept],
            int(table.scale[first]), known[kept], quality[kept], moved, rows_alike,
        )  # fmt: skip


def _of_one_scale(tables: Sequence[_Table]) -> _Table:
    """One table with one scale a channel; rows whose values would then need more than 64 bits keep their own scale."""
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


def _period_segments(scale: int, rows: Sequence[_Stored]) -> Iterator[StoredSegment]:
    begin, end, moments = (
        np.frombuffer(b"".join([getattr(row, name) for row in rows]), ">i8") + _MICROS_ZERO
        for name in ("begins", "ends", "moved")
    )
    readings = [len(row.begins) // 8 for row in rows]
    channel = np.repeat([row.channel for row in rows], readings)
    starts, ends = begin // _MICROS, end // _MICROS
    order = np.lexsort((ends, starts, channel))
    channel, starts, durations, moved = channel[order], starts[order], (ends - starts)[order], moments[order]
    values = np.frombuffer(b"".join([row.vals for row in rows]), ">i8").astype(np.int64)[order]
    known = np.frombuffer(b"".join([row.runs for row in rows]), dtype=np.bool_)[order]
    quality = np.repeat(np.array([row.quality for row in rows], dtype=np.uint8), readings)[order]
    for first, past in _alike(channel, channel):
        cut = slice(first, past)
        yield StoredSegment(
            int(channel[first]), None, starts[cut], durations[cut], values[cut], scale, known[cut], quality[cut],
            moved[cut],
        )  # fmt: skip


def _alike(channel: Integers, scale: Integers) -> Iterator[tuple[int, int]]:
    """[first, past) of consecutive rows of one channel and scale."""
    parted = (channel[1:] != channel[:-1]) | (scale[1:] != scale[:-1])
    return pairwise([0, *(np.flatnonzero(parted) + 1).tolist(), len(channel)])
