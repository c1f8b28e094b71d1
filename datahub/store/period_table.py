"""Readings without a steady grid into their table: daily, monthly and irregular periods, registers."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.backends.utils import CursorWrapper

from cdsc_portal.lib.db.prepared import array
from datahub.rows.base import Rejection
from datahub.rows.usage import UsageColumns
from datahub.store.codec import Flags, Integers, Rows
from datahub.store.merge import CONTRADICTS, Readings, merged
from datahub.store.packing import COPY_END, COPY_HEAD
from datahub.store.tally import Origin, Tally

_TO_2000 = 946_684_800  # the database counts microseconds from there
_STAGED = (
    ("place", "i4"), ("channel_id", "i8"), ("start", "i8"), ("end", "i8"), ("known", "u1"), ("value", "i8"),
    ("scale", "i2"), ("quality", "i2"),
)  # fmt: skip
_STAGE = """
    CREATE TEMPORARY TABLE staged_period (place integer, channel_id bigint, start timestamptz, "end" timestamptz,
        known boolean, value bigint, scale smallint, quality smallint) ON COMMIT DROP
"""
_SAME_PERIOD = (
    'stored.channel_id = staged.channel_id AND stored.start = staged.start AND stored."end" = staged."end"'
)
# no part of these statements is input
_FIND = f"""
    SELECT staged.place, stored.id, stored.value, stored.scale, stored.quality, stored.version,
        stored.feed_run_id = %s
    FROM staged_period AS staged JOIN datahub_periodreading AS stored ON {_SAME_PERIOD}
    ORDER BY stored.id FOR UPDATE OF stored
"""  # noqa: S608
# none of a channel's readings is longer than its longest: the index is read no further back
_CROSSING = """
    SELECT staged.place, stored.id, stored.start, stored."end", stored.feed_run_id = %s
    FROM staged_period AS staged
    JOIN datahub_channel AS channel ON channel.id = staged.channel_id
    JOIN datahub_periodreading AS stored ON stored.channel_id = staged.channel_id
        AND stored.start > staged.start - channel.longest * interval '1 second'
        AND stored.start < staged."end" AND stored."end" > staged.start
    WHERE staged."end" > staged.start AND stored."end" > stored.start
        AND NOT EXISTS (
            SELECT FROM staged_period AS same
            WHERE (same.channel_id, same.start, same."end") = (stored.channel_id, stored.start, stored."end")
        )
    ORDER BY staged.place, stored.start
"""
_OVERLAP = (
    "UPDATE datahub_periodreading SET overlapping = true WHERE id = ANY(%s::bigint[]) AND NOT overlapping"
)
_INSERT = """
    INSERT INTO datahub_periodreading (channel_id, start, "end", value, scale, quality, version, overlapping,
        modified, feed_run_id)
    SELECT staged.channel_id, staged.start, staged."end", CASE WHEN staged.known THEN staged.value END,
        staged.scale, staged.quality, %s, fresh.overlapping, %s, %s
    FROM unnest(%s::integer[], %s::boolean[]) AS fresh (place, overlapping)
    JOIN staged_period AS staged ON staged.place = fresh.place
    ORDER BY staged.place
"""
_KEEP = """
    INSERT INTO datahub_periodreadinghistory (reading_id, value, scale, quality, version, modified, feed_run_id,
        replaced, replaced_by_id)
    SELECT id, value, scale, quality, version, modified, feed_run_id, %s, %s
    FROM datahub_periodreading WHERE id = ANY(%s::bigint[])
"""
_UPDATE = """
    UPDATE datahub_periodreading AS stored
    SET value = CASE WHEN NOT new.changed THEN stored.value WHEN staged.known THEN staged.value END,
        scale = CASE WHEN new.changed THEN staged.scale ELSE stored.scale END,
        quality = staged.quality, version = %s,
        modified = CASE WHEN new.changed THEN %s ELSE stored.modified END,
        feed_run_id = CASE WHEN new.changed THEN %s ELSE stored.feed_run_id END
    FROM unnest(%s::integer[], %s::bigint[], %s::boolean[]) AS new (place, id, changed)
    JOIN staged_period AS staged ON staged.place = new.place
    WHERE stored.id = new.id
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """Stored periods that the load restates, and the load's place of each; values are Python integers."""

    place: Rows
    id: Integers
    readings: Readings
    scale: Integers
    mine: Flags


def store_periods(*, columns: UsageColumns, ids: Integers, origin: Origin, tally: Tally) -> None:
    """Insert or merge by channel, start and end; `ids` are the keys of the channels.

    Rejects a period that overlaps a stored one that this load does not restate. Periods of one file that overlap are
    the operator's own statement and are kept, marked `overlapping`. Three statements and the writes.
    """
    if not columns.size:
        return
    with connection.cursor() as cursor:
        _stage(cursor, columns, ids)
        cursor.execute(_FIND, [origin.run_id])
        stored = _stored_periods(cursor.fetchall())
        fresh = np.ones(columns.size, dtype=np.bool_)
        fresh[stored.place] = False
        own: dict[int, list[int]] = {}  # stored periods of this run that a fresh one overlaps
        cursor.execute(_CROSSING, [origin.run_id])
        for place, key, start, end, of_this_run in cursor.fetchall():
            if fresh[place] and of_this_run:
                own.setdefault(place, []).append(key)
            elif fresh[place]:
                first, past = (moment.astimezone(UTC).isoformat() for moment in (start, end))
                reason = f"overlaps the reading from {first} to {past} that is stored for this channel"
                tally.rejected.append(Rejection(int(columns.lines[place]), reason))
                fresh[place] = False
                own.pop(place, None)
        overlapping = _overlapping(columns, ids[columns.channel], fresh, stored.place)
        overlapping[list(own)] = True
        # stored periods that a fresh one of this file overlaps are marked first, or a constraint would refuse it
        marked = [
            *stored.id[overlapping[stored.place]].tolist(),
            *(key for keys in own.values() for key in keys),
        ]
        if marked:
            cursor.execute(_OVERLAP, [marked])
        _insert(cursor, columns, ids, np.flatnonzero(fresh), overlapping, origin, tally)
        _merge(cursor, columns, ids, stored, origin, tally)
        cursor.execute("DROP TABLE staged_period")


