"""Which channel of the store each channel of a file is: asked for, and made where it is new, in one statement each."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db import connection

from datahub.feeds.formats.usage_rows import ChannelKey
from datahub.feeds.store.channel_marks import array_text
from datahub.feeds.store.codec import Integers
from datahub.feeds.store.planning import by_index

NO_METER, OTHER_COMMODITY, NAME_TOO_LONG = -1, -2, -3
LONGEST_NAME = 100  # characters of a register's name
_NEW = 0
# a file names many meters and few sorts of channel: a sort is what a channel's key says besides its meter
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
        ELSE coalesce(channel.id, {_NEW}) END), '' ORDER BY wanted.place)
    FROM {_WANTED}
    LEFT JOIN accounts_meterdevice AS meter ON meter.meter_number = wanted.meter_number
    LEFT JOIN datahub_channel AS channel ON channel.meter_id = meter.id AND channel.register = wanted.register
        AND channel.commodity = wanted.commodity AND channel.unit = wanted.unit
        AND channel.direction = wanted.direction AND channel.kind = wanted.kind
"""  # noqa: S608 - no part of it is input
_MAKE = f"""
    INSERT INTO datahub_channel (meter_id, register, commodity, unit, direction, kind, modified, synced)
    SELECT meter.id, wanted.register, wanted.commodity, wanted.unit, wanted.direction, wanted.kind, %s, %s
    FROM {_WANTED} JOIN accounts_meterdevice AS meter
        ON meter.meter_number = wanted.meter_number AND meter.commodity = wanted.commodity
    WHERE length(wanted.register) <= {LONGEST_NAME}
    ORDER BY meter.id
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - no part of it is input


def channel_ids(keys: Sequence[ChannelKey], at: datetime) -> Integers:
    """The key of each channel in the store; less than 0, for the reason named above, where it has none."""
    if not keys:
        return np.empty(0, dtype=np.int64)
    numbered: dict[tuple[str, ...], int] = {}
    sorts = [numbered.setdefault(key[1:], len(numbered) + 1) for key in keys]
    arguments = [
        *(text_array(column) for column in zip(*numbered, strict=True)),
        text_array([key.meter_number for key in keys]),
        array_text(np.array(sorts)),
    ]
    with connection.cursor() as cursor, by_index():
        cursor.execute(_FIND, arguments)
        found = _ids(cursor.fetchone()[0])
        if (found == _NEW).any():
            cursor.execute(_MAKE, [at, at, *arguments])
            cursor.execute(_FIND, arguments)
            found = _ids(cursor.fetchone()[0])
    return found


def text_array(texts: Sequence[str]) -> str:
    """An array parameter in the database's own notation, much faster than a list of objects."""
    joined = '","'.join(texts)
    if joined.count('"') > 2 * (len(texts) - 1) or "\\" in joined or "\x00" in joined:
        joined = '","'.join([_escaped(text) for text in texts])
    return '{"' + joined + '"}'


def _escaped(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").replace("\\", "\\\\").replace('"', '\\"')


def _ids(column: bytes) -> Integers:
    return np.frombuffer(column, dtype=">i8").astype(np.int64)
