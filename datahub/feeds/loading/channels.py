"""Which channel of the store each channel of a file is: one statement finds them, one makes those that are new."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from accounts.queries.relations import METERS
from cdsc_portal.lib.db.prepared import array, text_array
from datahub.rows.usage import ChannelKeys
from datahub.store.channel_marks import RECENTLY
from datahub.store.codec import Flags, Integers
from datahub.store.planning import by_index

NO_METER, OTHER_COMMODITY, NAME_TOO_LONG = -1, -2, -3
LONGEST_NAME = 100  # characters of a register's name
_NEW = 0
_STALE = timedelta(seconds=10)  # matches that are older are queried again
_KEYS = """
    (
        SELECT place, meter_number, (%s::text[])[sort] AS register, (%s::text[])[sort] AS commodity,
            (%s::text[])[sort] AS unit, (%s::text[])[sort] AS direction, (%s::text[])[sort] AS kind
        FROM unnest(%s::text[], %s::integer[]) WITH ORDINALITY AS each (meter_number, sort, place)
    ) AS key
"""
_FIND = f"""
    SELECT string_agg(int8send(CASE
        WHEN meter.id IS NULL THEN {NO_METER}
        WHEN length(key.register) > {LONGEST_NAME} THEN {NAME_TOO_LONG}
        WHEN meter.commodity <> key.commodity THEN {OTHER_COMMODITY}
        ELSE coalesce(channel.id * 2 + coalesce(
            channel.synced >= %s AND channel.first_start <= to_timestamp(%s)
            AND channel.last_end >= to_timestamp(%s) AND channel.longest >= %s, false
        )::integer, {_NEW}) END), '' ORDER BY key.place)
    FROM {_KEYS}
    LEFT JOIN {METERS} AS meter ON meter.meter_number = key.meter_number
    LEFT JOIN datahub_channel AS channel ON channel.meter_id = meter.id AND channel.register = key.register
        AND channel.commodity = key.commodity AND channel.unit = key.unit
        AND channel.direction = key.direction AND channel.kind = key.kind
"""  # noqa: S608 - no part of it is input
_MAKE = f"""
    INSERT INTO datahub_channel (meter_id, register, commodity, unit, direction, kind, modified, synced)
    SELECT meter.id, key.register, key.commodity, key.unit, key.direction, key.kind, %s, %s
    FROM {_KEYS} JOIN {METERS} AS meter
        ON meter.meter_number = key.meter_number AND meter.commodity = key.commodity
    WHERE length(key.register) <= {LONGEST_NAME}
    ORDER BY meter.id
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - no part of it is input


class Extent(NamedTuple):
    """The readings of a part lie in [first, past) in epoch seconds, none is longer than `longest` seconds."""

    first: int
    past: float
    longest: int


UNBOUNDED = Extent(0, inf, 0)  # wider than the marks of any channel


@dataclass(frozen=True, slots=True, eq=False)
class ChannelMatches:
    """An element a channel of the file: its key in the store, less than 0 where it has none for a reason named above.

    `settled` are the channels whose marks only a changed reading can move. `at` is when they were queried.
    """

    ids: Integers
    settled: Flags
    at: datetime


def find_channels(keys: ChannelKeys, extent: Extent, at: datetime, *, make: bool = False) -> ChannelMatches:
    """The channels of `keys`; those that are new get no key unless `make` makes them. Two or four statements."""
    if not len(keys):
        return ChannelMatches(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_), at)
    columns = [
        *(text_array(column) for column in zip(*keys.sorts, strict=True)),
        text_array(keys.meters),
        array((keys.sort + 1).tolist()),
    ]
    parameters: list[Any] = [at - RECENTLY, *extent, *columns]
    with connection.cursor() as cursor, by_index():
        cursor.execute(_FIND, parameters)
        codes = np.frombuffer(cursor.fetchone()[0], dtype=">i8").astype(np.int64)
        if make and (codes == _NEW).any():
            cursor.execute(_MAKE, [at, at, *columns])
            cursor.execute(_FIND, parameters)
            codes = np.frombuffer(cursor.fetchone()[0], dtype=">i8").astype(np.int64)
    # a key comes as twice itself, and one more where the channel is settled
    return ChannelMatches(np.where(codes > 0, codes >> 1, codes), (codes > 0) & (codes % 2 == 1), at)


def find_or_make_channels(
    keys: ChannelKeys, extent: Extent, at: datetime, earlier: ChannelMatches | None = None
) -> ChannelMatches:
    """The channels of `keys`, with those made that are new.

    Of `earlier` matches that are not stale, only the channels that were missing are queried again. If a meter gets
    another number in between, its readings count as if they had come before that. If a channel goes in between, the
    foreign keys of its readings fail.
    """
    if earlier is None or at - earlier.at > _STALE:
        return find_channels(keys, extent, at, make=True)
    missing = np.flatnonzero(earlier.ids <= _NEW)
    if not len(missing):
        return earlier
    late = find_channels(keys.chosen(missing), extent, at, make=True)
    # copies: what is made now may be undone with its chunk
    ids, settled = earlier.ids.copy(), earlier.settled.copy()
    ids[missing], settled[missing] = late.ids, late.settled
    return ChannelMatches(ids, settled, earlier.at)