def _stage(cursor: CursorWrapper, columns: UsageColumns, ids: Integers) -> None:
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in _STAGED:
        layout += [(f"{name}_size", ">i4"), (name, f">{kind}")]
    table = np.zeros(columns.size, dtype=layout)
    table["fields"] = len(_STAGED)
    for name, kind in _STAGED:
        table[f"{name}_size"] = int(kind[1:])
    table["place"], table["channel_id"] = np.arange(columns.size), ids[columns.channel]
    table["start"] = (columns.starts - _TO_2000) * 1_000_000
    table["end"] = (columns.starts + columns.durations - _TO_2000) * 1_000_000
    table["known"], table["value"] = columns.known, columns.values
    table["scale"], table["quality"] = columns.scale[columns.channel], columns.quality
    cursor.execute(_STAGE)
    with cursor.copy("COPY staged_period FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(COPY_HEAD + table.tobytes() + COPY_END)
    cursor.execute("ANALYZE staged_period")


def _stored_periods(rows: list[tuple[Any, ...]]) -> _Stored:
    place, key, value, scale, quality, version, mine = list(zip(*rows, strict=True)) or [()] * 7
    return _Stored(
        np.array(place, dtype=np.intp),
        np.array(key, dtype=np.int64),
        Readings(
            np.array([number or 0 for number in value], dtype=object),
            np.array([number is not None for number in value], dtype=np.bool_),
            np.array(quality, dtype=np.uint8),
            np.array(version, dtype=np.int64),
        ),
        np.array(scale, dtype=np.int64),
        np.array(mine, dtype=np.bool_),
    )


def _overlapping(columns: UsageColumns, channel: Integers, fresh: Flags, restated: Rows) -> Flags:
    """Periods of the load that share an instant with another of it, among those that are fresh or restated."""
    counts = fresh & (columns.durations > 0)
    counts[restated] = columns.durations[restated] > 0
    some = np.flatnonzero(counts)
    some = some[np.lexsort((columns.starts[some], channel[some]))]
    start = columns.starts[some]
    _, rank = np.unique(channel[some], return_inverse=True)
    # one time axis for all channels, with an offset between them that is longer than any channel's readings
    apart = rank * np.int64(2**40)
    begin, past = start + apart, start + columns.durations[some] + apart
    shares = np.zeros(len(some), dtype=np.bool_)
    shares[1:] |= begin[1:] < np.maximum.accumulate(past)[:-1]
    shares[:-1] |= past[:-1] > begin[1:]
    overlapping = np.zeros(columns.size, dtype=np.bool_)
    overlapping[some[shares]] = True
    return overlapping


def _insert(
    cursor: CursorWrapper, columns: UsageColumns, ids: Integers, fresh: Rows, overlapping: Flags, origin: Origin,
    tally: Tally,
) -> None:  # fmt: skip
    if not len(fresh):
        return
    arrays = array(fresh.tolist()), array(overlapping[fresh].astype(np.int64).tolist())
    cursor.execute(_INSERT, [origin.version, origin.at, origin.run_id, *arrays])
    tally.written.append(ids[columns.channel[fresh]])
    known = fresh[columns.known[fresh]]
    tally.accepted += len(known)
    tally.periods_changed(ids[columns.channel[known]], columns.starts[known], columns.durations[known])


def _merge(
    cursor: CursorWrapper, columns: UsageColumns, ids: Integers, stored: _Stored, origin: Origin, tally: Tally
) -> None:
    if not len(stored.place):
        return
    # what wins, compared as exact numbers of one scale, however long
    scale = columns.scale[columns.channel[stored.place]]
    common, former = np.maximum(scale, stored.scale), stored.readings
    outcome = merged(
        Readings(
            former.values * _powers_of_ten(common - stored.scale),
            former.known,
            former.quality,
            former.version,
        ),
        Readings(
            columns.values[stored.place].astype(object) * _powers_of_ten(common - scale),
            columns.known[stored.place],
            columns.quality[stored.place],
            np.full(len(scale), origin.version),
        ),
        mine=stored.mine,
    )
    tally.superseded += int(outcome.superseded.sum())
    tally.reject(columns.lines[stored.place[outcome.contradicts]], CONTRADICTS)
    written = outcome.changed | outcome.restated
    if not written.any():
        return
    tally.written.append(ids[columns.channel[stored.place[written]]])
    changed = stored.place[outcome.changed]
    tally.accepted += len(changed)
    tally.periods_changed(ids[columns.channel[changed]], columns.starts[changed], columns.durations[changed])
    cursor.execute(_KEEP, [origin.at, origin.run_id, array(stored.id[outcome.changed].tolist())])
    arrays = stored.place[written], stored.id[written], outcome.changed[written].astype(np.int64)
    cursor.execute(
        _UPDATE, [origin.version, origin.at, origin.run_id, *(array(column.tolist()) for column in arrays)]
    )


def _powers_of_ten(exponents: Integers) -> npt.NDArray[np.object_]:
    return np.array([10**exponent for exponent in exponents.tolist()], dtype=object)
