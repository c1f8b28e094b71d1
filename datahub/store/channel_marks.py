"""What a load writes on its channels: when they were seen, when their content changed, from when to when it has any."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.db import connection

from cdsc_portal.lib.db.prepared import array
from datahub.store.codec import Integers
from datahub.store.planning import by_index
from datahub.store.tally import Origin, Tally

NOWHERE = np.iinfo(np.int64).max  # the first start of no reading; its negative is the last end
RECENTLY = timedelta(minutes=10)
_MARK = f"""
    UPDATE datahub_channel AS channel
    SET synced = %s,
        modified = CASE WHEN seen.changed THEN %s ELSE channel.modified END,
        first_start = least(channel.first_start, to_timestamp(nullif(seen.first, {NOWHERE}))),
        last_end = greatest(channel.last_end, to_timestamp(nullif(seen.past, -{NOWHERE}))),
        longest = greatest(channel.longest, nullif(seen.longest, -1))
    FROM (
        SELECT id, (%s::boolean[])[sort] AS changed, (%s::boolean[])[sort] AS written, (%s::bigint[])[sort] AS first,
            (%s::bigint[])[sort] AS past, (%s::integer[])[sort] AS longest
        FROM unnest(%s::bigint[], %s::integer[]) AS each (id, sort)
    ) AS seen
    WHERE channel.id = seen.id AND (
        seen.written OR channel.synced < %s
        OR least(channel.first_start, to_timestamp(nullif(seen.first, {NOWHERE}))) IS DISTINCT FROM channel.first_start
        OR greatest(channel.last_end, to_timestamp(nullif(seen.past, -{NOWHERE}))) IS DISTINCT FROM channel.last_end
        OR greatest(channel.longest, nullif(seen.longest, -1)) IS DISTINCT FROM channel.longest
    )
"""  # noqa: S608 - no part of it is input


@dataclass(slots=True, eq=False)
class Extents:
    """From when to when the known readings of a load are: an element a channel, in epoch seconds.

    `longest` is -1 where the load brought no reading; `first` and `past` are NOWHERE and -NOWHERE without a known one.
    """

    channel: Integers  # in ascending order, each once
    first: Integers
    past: Integers
    longest: Integers

    @classmethod
    def none(cls, channel: Integers) -> "Extents":
        count = len(channel)
        return cls(
            channel,
            np.full(count, NOWHERE, dtype=np.int64),
            np.full(count, -NOWHERE, dtype=np.int64),
            np.full(count, -1, dtype=np.int64),
        )

    def widen(self, *, channel: Integers, first: Integers, past: Integers, longest: Integers) -> None:
        """Take in further known readings: `channel[i]` has some in [first[i], past[i])."""
        place = np.searchsorted(self.channel, channel)
        np.minimum.at(self.first, place, first)
        np.maximum.at(self.past, place, past)
        np.maximum.at(self.longest, place, longest)


def mark_channels(*, extents: Extents, tally: Tally, settled: Integers, origin: Origin) -> None:
    """Write the marks of a load, one statement however many channels.

    A channel without a written row that was seen in the last minutes is not written again; of the `settled` channels
    this is known already.
    """
    moved = np.isin(extents.channel, tally.changed_channels)
    written = np.isin(extents.channel, tally.written_channels)
    rows = np.flatnonzero(written | ~np.isin(extents.channel, settled))
    if not len(rows):
        return
    seen = np.stack(
        [moved[rows], written[rows], extents.first[rows], extents.past[rows], extents.longest[rows]], axis=1
    )
    sorts, sort = seen, np.arange(len(seen))  # distinct marks, and which of them each channel has
    if (seen == seen[0]).all():  # the usual case: the database then reads one row
        sorts, sort = seen[:1], np.zeros(len(seen), dtype=np.int64)
    arrays = [
        *(array(column.tolist()) for column in sorts.T),
        array(extents.channel[rows].tolist()),
        array((sort + 1).tolist()),
    ]
    with connection.cursor() as cursor, by_index():
        cursor.execute(_MARK, [origin.at, origin.at, *arrays, origin.at - RECENTLY])
