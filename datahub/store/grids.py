"""From what a file says to day blocks: whole days as they stand, the rest put in its slots, all channels at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from datahub.rows.usage import Quality, UsageColumns, UsageGrid
from datahub.store.codec import DAY_SECONDS, NEVER, AnyIntegers, Blocks, Codes, Flags, Integers, Rows
from datahub.store.columns import fits_a_day, in_order


@dataclass(frozen=True, slots=True, eq=False)
class LoadedBlocks:
    """Blocks of one step as a load brings them: a row a block in order of channel and day, a column a slot.

    `said` are the slots the load speaks of: with a value (`known`) or withdrawn. Elsewhere a value is 0. `channel` is
    the channel's key. `lines` gives each slot's line in the file: asked for only when a reading is refused.
    """

    step: int
    channel: Integers
    day: Integers
    phase: Integers
    scale: Integers
    values: AnyIntegers
    known: Flags
    said: Flags
    quality: Codes
    lines: Callable[[], Integers]

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: Rows) -> "LoadedBlocks":
        """These rows in this order."""
        return LoadedBlocks(
            self.step, self.channel[rows], self.day[rows], self.phase[rows], self.scale[rows], self.values[rows],
            self.known[rows], self.said[rows], self.quality[rows], lambda: self.lines()[rows],
        )  # fmt: skip

    def as_blocks(self, rows: Rows, version: int) -> Blocks:
        """These rows, said by a file of this version."""
        said = self.said[rows]
        return Blocks(
            self.step, self.channel[rows], self.day[rows], self.phase[rows], self.scale[rows],
            self.values[rows].astype(np.int64), self.known[rows], self.quality[rows], np.where(said, version, NEVER),
        )  # fmt: skip

    def in_table_order(self) -> "LoadedBlocks":
        """Without blocks of which nothing is said, by channel and day: loads then lock in one order."""
        rows = np.lexsort((self.phase, self.day, self.channel))
        some: Flags = np.any(self.said, axis=1)
        rows = rows[some[rows]]
        return self if np.array_equal(rows, np.arange(len(self))) else self.take(rows)


def blocks_of_whole_days(columns: UsageColumns, ids: Integers) -> LoadedBlocks | None:
    """The blocks of readings that all speak, where they are whole days of one length, as they stand; else None."""
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
    said: Flags = known if columns.known.all() else np.ones(shape, dtype=np.bool_)
    return LoadedBlocks(
        step, ids[channel], day, phase, columns.scale[channel], columns.values.reshape(shape), known, said,
        columns.quality.reshape(shape), partial(columns.lines.reshape, shape),
    ).in_table_order()  # fmt: skip


def blocks_of_columns(columns: UsageColumns, ids: Integers, step: int) -> LoadedBlocks:
    """Of readings that all speak, lie on a grid and last `step` seconds; `ids` are the keys of their channels.

    Raises ValueError where a channel has two readings of one start: a format never hands over such.
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
    if (np.diff(key) <= 0).any():  # phases that take turns within a day
        _, place, row = np.unique(key, return_index=True, return_inverse=True)
        channel, its_day, its_phase = channel[place], its_day[place], its_phase[place]
    count = len(channel)
    shape = (count, slots)
    position = np.repeat(row, np.diff(np.append(first, columns.size))) * slots + slot
    values, known = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    said, quality = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.uint8)
    values.ravel()[position], known.ravel()[position] = columns.values, columns.known
    said.ravel()[position], quality.ravel()[position] = True, columns.quality
    shared = _shared(columns.quality)
    if shared is not None:
        quality = np.broadcast_to(shared, shape)
    lines = partial(_lines_at, columns.lines, position, shape)
    if columns.known.all():
        known = said
    return LoadedBlocks(
        step, ids[channel], its_day, its_phase, columns.scale[channel], values, known, said, quality, lines
    ).in_table_order()


def lies_on_a_grid(grid: UsageGrid) -> bool:
    """Whether all of it fits day blocks, as it stands."""
    fits = bool(fits_a_day(np.array([grid.step])).all()) and not (grid.starts % 60).any()
    return fits and (grid.values.itemsize < 8 or int(grid.values.min(initial=0)) > NEVER)


