"""Which flat readings are stored, which lie on a grid and which fit, before any of them is stored."""

from dataclasses import replace

import numpy as np

from datahub.rows.usage import Quality, UsageColumns
from datahub.store.codec import DAY_SECONDS, MOST, Flags, Integers, Rows

# seconds a slot, in two bytes; a day's reading is a period, as local days differ in length
_SHORTEST, LONGEST_IN_A_BLOCK = 60, 28_800


def fits_a_day(step: Integers) -> Flags:
    """Lengths of readings that fit day blocks: whole minutes, and a day is a whole number of them."""
    flags: Flags = (
        (step >= _SHORTEST) & (step <= LONGEST_IN_A_BLOCK) & (DAY_SECONDS % np.maximum(step, 1) == 0)
    )
    return flags


def on_a_grid(columns: UsageColumns) -> Flags:
    """Readings that fit a day block."""
    flags: Flags = fits_a_day(columns.durations) & (columns.starts % 60 == 0)
    return flags


def speaking(columns: UsageColumns) -> UsageColumns:
    """Without those that are only unknown, of which nothing is stored; a withdrawn reading is not known."""
    if columns.known.all() and not (columns.quality == Quality.WITHDRAWN).any():
        return columns
    withdrawn = columns.quality == Quality.WITHDRAWN
    known = columns.known & ~withdrawn
    columns = replace(columns, known=known, values=np.where(known, columns.values, 0))
    return picked(columns, np.flatnonzero(known | withdrawn))


def storable(columns: UsageColumns) -> Flags:
    """Values whose digits fit; the least 64-bit integer is the mark of the unknown."""
    return ~columns.known | (columns.values >= -MOST)


def in_order(columns: UsageColumns) -> UsageColumns:
    """By channel and time. Raises ValueError where a channel has two readings of one start, which no format gives."""
    if _ascending(columns):
        return columns
    columns = picked(columns, np.lexsort((columns.starts, columns.channel)))
    if not _ascending(columns):
        raise ValueError("a channel has two readings of one start")
    return columns


def _ascending(columns: UsageColumns) -> bool:
    step, other = np.diff(columns.starts), np.diff(columns.channel)
    return bool(((other > 0) | ((other == 0) & (step > 0))).all())


def picked(columns: UsageColumns, rows: Rows | Flags) -> UsageColumns:
    """These readings, in this order."""
    return replace(
        columns,
        **{
            name: getattr(columns, name)[rows]
            for name in ("channel", "starts", "durations", "values", "known", "quality", "lines")
        },
    )
