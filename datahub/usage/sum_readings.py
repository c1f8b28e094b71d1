"""Single readings where a block's own sums do not do: at the ends of links and windows, and where grids meet."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from cdsc_portal.lib.db.prepared import prepared_cursor
from datahub.store.codec import DAY_SECONDS, BlockRow, Flags, Integers, decoded
from datahub.store.sum_blocks import WANTED, SummedBlocks, Wanted, arrays

FAR = 1 << 40  # more seconds than any calendar of ours holds: keeps places apart in one number
_VALUES = f"""
    SELECT {", ".join(f"block.{name}" for name in BlockRow._fields)}
    FROM unnest(%s::bigint[], %s::date[], %s::int[], %s::int[]) AS wanted (channel_id, day, step, phase)
    JOIN interval_block AS block USING (channel_id, day, step, phase)
    WHERE block.day BETWEEN %s AND %s
"""  # noqa: S608 - no part of it is input
_PERIODS = f"""
    SELECT wanted.place - 1, extract(epoch FROM reading.start)::bigint,
        extract(epoch FROM reading.end - reading.start)::bigint, 0, reading.value, reading.scale, reading.quality
    FROM {WANTED} JOIN datahub_periodreading AS reading
      ON reading.channel_id = wanted.channel_id
      AND reading.start >= to_timestamp(first) AND reading.start < to_timestamp(past)
      AND reading.end <= to_timestamp(past)
    WHERE reading.value IS NOT NULL
"""  # noqa: S608 - no part of it is input


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Known readings, an element each, of the wanted interval `place`: value / 10**scale during [start, + length).

    `step` is that of its grid in seconds, 0 for a reading without one.
    """

    place: Integers
    start: Integers
    length: Integers  # seconds
    step: Integers
    value: Integers
    scale: Integers
    quality: Integers

    @classmethod
    def none(cls) -> "Readings":
        return cls(*np.empty((7, 0), dtype=np.int64))

    @property
    def size(self) -> int:
        return len(self.start)

    def where(self, keep: Flags | npt.NDArray[np.intp]) -> "Readings":
        return Readings(*(getattr(self, column.name)[keep] for column in fields(self)))

    def __add__(self, other: "Readings") -> "Readings":
        pairs = ((getattr(self, column.name), getattr(other, column.name)) for column in fields(self))
        return Readings(*(np.concatenate(pair) for pair in pairs))


def period_readings(wanted: Sequence[Wanted]) -> Readings:
    """Readings without a grid that lie wholly inside the intervals. One statement."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_PERIODS, arrays(wanted))
        rows = cursor.fetchall()
    return Readings(*np.array(rows, dtype=np.int64).reshape(len(rows), 7).T)


def block_readings(blocks: SummedBlocks, wanted: Sequence[Wanted]) -> Readings:
    """The known readings of `blocks` that lie wholly inside their intervals. One statement, none for no blocks."""
    channels = np.array([interval.channel for interval in wanted], dtype=np.int64)
    keys = np.stack([channels[blocks.place], blocks.day, blocks.step, blocks.phase], axis=1)
    parts = [Readings.none()]
    if len(keys):
        distinct, row_of = np.unique(keys, axis=0, return_inverse=True)
        stored = _stored(distinct)
        for step in np.unique(distinct[:, 2]).tolist():
            parts += _decoded(
                blocks, wanted, step, [stored.get(tuple(key)) for key in distinct.tolist()], row_of
            )
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    return whole


def finest(readings: Readings) -> Readings:
    """Of readings of one interval that overlap, the shorter; of equally long ones the one that starts first."""
    counts: Flags = np.zeros(readings.size, dtype=np.bool_)
    starts = np.empty(0, dtype=np.int64)
    ends = np.empty(0, dtype=np.int64)
    for length in np.unique(readings.length).tolist():
        rows = np.flatnonzero(readings.length == length)
        begin = readings.place[rows] * FAR + readings.start[rows]
        order = np.argsort(begin, kind="stable")
        rows, begin = rows[order], begin[order]
        free = np.searchsorted(starts, begin + length) == np.searchsorted(ends, begin, side="right")
        rows, begin = rows[free], begin[free]
        kept = _apart(begin, length)
        counts[rows[kept]] = True
        if length:  # an instant takes no room
            starts = np.sort(np.concatenate([starts, begin[kept]]))
            ends = np.sort(np.concatenate([ends, begin[kept] + length]))
    return readings.where(counts)


def _apart(begin: Integers, length: int) -> Flags:
    """Which of equally long readings, in order, to keep so that none overlaps."""
    keep: Flags = np.ones(len(begin), dtype=np.bool_)
    if length == 0 or not (np.diff(begin) < length).any():
        return keep
    until = -FAR
    for place, moment in enumerate(begin.tolist()):
        keep[place] = moment >= until
        if keep[place]:
            until = moment + length
    return keep


def _stored(keys: Integers) -> dict[tuple[int, ...], BlockRow]:
    """By channel, day since 1970-01-01, step and phase."""
    days = keys[:, 1].astype("datetime64[D]")
    first, last = days.min().item(), days.max().item()
    columns = [keys[:, 0].tolist(), days.astype(str).tolist(), keys[:, 2].tolist(), keys[:, 3].tolist()]
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_VALUES, [*arrays(list(zip(*columns, strict=True))), first, last])
        rows = [BlockRow(*row) for row in cursor.fetchall()]
    epoch = np.datetime64(0, "D").item()
    return {(row.channel_id, (row.day - epoch).days, row.step, row.phase): row for row in rows}


def _decoded(
    blocks: SummedBlocks,
    wanted: Sequence[Wanted],
    step: int,
    stored: Sequence[BlockRow | None],
    row_of: Integers,
) -> list[Readings]:
    """The readings of the blocks of one step; `row_of` says which of `stored` each block is."""
    rows = [place for place, row in enumerate(stored) if row is not None and row.step == step]
    table = decoded([row for row in stored if row is not None and row.step == step], step=step)
    at = np.full(len(stored), -1, dtype=np.int64)
    at[rows] = np.arange(len(rows))
    here = np.flatnonzero(at[row_of] >= 0)
    if not len(here):
        return []
    source, place = at[row_of[here]], blocks.place[here]
    starts = blocks.starts[here][:, None] + np.arange(DAY_SECONDS // step) * step
    bounds = np.array([interval[1:] for interval in wanted], dtype=np.int64)[place]
    first, past = bounds[:, :1], bounds[:, 1:]
    keep = table.known[source] & (starts >= first) & (starts + step <= past)
    wide = (np.broadcast_to(column[:, None], keep.shape)[keep] for column in (place, table.scale[source]))
    places, scales = wide
    quality = table.quality[source][keep].astype(np.int64)
    length = np.full(len(places), step, dtype=np.int64)
    return [Readings(places, starts[keep], length, length, table.values[source][keep], scales, quality)]
