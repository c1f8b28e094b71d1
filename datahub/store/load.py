"""Readings into the store, many channels at once, in the caller's transaction."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from datahub.rows.base import Rejection
from datahub.rows.usage import UsageColumns, UsageGrid, UsageRows, columns_of
from datahub.store.block_table import TOO_LONG, store_blocks
from datahub.store.channel_marks import NOWHERE, Extents, mark_channels
from datahub.store.channel_months import forget_sums, will_forget_sums
from datahub.store.codec import DAY_SECONDS, NEVER, Flags, Integers
from datahub.store.columns import on_a_grid, picked, speaking, storable
from datahub.store.grids import (
    LoadedBlocks,
    blocks_of_columns,
    blocks_of_grid,
    blocks_of_whole_days,
    lies_on_a_grid,
)
from datahub.store.period_table import store_periods
from datahub.store.tally import Origin, Tally, distinct
from datahub.store.whole_days import by_local_days

Steady = TypeVar("Steady", UsageColumns, UsageGrid, UsageRows)


@dataclass(slots=True)
class Loaded:
    """Readings of a load: accepted + unchanged + rejected are all of them; `superseded` is part of unchanged.

    `days`: which UTC days changed readings reach into, counted from the epoch; `channels`: whose content changed; some
    twice.
    """

    accepted: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    days: list[Integers] = field(default_factory=list)
    channels: list[Integers] = field(default_factory=list)


def load_rows(*, rows: UsageRows, ids: Integers, settled: Flags, origin: Origin) -> Loaded:
    """Merge `rows` into the store (`merge.merged` says what wins); `ids` are the keys of their channels.

    `settled` are the channels of whose marks only changed readings could move any.
    Partitions for its days must be there. Counts are readings. What the file says a second time of an interval is
    unchanged if it is the same and refused if it is not. Statements by kind of reading, not by channel.
    """
    will_forget_sums()
    tally = Tally()
    present = np.zeros(len(ids), dtype=np.bool_)
    present[rows.channel] = True
    keys = distinct(ids[present])
    load = _Load(ids, len(keys) == np.count_nonzero(present), origin, tally, Extents.none(keys))
    if isinstance(rows, UsageGrid) and lies_on_a_grid(rows):
        for grid in load.turns(rows):
            load.store(blocks_of_grid(grid, ids))
    else:
        load.columns(columns_of(rows))
    mark_channels(extents=load.extents, tally=tally, settled=ids[settled & present], origin=origin)
    forget_sums(channels=tally.changed, days=[*tally.days, *tally.days_of_instants])
    unchanged = rows.size - tally.accepted - len(tally.rejected)
    return Loaded(tally.accepted, unchanged, tally.superseded, tally.rejected, tally.days, tally.changed)


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


@dataclass(frozen=True, slots=True, eq=False)
class _Load:
    """A load at work: the keys of its channels, whether each is named once, and what it leaves behind."""

    ids: Integers
    once: bool
    origin: Origin
    tally: Tally
    extents: Extents

    def columns(self, columns: UsageColumns) -> None:
        """Store flat readings: whole days as they stand, else by their length, the rest as periods."""
        if columns.size and int(columns.values.min()) == NEVER:
            fitting = storable(columns)
            self.tally.reject(columns.lines[~fitting], TOO_LONG)
            columns = picked(columns, fitting)
        columns = speaking(columns)
        whole = blocks_of_whole_days(columns, self.ids) if self.once else None
        if whole is not None:
            self.store(whole)
            return
        grid = on_a_grid(columns)
        steady = columns if grid.all() else picked(columns, grid)
        for step in np.unique(steady.durations).tolist():
            here = steady.durations == step
            for part in self.turns(steady if here.all() else picked(steady, here)):
                self.store(blocks_of_columns(part, self.ids, step))
        if not grid.all():
            self.periods(picked(columns, ~grid))

    def periods(self, periods: UsageColumns) -> None:
        """Store readings of no grid, those of whole days as long as the local days; the same period twice in turn."""
        lasting = by_local_days(periods.starts, periods.durations, self.origin.zone)
        periods = replace(periods, durations=lasting)
        channel, known = self.ids[periods.channel], periods.known
        turn = _earlier(channel, periods.starts, periods.durations)
        for number in range(int(turn.max()) + 1):
            part = picked(periods, turn == number)
            store_periods(columns=part, ids=self.ids, origin=self.origin, tally=self.tally)
        self.extents.widen(
            channel=channel,
            first=np.where(known, periods.starts, NOWHERE),
            past=np.where(known, periods.starts + periods.durations, -NOWHERE),
            longest=periods.durations,  # withdrawn ones too: what crosses them must be found
        )

    def store(self, blocks: LoadedBlocks) -> None:
        """Store blocks of one step."""
        store_blocks(loaded=blocks, origin=self.origin, tally=self.tally)
        some = np.flatnonzero(blocks.known.any(axis=1))
        known = blocks.known[some]
        begin = blocks.day[some] * DAY_SECONDS + blocks.phase[some]
        last = known.shape[1] - known[:, ::-1].argmax(axis=1)
        self.extents.widen(
            channel=blocks.channel[some],
            first=begin + known.argmax(axis=1) * blocks.step,
            past=begin + last * blocks.step,
            longest=np.full(len(some), blocks.step),
        )

    def turns(self, rows: Steady) -> Iterator[Steady]:
        """`rows`; or in turn the first mention of each channel, the second and so on, where one is named twice."""
        if self.once:
            yield rows
            return
        present = np.unique(rows.channel)
        mention = np.full(len(self.ids), -1)
        mention[present] = _earlier(self.ids[present])
        for turn in range(int(mention.max(initial=0)) + 1):
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
