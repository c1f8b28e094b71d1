"""Readings as they lie in the tables, as arrays: whole blocks and periods of channels, not cut to anybody's windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cdsc_portal.lib.prepared import array, prepared_cursor
from datahub.feeds.store.codec import (
    DAY_SECONDS,
    QUALITY_RUN,
    Codes,
    Flags,
    Integers,
    filled,
    scaled_up,
    unpacked,
)

# The rows of a grid come as one, each column its binary form end to end: what costs time is a row, not its bytes.
# Periods (without a step) come in the same statement: most channels have none, and asking apart costs a round trip.
_STORED = """
    SELECT block.step, block.phase, block.scale, length(block.vals),
        string_agg(int8send(block.channel_id), ''), string_agg(date_send(block.day), ''), NULL::bytea,
        string_agg(timestamptz_send(block.modified), ''), string_agg(int2send(block.quality), ''),
        string_agg(int4send(coalesce(length(block.exceptions), 0)), ''), string_agg(block.exceptions, ''),
        string_agg(block.vals, '')
    FROM interval_block AS block
    WHERE block.channel_id = ANY(%(channels)s::bigint[]) AND block.day BETWEEN %(first)s::date AND %(last)s::date
      AND EXISTS (
        SELECT 1 FROM unnest(%(wanted)s::bigint[], %(firsts)s::date[], %(lasts)s::date[])
            AS wanted (channel_id, first, last)
        WHERE wanted.channel_id = block.channel_id AND block.day BETWEEN wanted.first AND wanted.last
      )
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT NULL, NULL, reading.scale, NULL,
        string_agg(int8send(reading.channel_id), ''), string_agg(timestamptz_send(reading.start), ''),
        string_agg(timestamptz_send(reading.end), ''), string_agg(timestamptz_send(reading.modified), ''),
        string_agg(int2send(reading.quality), ''), NULL, string_agg(boolsend(reading.value IS NOT NULL), ''),
        string_agg(int8send(coalesce(reading.value, 0)), '')
    FROM datahub_periodreading AS reading
    WHERE reading.channel_id = ANY(%(channels)s::bigint[])
      AND reading.start >= %(first)s::date AND reading.end < %(last)s::date + 2
      AND EXISTS (
        SELECT 1 FROM unnest(%(wanted)s::bigint[], %(firsts)s::date[], %(lasts)s::date[])
            AS wanted (channel_id, first, last)
        WHERE wanted.channel_id = reading.channel_id
          AND reading.start >= wanted.first AND reading.end < wanted.last + 2
      )
    GROUP BY 3