def blocks_of_grid(grid: UsageGrid, ids: Integers) -> LoadedBlocks:
    """The runs of a `grid` that lies on one, cut at midnight UTC.

    Raises ValueError where two rows of a channel meet.
    """
    step, (count, width) = grid.step, grid.known.shape
    slots = DAY_SECONDS // step
    day, second = np.divmod(grid.starts, DAY_SECONDS)
    first, phase = np.divmod(second, step)
    grid = _without_withdrawn_values(grid)
    pieces = list(_pieces(first, width, slots))
    if len(pieces) == 1 and pieces[0].whole(count, slots) and _unique(grid.channel, day, phase):
        said = grid.known if _plain(grid.quality) else grid.known | (grid.quality == Quality.WITHDRAWN)
        return LoadedBlocks(
            step, ids[grid.channel], day, phase, grid.scale[grid.channel], grid.values, grid.known, said,
            grid.quality, lambda: np.broadcast_to(grid.lines[:, None], grid.known.shape),
        ).in_table_order()  # fmt: skip
    rows = np.concatenate([piece.rows for piece in pieces])
    days = np.concatenate([day[piece.rows] + piece.days for piece in pieces])
    key, place, target = np.unique(
        _key(grid.channel[rows], days, phase[rows]), return_index=True, return_inverse=True
    )
    shape = (len(key), slots)
    targets = np.split(target, np.cumsum([len(piece.rows) for piece in pieces])[:-1])
    cut = partial(_laid_out, pieces, targets, shape)
    touched: Flags = cut(np.broadcast_to(True, grid.known.shape))
    if np.count_nonzero(touched) != grid.known.size:
        raise ValueError("two rows of a channel meet")
    known = cut(grid.known)
    shared = _shared(grid.quality)
    quality = cut(grid.quality) if shared is None else np.broadcast_to(shared, shape)
    said = known if _plain(grid.quality) else known | (touched & (quality == Quality.WITHDRAWN))
    rows = rows[place]
    return LoadedBlocks(
        step, ids[grid.channel[rows]], days[place], phase[rows], grid.scale[grid.channel[rows]], cut(grid.values),
        known, said, quality, lambda: cut(np.broadcast_to(grid.lines[:, None], grid.known.shape)),
    ).in_table_order()  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Columns [first, past) of these rows of a grid are the slots from `slot` of the block `days` after the row's."""

    rows: Rows
    days: int
    slot: int
    first: int
    past: int

    def whole(self, rows: int, slots: int) -> bool:
        return len(self.rows) == rows and (self.slot, self.first, self.past) == (0, 0, slots)


def _pieces(first: Integers, width: int, slots: int) -> Iterator[_Piece]:
    for slot in np.unique(first).tolist():
        rows = np.flatnonzero(first == slot)
        for days in range((slot + width - 1) // slots + 1):
            begin, end = max(slot, days * slots), min(slot + width, (days + 1) * slots)
            yield _Piece(rows, days, begin - days * slots, begin - slot, end - slot)


def _laid_out(
    pieces: list[_Piece], targets: list[Rows], shape: tuple[int, int], table: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    laid = np.zeros(shape, dtype=table.dtype)
    for piece, target in zip(pieces, targets, strict=True):
        part = table[piece.rows, piece.first : piece.past]
        laid[target, piece.slot : piece.slot + piece.past - piece.first] = part
    return laid


def _key(channel: Integers, day: Integers, phase: Integers) -> Integers:
    """One number a block, in order of channel, day and phase."""
    if not len(day):
        return channel
    days = day - day.min()
    keys: Integers = (channel * (days.max() + 1) + days) * DAY_SECONDS + phase
    return keys


def _unique(channel: Integers, day: Integers, phase: Integers) -> bool:
    key = _key(channel, day, phase)
    return bool((np.diff(key) > 0).all()) or len(np.unique(key)) == len(key)


def _shared(quality: Codes) -> np.uint8 | None:
    """The quality of all readings, where they share one."""
    seen = quality[tuple(slice(0, 1) if not stride else slice(None) for stride in quality.strides)]
    return seen.flat[0] if seen.size and seen.min() == seen.max() else None


def _plain(quality: Codes) -> bool:
    """Whether no reading is withdrawn."""
    seen = quality[tuple(slice(0, 1) if not stride else slice(None) for stride in quality.strides)]
    return not (seen == Quality.WITHDRAWN).any()


def _without_withdrawn_values(grid: UsageGrid) -> UsageGrid:
    if _plain(grid.quality):
        return grid
    known = grid.known & (grid.quality != Quality.WITHDRAWN)
    return replace(grid, known=known, values=np.where(known, grid.values, 0).astype(grid.values.dtype))


def _lines_at(lines: Integers, position: Integers, shape: tuple[int, int]) -> Integers:
    table = np.zeros(shape, dtype=np.int64)
    table.ravel()[position] = lines
    return table
