"""Which channel of the store each channel of a file is: asked for, and made where it is new, in one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from accounts.queries.relations import METERS
from datahub.rows.usage import ChannelKeys
from datahub.store.channel_marks import RECENTLY, array_text
from datahub.store.codec import Flags, Integers
from datahub.store.planning import by_index

NO_METER, OTHER_COMMODITY, NAME_TOO_LONG = -1, -2, -3
LONGEST_NAME = 100  # characters of a register's name
_NEW = 0
_STALE = timedelta(seconds=10)  # a channel that was found earlier is looked for again
_WANTED = """
    (
        SELECT place, meter_number, (%s::text[])[sort] AS register, (%s::text[])[sort] AS commodity,
            (%s::text[])[sort] AS unit, (%s::text[])[sort] AS direction, (%s::text[])[sort] AS kind
        FROM unnest(%s::text[], %s::integer[]) WITH ORDINALITY AS each (meter_number, sort, place)
    ) AS wanted
"""
_FIND = f"""
    SELECT string_agg(int8send(CASE
        WHEN meter.id IS NULL THEN {NO_METER}
        WHEN length(wanted.register) > {LONGEST_NAME} THEN {NAME_TOO_LONG}
        WHEN meter.commodity <> wanted.commodity THEN {OTHER_COMMODITY}
        ELSE coalesce(channel.id * 2 + coalesce(
            channel.synced >= %s AND channel.first_start <= to_timestamp(%s)
            AND channel.last_end >= to_timestamp(%s) AND channel.longest >= %s, false
        )::integer, {_NEW}) END), '' ORDER BY wanted.place)
    FROM {_WANTED}
    LEFT JOIN {METERS} AS meter ON meter.meter_number = wanted.meter_number
    LEFT JOIN datahub_channel AS channel ON channel.meter_id = meter.id AND channel.register = wanted.register
        AND channel.commodity = wanted.commodity AND channel.unit = wanted.unit
        AND channel.direction = wanted.direction AND channel.kind = wanted.kind
"""  # noqa: S608 - no part of it is input
_MAKE = f"""
    INSERT INTO datahub_channel (meter_id, register, commodity, unit, direction, kind, modified, synced)
    SELECT meter.id, wanted.register, wanted.commodity, wanted.unit, wanted.direction, wanted.kind, %s, %s
    FROM {_WANTED} JOIN {METERS} AS meter
        ON meter.meter_number = wanted.meter_number AND meter.commodity = wanted.commodity
    WHERE length(wanted.register) <= {LONGEST_NAME}
    ORDER BY meter.id
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - no part of it is input


class Reach(NamedTuple):
    """The readings of a part lie in [first, past) in epoch seconds, none is longer than `longest` seconds."""

    first: int
    past: float
    longest: int


BEYOND = Reach(0, inf, 0)  # no channel reaches so far


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An element a channel of the file: its key in the store, less than 0 where it has none for a reason named above.

    `settled` are those of whose marks only changed readings could move any; `at` is when they were looked for.
    """

    ids: Integers
    settled: Flags
    at: datetime


def find_channels(keys: ChannelKeys, reach: Reach, at: datetime) -> Found:
    """Find each channel that is there; those that are not have no key."""
    return _told(_asked(keys, reach, at, make=False), at)


def channels_of(keys: ChannelKeys, reach: Reach, at: datetime, ahead: Found | None = None) -> Found:
    """Find each channel, make those that are new.

    What was found `ahead`, a moment ago, is not asked for again, but what was not found is. A meter that gets another
    number in that moment has its readings as if they had come before it; a channel that goes in it is missed by the
    keys of its readings.
    """
    if ahead is None or at - ahead.at > _STALE:
        return _told(_asked(keys, reach, at, make=True), at)
    missing = np.flatnonzero(ahead.ids <= _NEW)
    if not len(missing):
        return ahead
    late = _told(_asked(keys.chosen(missing), reach, at, make=True), at)
    ids, settled = ahead.ids.copy(), ahead.settled.copy()  # what is made now may be undone with its chunk
    ids[missing], settled[missing] = late.ids, late.settled
    return Found(ids, settled, ahead.at)


def _asked(keys: ChannelKeys, reach: Reach, at: datetime, *, make: bool) -> Integers:
    """As `_FIND` tells it, an element a key."""
    if not len(keys):
        return np.empty(0, dtype=np.int64)
    wanted = [
        *(text_array(column) for column in zip(*keys.sorts, strict=True)),
        text_array(keys.meters),
        array_text(keys.sort + 1),
    ]
    asked: list[Any] = [at - RECENTLY, *reach, *wanted]
    with connection.cursor() as cursor, by_index():
        cursor.execute(_FIND, asked)
        found = _integers(cursor.fetchone()[0])
        if make and (found == _NEW).any():
            cursor.execute(_MAKE, [at, at, *wanted])
            cursor.execute(_FIND, asked)
            found = _integers(cursor.fetchone()[0])
    return found


def _told(found: Integers, at: datetime) -> Found:
    return Found(np.where(found > 0, found >> 1, found), (found > 0) & (found % 2 == 1), at)


def text_array(texts: Sequence[str]) -> str:
    """An array parameter in the database's own notation, much faster than a list of objects."""
    joined = '","'.join(texts)
    if joined.count('"') > 2 * (len(texts) - 1) or "\\" in joined or "\x00" in joined:
        joined = '","'.join([_escaped(text) for text in texts])
    return '{"' + joined + '"}'


def _escaped(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").replace("\\", "\\\\").replace('"', '\\"')


def _integers(column: bytes) -> Integers:
    return np.frombuffer(column, dtype=">i8").astype(np.int64)
