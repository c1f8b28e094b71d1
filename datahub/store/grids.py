"""From the readings of a file to day blocks: whole days as they are, the rest slot by slot, all channels at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.rows.usage import Quality, UsageColumns, UsageGrid
from datahub.store.codec import (
    DAY_SECONDS,
    NEVER,
    AnyIntegers,
    Blocks,
    Codes,
    Flags,
    Integers,
    Rows,
    shared_code,
    unrepeated,
)
from datahub.store.columns import fits_a_day, in_order


@dataclass(frozen=True, slots=True, eq=False)
class LoadedBlocks:
    """Blocks of one step as a load brings them: a row a block in order of channel and day, a column a slot.

    `stated` are the slots that the load states: with a value (`known`) or withdrawn. Elsewhere a value is 0. `channel`
    is the channel's key. `lines` returns each slot's line in the file; it is called only when a reading is refused.
    """

    step: int
    channel: Integers
    day: Integers
    phase: Integers
    scale: Integers
    values: AnyIntegers
    known: Flags
    stated: Flags
    quality: Codes
    lines: Callable[[], Integers]

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: Rows) -> "LoadedBlocks":
        """These rows in this order."""
        return LoadedBlocks(
            self.step, self.channel[rows], self.day[rows], self.phase[rows], self.scale[rows], self.values[rows],
            self.known[rows], self.stated[rows], self.quality[rows], lambda: self.lines()[rows],
        )  # fmt: skip

    def as_blocks(self, rows: Rows, version: int) -> Blocks:
        """These rows, of a file of this version."""
        versions = np.where(self.stated[rows], version, NEVER)
        return Blocks(
            self.step, self.channel[rows], self.day[rows], self.phase[rows], self.scale[rows],
            self.values[rows].astype(np.int64), self.known[rows], self.quality[rows], versions,
        )  # fmt: skip

    def in_table_order(self) -> "LoadedBlocks":
        """By channel and day, so that all loads lock in the same order; without blocks that state nothing."""
        rows = np.lexsort((self.phase, self.day, self.channel))
        states: Flags = np.any(self.stated, axis=1)
        rows = rows[states[rows]]
        return self if np.array_equal(rows, np.arange(len(self))) else self.take(rows)


def blocks_of_whole_days(columns: UsageColumns, ids: Integers) -> LoadedBlocks | None:
    """The blocks of stated readings that are whole days of one length, without a copy; None where they are not."""
    step = int(columns.durations[0]) if columns.size else 0
    if not fits_a_day(np.array([step])).all() or columns.size % (DAY_SECONDS // step):
        return None
    shape = (columns.size * step // DAY_SECONDS, DAY_SECONDS // step)
    starts, channels = columns.starts.reshape(shape), columns.channel.reshape(shape)
    day, phase = np.divmod(starts[:, 0], DAY_SECONDS)
    channel = channels[:, 0]
    if (phase >= step).any() or (phase % 60).any() or (np.diff(_key(channel, day, phase)) <= 0).any():
        return None
    for column, begin, each in (
        (starts, starts[:, :1], np.arange(shape[1]) * step),
        (channels, channels[:, :1], 0),
        (columns.durations.reshape(shape), step, 0),
    ):
        if not (column - begin == each).all():
            return None
    known = columns.known.reshape(shape)
    stated: Flags = known if columns.known.all() else np.ones(shape, dtype=np.bool_)
    return LoadedBlocks(
        step, ids[channel], day, phase, columns.scale[channel], columns.values.reshape(shape), known, stated,
        columns.quality.reshape(shape), partial(columns.lines.reshape, shape),
    ).in_table_order()  # fmt: skip


def blocks_of_columns(columns: UsageColumns, ids: Integers, step: int) -> LoadedBlocks:
    """Of stated readings that lie on a grid and last `step` seconds; `ids` are the keys of their channels.

    Raises ValueError where a channel has two readings of one start, which no format gives.
    """
    columns = in_order(columns)
    slots = DAY_SECONDS // step
    number = columns.starts // step
    day = number // slots
    phase, slot = columns.starts - number * step, number - day * slots
    edge = np.ones(columns.size, dtype=np.bool_)
    edge[1:] = (np.diff(columns.channel) != 0) | (np.diff(day) != 0) | (np.diff(phase) != 0)
    first = np.flatnonzero(edge)
    channel, its_day, its_phase = columns.channel[first], day[first], phase[first]
    row = np.arange(len(first))
    key = _key(channel, its_day, its_phase)
    if (np.diff(key) <= 0).any():  # phases alternate within a day
        _, place, row = np.unique(key, return_index=True, return_inverse=True)
        channel, its_day, its_phase = channel[place], its_day[place], its_phase[place]
    count = len(channel)
    shape = (count, slots)
    position = np.repeat(row, np.diff(np.append(first, columns.size))) * slots + slot
    values, known = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    stated, quality = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.uint8)
    values.ravel()[position], known.ravel()[position] = columns.values, columns.known
    stated.ravel()[position], quality.ravel()[position] = True, columns.quality
    shared = shared_code(columns.quality)
    if shared is not None:
        quality = np.broadcast_to(np.uint8(shared), shape)
    if columns.known.all():
        known = stated

    def lines() -> Integers:
        table = np.zeros(shape, dtype=np.int64)
        table.ravel()[position] = columns.lines
        return table

    return LoadedBlocks(
        step, ids[channel], its_day, its_phase, columns.scale[channel], values, known, stated, quality, lines
    ).in_table_order()


def lies_on_a_grid(grid: UsageGrid) -> bool:
    """Whether all of it fits day blocks, as it is."""
    fits = bool(fits_a_day(np.array([grid.step])).all()) and not (grid.starts % 60).any()
    return fits and (grid.values.itemsize < 8 or int(grid.values.min(initial=0)) > NEVER)


def blocks_of_grid(grid: UsageGrid, ids: Integers) -> LoadedBlocks:
    """The rows of a `grid` that lies on one, cut at midnight UTC.

    Raises ValueError where two rows of a channel meet.
    """
    step, (count, width) = grid.step, grid.known.shape
    slots = DAY_SECONDS // step
    day, second = np.divmod(grid.starts, DAY_SECONDS)
    first, phase = np.divmod(second, step)
    withdraws = bool((unrepeated(grid.quality) == Quality.WITHDRAWN).any())
    if withdraws:
        known = grid.known & (grid.quality != Quality.WITHDRAWN)
        grid = replace(grid, known=known, values=np.where(known, grid.values, 0).astype(grid.values.dtype))
    if width == slots and not first.any():  # each row is a UTC day
        key = _key(grid.channel, day, phase)
        if (np.diff(key) > 0).all() or len(np.unique(key)) == count:
            stated = grid.known | (grid.quality == Quality.WITHDRAWN) if withdraws else grid.known
            return LoadedBlocks(
                step, ids[grid.channel], day, phase, grid.scale[grid.channel], grid.values, grid.known, stated,
                grid.quality, lambda: np.broadcast_to(grid.lines[:, None], grid.known.shape),
            ).in_table_order()  # fmt: skip
    pieces = []
    for slot in np.unique(first).tolist():
        rows = np.flatnonzero(first == slot)
        for later in range((slot + width - 1) // slots + 1):
            begin, end = max(slot, later * slots), min(slot + width, (later + 1) * slots)
            pieces.append(_Piece(rows, later, begin - later * slots, begin - slot, end - slot))
    rows = np.concatenate([piece.rows for piece in pieces])
    days = np.concatenate([day[piece.rows] + piece.days for piece in pieces])
    key, place, target = np.unique(
        _key(grid.channel[rows], days, phase[rows]), return_index=True, return_inverse=True
    )
    shape = (len(key), slots)
    targets = np.split(target, np.cumsum([len(piece.rows) for piece in pieces])[:-1])
    cut = partial(_cut_into_blocks, pieces, targets, shape)
    touched: Flags = cut(np.broadcast_to(True, grid.known.shape))
    if np.count_nonzero(touched) != grid.known.size:
        raise ValueError("two rows of a channel meet")
    known = cut(grid.known)
    shared = shared_code(grid.quality)
    quality = cut(grid.quality) if shared is None else np.broadcast_to(np.uint8(shared), shape)
    stated = known | (touched & (quality == Quality.WITHDRAWN)) if withdraws else known
    rows = rows[place]
    return LoadedBlocks(
        step, ids[grid.channel[rows]], days[place], phase[rows], grid.scale[grid.channel[rows]], cut(grid.values),
        known, stated, quality, lambda: cut(np.broadcast_to(grid.lines[:, None], grid.known.shape)),
    ).in_table_order()  # fmt: skip


class _Piece(NamedTuple):
    """Columns [first, past) of these rows of a grid are the slots from `slot` of the block `days` after the row's."""

    rows: Rows
    days: int
    slot: int
    first: int
    past: int


def _cut_into_blocks(
    pieces: list[_Piece], targets: list[Rows], shape: tuple[int, int], table: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """`table`, which has the shape of the grid, by blocks."""
    blocks = np.zeros(shape, dtype=table.dtype)
    for piece, target in zip(pieces, targets, strict=True):
        part = table[piece.rows, piece.first : piece.past]
        blocks[target, piece.slot : piece.slot + piece.past - piece.first] = part
    return blocks


def _key(channel: Integers, day: Integers, phase: Integers) -> Integers:
    """One number a block, in order of channel, day and phase."""
    if not len(day):
        return channel
    days = day - day.min()
    keys: Integers = (channel * (days.max() + 1) + days) * DAY_SECONDS + phase
    return keys
