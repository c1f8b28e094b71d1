"""Which loaded blocks are stored as they are loaded, decided by reading: nothing is staged and no row is locked."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cdsc_portal.lib.db.prepared import array, prepared_cursor
from datahub.store.codec import DAY_SECONDS, Flags
from datahub.store.grids import LoadedBlocks
from datahub.store.tally import distinct

_MOST_READ = 2  # blocks read for each that is loaded
# Blocks of one quality and one version, all their columns end to end: what costs time is a row, not its bytes.
_STORED = """
    SELECT string_agg(int8send(channel_id), ''), string_agg(int4send(day - date '1970-01-01'), ''),
        string_agg(int2send(scale), ''), string_agg(int2send(quality), ''),
        string_agg(int4send(octet_length(vals)), ''), string_agg(vals, '')
    FROM interval_block
    WHERE channel_id = ANY(%s::bigint[]) AND day = ANY(%s::date[]) AND day BETWEEN %s AND %s
      AND step = %s AND phase = %s AND version >= %s
      AND coalesce(exceptions, '') = '' AND coalesce(versions, '') = ''
"""


def unchanged_blocks(loaded: LoadedBlocks, version: int) -> Flags:
    """Which blocks are stored with this content by a file no older than `version`: then no slot can win.

    False where that is not decided here: for blocks of several qualities or versions, and for all blocks of a load
    whose channels bring different days, because channels and days are read crosswise.
    """
    unchanged = np.zeros(len(loaded), dtype=np.bool_)
    channels, days = distinct(loaded.channel), np.unique(loaded.day)
    if len(channels) * len(days) > _MOST_READ * len(loaded) or np.ptp(loaded.phase):
        return unchanged
    dates = days.astype("datetime64[D]").tolist()
    key = [array(channels.tolist()), array(dates), dates[0], dates[-1], loaded.step, int(loaded.phase[0])]
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STORED, [*key, version])
        *columns, slots = cursor.fetchone()
    if slots is None:
        return unchanged
    channel, day, scale, quality, size = map(np.frombuffer, columns, (">i8", ">i4", ">i2", ">i2", ">i4"))
    place, numbers = np.full((len(channels), len(days)), -1), np.arange(len(loaded))
    place[np.searchsorted(channels, loaded.channel), np.searchsorted(days, loaded.day)] = numbers
    rows = place[np.searchsorted(channels, channel), np.searchsorted(days, day)]
    past = np.cumsum(size, dtype=np.int64)
    for length in np.unique(size).tolist():
        here = np.flatnonzero((size == length) & (rows >= 0))
        packed = sliding_window_view(np.frombuffer(slots, dtype=np.uint8), length)[past[here] - length]
        values = packed.view(f"<i{length * loaded.step // DAY_SECONDS}")
        known = values != np.iinfo(values.dtype).min
        its = loaded.take(rows[here])
        same = (its.values == values) & (its.quality == quality[here, None]) | ~known
        same &= its.stated == known
        unchanged[rows[here]] = same.all(axis=1) & (its.scale == scale[here])
    return unchanged
