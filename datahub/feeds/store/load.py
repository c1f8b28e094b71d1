"""Readings into the store, many channels at once, in the caller's transaction."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from datahub.feeds.formats.base import Rejection
from datahub.feeds.formats.usage_rows import UsageColumns, UsageGrid, UsageRows, columns_of
from datahub.feeds.store.block_table import store_blocks
from datahub.feeds.store.channel_marks import NOWHERE, Extents, mark_channels
from datahub.feeds.store.codec import DAY_SECONDS, Flags, Integers
from datahub.feeds.store.columns import on_a_grid, picked, speaking, storable
from datahub.feeds.store.grids import LoadedBlocks, blocks_of_columns, blocks_of_grid, lies_on_a_grid
from datahub.feeds.store.merge import CONTRADICTS
from datahub.feeds.store.period_table import store_periods
from datahub.feeds.store.tally import Origin, Tally

_TOO_LONG = "the value has more digits than 64 bits hold beside its day's other values"


Steady = TypeVar("Steady", UsageColumns, UsageGrid, UsageRows)


@dataclass(slots=True)
class Loaded:
    """Readings of a load: accepted + unchanged + rejected are all of them; `kept_out` is part of unchanged."""

    accepted: int = 0
    unchanged: int = 0
    kept_out: int = 0
    rejected: list[Rejection] = field(default_factory=list)


def load_rows(*, rows: UsageRows, ids: Integers, origin: Origin) -> Loaded:
    """Merge `rows` into the store (`merge.merged` says what wins); `ids` are the keys of their channels.

    Partitions for its days must be there. Counts are readings. What the file says a second time of an interval is
    unchanged if it is the same and refused if it is not. Statements by kind of reading, not by channel.
    """
    tally = Tally()
    extents = Extents.none(np.unique(ids[rows.channel]))
    if isinstance(rows, UsageGrid) and lies_on_a_grid(rows):
        for grid in _turns(rows, ids):
            _store(blocks_of_grid(grid, ids), origin, tally, extents)
    else:
        _load_columns(columns_of(rows), ids, origin, tally, extents)
    mark_channels(extents=extents, changed=tally.changed_channels, origin=origin)
    unchanged = rows.size - tally.accepted - len(tally.rejected)
    return Loaded(tally.accepted, unchanged, tally.kept_out, tally.rejected)


def rows_of(rows: Steady, channels: Flags) -> Steady:
    """The readings of these channels; `channels` has an element a channel. Their numbers stay."""
    wanted = np.flatnonzero(channels[rows.channel])
    if isinstance(rows, UsageColumns):
        return picked(rows, wanted)
    return replace(
        rows,
        **{
            name: getattr(rows, name)[wanted]
            for name in ("channel", "starts", "values", "known", "quality", "lines")
        },
    )


def _load_columns(
    columns: UsageColumns, ids: Integers, origin: Origin, tally: Tally, extents: Extents
) -> None:
    fitting = storable(columns)
    if not fitting.all():
        tally.reject(columns.lines[~fitting], _TOO_LONG)
        columns = picked(columns, fitting)
    columns = speaking(columns)
    grid = on_a_grid(columns)
    steady = columns if grid.all() else picked(columns, grid)
    for step in np.unique(steady.durations).tolist():
        here = steady.durations == step
        for part in _turns(steady if here.all() else picked(steady, here), ids):
            _store(blocks_of_columns(part, ids, step), origin, tally, extents)
    if not grid.all():
        _store_periods(picked(columns, ~grid), ids, origin, tally, extents)


def _store_periods(
    periods: UsageColumns, ids: Integers, origin: Origin, tally: Tally, extents: Extents
) -> None:
    channel, known = ids[periods.channel], periods.known
    turn = _earlier(channel, periods.starts, periods.durations)
    for number in range(int(turn.max()) + 1):
        store_periods(columns=picked(periods, turn == number), ids=ids, origin=origin, tally=tally)
    extents.widen(
        channel=channel,
        first=np.where(known, periods.starts, NOWHERE),
        past=np.where(known, periods.starts + periods.durations, -NOWHERE),
        longest=periods.durations,  # withdrawn ones too: what crosses them must be found
    )


def _turns(rows: Steady, ids: Integers) -> Iterator[Steady]:
    """`rows`; or in turn the first mention of each channel, the second and so on, where one is named twice."""
    present = np.zeros(len(ids), dtype=np.bool_)
    present[rows.channel] = True
    mention = np.full(len(ids), -1)
    mention[present] = _earlier(ids[present])
    last = int(mention.max(initial=0))
    if last == 0:
        yield rows
        return
    for turn in range(last + 1):
        yield rows_of(rows, mention == turn)


def _earlier(*keys: Integers) -> Integers:
    """How many elements before each one have the same keys."""
    order = np.lexsort(keys[::-1])
    starts = np.ones(len(order), dtype=np.bool_)
    starts[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    place = np.arange(len(order))
    earlier = np.empty(len(order), dtype=np.int64)
    earlier[order] = place - np.maximum.accumulate(np.where(starts, place, 0))
    return earlier


def _store(blocks: LoadedBlocks, origin: Origin, tally: Tally, extents: Extents) -> None:
    refused = store_blocks(loaded=blocks, origin=origin, tally=tally)
    if refused is not None:
        lines = blocks.lines()
        tally.reject(lines[refused.unfit], _TOO_LONG)
        tally.reject(lines[refused.contradicting], CONTRADICTS)
    some = np.flatnonzero(blocks.known.any(axis=1))
    known = blocks.known[some]
    begin = blocks.day[some] * DAY_SECONDS + blocks.phase[some]
    last = known.shape[1] - known[:, ::-1].argmax(axis=1)
    extents.widen(
        channel=blocks.channel[some],
        first=begin + known.argmax(axis=1) * blocks.step,
        past=begin + last * blocks.step,
        longest=np.full(len(some), blocks.step),
    )
