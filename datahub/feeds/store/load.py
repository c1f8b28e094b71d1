"""Readings into the store, many channels at once, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from datahub.feeds.formats.base import Rejection, UsageSeries
from datahub.feeds.store.block_table import store_blocks
from datahub.feeds.store.codec import DAY_SECONDS, NEVER, Blocks, Flags, Integers, scaled_up
from datahub.feeds.store.columns import Columns
from datahub.feeds.store.period_table import store_periods
from datahub.feeds.store.tally import Origin, Tally
from datahub.models import Channel

_TOO_LONG = "the value has more digits than 64 bits hold beside its day's other values"


@dataclass(slots=True)
class Loaded:
    """Readings of a load: accepted + unchanged + rejected are all of them; `kept_out` is part of unchanged."""

    accepted: int = 0
    unchanged: int = 0
    kept_out: int = 0
    rejected: list[Rejection] = field(default_factory=list)


def load_series(*, series: Sequence[tuple[int, UsageSeries]], origin: Origin) -> Loaded:
    """Merge `series`, each with its channel's key, into the store (`merge.merged` says what wins).

    Partitions for its days must be there. Counts are readings; a repeated start within a load counts as unchanged.
    """
    columns = Columns.of(series)
    tally = Tally()
    tally.reject(columns.lines[~columns.storable], _TOO_LONG)
    usable = columns.where(columns.storable & columns.speaks)
    grid = usable.on_a_grid
    for step in np.unique(usable.durations[grid]).tolist():
        _load_step(usable.where(grid & (usable.durations == step)), step, origin, tally)
    store_periods(columns=usable.where(~grid), origin=origin, tally=tally)
    _mark_channels({channel for channel, _ in series}, tally, origin.at)
    unchanged = len(columns) - tally.accepted - len(tally.rejected)
    return Loaded(tally.accepted, unchanged, tally.kept_out, tally.rejected)


def _load_step(columns: Columns, step: int, origin: Origin, tally: Tally) -> None:
    columns = _last_of_each_start(columns)
    row, slot, blocks = _packed(columns, step, origin.version)
    values, fits = scaled_up(columns.values, blocks.scale[row] - columns.scale)
    blocks.values[row, slot] = values
    blocks.known[row, slot] = columns.known & fits
    blocks.version[row, slot] = np.where(fits, origin.version, NEVER)
    tally.reject(columns.lines[~fits], _TOO_LONG)
    unfit = store_blocks(blocks=blocks, origin=origin, tally=tally)
    tally.reject(columns.lines[unfit[row, slot] & fits], _TOO_LONG)


def _last_of_each_start(columns: Columns) -> Columns:
    """Two series of one file may name one channel: the later word counts."""
    order = np.lexsort((columns.starts, columns.channel))
    ordered = columns.where(order)
    last = np.ones(len(ordered), dtype=np.bool_)
    last[:-1] = (np.diff(ordered.starts) != 0) | (np.diff(ordered.channel) != 0)
    return ordered.where(last)


def _packed(columns: Columns, step: int, version: int) -> tuple[Integers, Integers, Blocks]:
    """Empty blocks for the columns, and each reading's row and slot in them."""
    day, phase = columns.starts // DAY_SECONDS, columns.starts % step
    keys, row = np.unique(np.stack([columns.channel, day, phase], axis=1), axis=0, return_inverse=True)
    row = row.reshape(-1)
    shape = (len(keys), DAY_SECONDS // step)
    scale = np.zeros(len(keys), dtype=np.int64)
    np.maximum.at(scale, row, columns.scale)
    slot = columns.starts % DAY_SECONDS // step
    quality = np.zeros(shape, dtype=np.uint8)
    quality[row, slot] = columns.quality
    known: Flags = np.zeros(shape, dtype=np.bool_)
    blocks = Blocks(
        step, keys[:, 0], keys[:, 1], keys[:, 2], scale,
        np.zeros(shape, dtype=np.int64), known, quality, np.full(shape, NEVER, dtype=np.int64),
    )  # fmt: skip
    return row, slot, blocks


def _mark_channels(channels: set[int], tally: Tally, at: datetime) -> None:
    Channel.objects.filter(pk__in=channels).update(synced=at)
    Channel.objects.filter(pk__in=tally.changed_channels).update(modified=at)