"""
_DAY_ZERO = 10_957  # days from 1970-01-01 to 2000-01-01, where the database's binary form begins
_MICROS = 1_000_000
_EPOCH = date(1970, 1, 1)
Places = npt.NDArray[np.intp]


class Wanted(NamedTuple):
    """Days of a channel, both inclusive, counted in UTC since 1970-01-01."""

    channel_id: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Stored readings of one channel on one grid (or none), by start; arrays have an element a reading.

    Reading i is values[i] / 10**scale during [starts[i], starts[i] + durations[i]) in epoch seconds where known[i].
    `moved` is when a row's content last moved, in epoch microseconds; each row holds `slots` readings.
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
    slots: int

    def last_moved(self, kept: slice | Places) -> int:
        """When one of the `kept` readings last moved."""
        if isinstance(kept, slice):
            return int(self.moved[kept.start // self.slots : (kept.stop - 1) // self.slots + 1].max())
        return int(self.moved[kept // self.slots].max())


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

    def take(self, rows: Places) -> "_Table":
        return _Table(
            self.channel[rows], self.start[rows], self.moved[rows], self.scale[rows], self.values[rows],
            self.known[rows], self.quality[rows],
        )  # fmt: skip


def stored_runs(wanted: Sequence[Wanted]) -> Iterator[Run]:
    """What is stored of the channels on those days, by step, channel and scale. One statement.

    Periods may reach a day beyond them; whoever asks cuts to the second.
    """
    firsts, lasts = _dates([one.first for one in wanted]), _dates([one.last for one in wanted])
    channels = [one.channel_id for one in wanted]
    parameters = {
        "channels": array(sorted(set(channels))), "wanted": array(channels), "firsts": array(firsts),
        "lasts": array(lasts), "first": min(firsts).isoformat(), "last": max(lasts).isoformat(),
    }  # fmt: skip
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STORED, parameters)
        rows = cursor.fetchall()
    for step in sorted({row[0] for row in rows if row[0] is not None}):
        yield from _block_runs(step, _joined([_table(*row[:6], *row[7:]) for row in rows if row[0] == step]))
    for row in sorted((row for row in rows if row[0] is None), key=itemgetter(2)):
        yield from _period_runs(row[2], *row[4:9], *row[10:])


def _dates(days: Sequence[int]) -> list[date]:
    return [_EPOCH + timedelta(days=day) for day in days]


def _table(
    step: int, phase: int, scale: int, size: int, channel: bytes, day: bytes, moved: bytes, quality: bytes,
    sizes: bytes, exceptions: bytes | None, vals: bytes,
) -> _Table:  # fmt: skip
    slots = DAY_SECONDS // step
    values, known = unpacked(vals, size // slots, slots)
    usual = np.frombuffer(quality, ">i2").astype(np.uint8)
    runs = np.frombuffer(sizes, ">i4").astype(np.int64)
    return _Table(
        _big(channel),
        (np.frombuffer(day, ">i4").astype(np.int64) + _DAY_ZERO) * DAY_SECONDS + phase,
        _epoch_micros(moved),
        np.full(len(values), scale, dtype=np.int64),
        values,
        known,
        filled(usual, runs, exceptions or b"", slots, QUALITY_RUN),
    )


def _joined(tables: Sequence[_Table]) -> _Table:
    """One table of one scale a channel, except where that would need more than 64 bits: those rows keep their own."""
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


def _block_runs(step: int, table: _Table) -> Iterator[Run]:
    order = np.lexsort((table.start, table.scale, table.channel))
    if np.any(order[1:] < order[:-1]):
        table = table.take(order)
    slots = table.values.shape[1]
    starts: Integers = (table.start[:, None] + np.arange(slots) * step).ravel()
    durations = np.broadcast_to(np.int64(step), starts.shape)
    values, known, quality = table.values.reshape(-1), table.known.reshape(-1), table.quality.reshape(-1)
    for first, past in _stretches(table.channel, table.scale):
        cut: slice | Places = slice(first * slots, past * slots)
        moved, in_row = table.moved[first:past], slots
        if np.any(np.diff(table.start[first:past]) < DAY_SECONDS):  # grids between each other's slots
            order = np.argsort(starts[cut], kind="stable")
            moved, in_row = np.repeat(moved, slots)[order], 1
            cut = first * slots + order
        yield Run(
            int(table.channel[first]), step, starts[cut], durations[cut], values[cut], int(table.scale[first]),
            known[cut], quality[cut], moved, in_row,
        )  # fmt: skip


def _period_runs(
    scale: int,
    channels: bytes,
    begin: bytes,
    end: bytes,
    moments: bytes,
    codes: bytes,
    present: bytes,
    numbers: bytes,
) -> Iterator[Run]:
    channel, starts, ends = _big(channels), _epoch_micros(begin) // _MICROS, _epoch_micros(end) // _MICROS
    order = np.lexsort((ends, starts, channel))
    channel, starts, durations = channel[order], starts[order], (ends - starts)[order]
    values, known = _big(numbers)[order], np.frombuffer(present, dtype=np.bool_)[order]
    quality = np.frombuffer(codes, ">i2").astype(np.uint8)[order]
    moved = _epoch_micros(moments)[order]
    for first, past in _stretches(channel):
        cut = slice(first, past)
        yield Run(
            int(channel[first]), None, starts[cut], durations[cut], values[cut], scale, known[cut], quality[cut],
            moved[cut], 1,
        )  # fmt: skip


def _stretches(*columns: Integers) -> Iterator[tuple[int, int]]:
    """[first, past) of the rows that are the same in each column."""
    parted = np.any([np.diff(column) != 0 for column in columns], axis=0)
    return pairwise([0, *(np.flatnonzero(parted) + 1).tolist(), len(columns[0])])


def _big(numbers: bytes) -> Integers:
    return np.frombuffer(numbers, ">i8").astype(np.int64)


def _epoch_micros(moments: bytes) -> Integers:
    return _big(moments) + _DAY_ZERO * DAY_SECONDS * _MICROS
