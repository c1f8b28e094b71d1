"""Blocks into the table: new ones by COPY, those that differ merged under a lock."""

import numpy as np
from django.db import connection

from datahub.feeds.store.codec import COLUMNS, BlockRow, Blocks, Flags, decoded, encoded
from datahub.feeds.store.merge import Outcome, merged_blocks
from datahub.feeds.store.tally import Origin, Tally

_KEY = "channel_id, day, step, phase"
_TYPES = ["int8", "date", "int2", "int2", "int2", "bytea", "int2", "bytea", "int8", "bytea", "int2"]
# no part of these statements is input
_STAGE = (
    f"CREATE TEMPORARY TABLE incoming_block ON COMMIT DROP AS SELECT {COLUMNS} FROM interval_block LIMIT 0"  # noqa: S608
)
_COPY = f"COPY incoming_block ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
_INSERT = f"""
    WITH made AS (
        INSERT INTO interval_block ({COLUMNS}, modified, feed_run_id)
        SELECT {COLUMNS}, %s, %s FROM incoming_block ORDER BY channel_id, day
        ON CONFLICT DO NOTHING RETURNING channel_id, known
    )
    SELECT channel_id, sum(known) FROM made GROUP BY channel_id
"""  # noqa: S608
_DIFFERING = f"""
    SELECT {", ".join(f"stored.{name}" for name in BlockRow._fields)}
    FROM incoming_block AS loaded JOIN interval_block AS stored USING ({_KEY})
    WHERE stored.day BETWEEN %s AND %s
      AND (stored.scale, stored.vals, stored.quality, stored.exceptions, stored.version, stored.versions)
        IS DISTINCT FROM
          (loaded.scale, loaded.vals, loaded.quality, loaded.exceptions, loaded.version, loaded.versions)
    ORDER BY stored.channel_id, stored.day, stored.phase
    FOR UPDATE OF stored
"""  # noqa: S608
_KEEP = f"""
    INSERT INTO interval_block_history ({COLUMNS}, modified, feed_run_id, replaced, replaced_by_id)
    SELECT {COLUMNS}, modified, feed_run_id, %s, %s FROM interval_block
    WHERE (channel_id, day, step, phase) = (%s, %s, %s, %s)
"""  # noqa: S608
_UPDATE = """
    UPDATE interval_block
    SET scale = %s, vals = %s, quality = %s, exceptions = %s, version = %s, versions = %s, known = %s,
        modified = coalesce(%s, modified), feed_run_id = coalesce(%s, feed_run_id)
    WHERE (channel_id, day, step, phase) = (%s, %s, %s, %s)
"""


def store_blocks(*, blocks: Blocks, origin: Origin, tally: Tally) -> Flags:
    """Insert or merge `blocks` of one step; answers which loaded slots did not fit their stored block's digits."""
    rows = list(encoded(blocks))
    unfit: Flags = np.zeros(blocks.known.shape, dtype=np.bool_)
    if not rows:
        return unfit
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)
        cursor.execute(_INSERT, [origin.at, origin.run_id])
        for channel, known in cursor.fetchall():
            tally.accepted += known
            tally.changed_channels.add(channel)
        days = [row.day for row in rows]
        cursor.execute(_DIFFERING, [min(days), max(days)])
        stored = [BlockRow(*row) for row in cursor.fetchall()]
        cursor.execute("DROP TABLE incoming_block")
    if stored:
        _merge(decoded(stored, step=blocks.step), blocks, unfit, origin, tally)
    return unfit


def _merge(stored: Blocks, loaded: Blocks, unfit: Flags, origin: Origin, tally: Tally) -> None:
    place = {key: row for row, key in enumerate(loaded.keys)}
    rows = np.array([place[key] for key in stored.keys], dtype=np.intp)
    now, outcome, misfits = merged_blocks(stored, loaded.take(rows))
    unfit[rows] = misfits
    tally.accepted += int(outcome.changed.sum())
    tally.kept_out += int(outcome.kept_out.sum())
    tally.changed_channels.update(now.channel[outcome.changed.any(axis=1)].tolist())
    _write(now, stored, outcome, origin)


def _write(now: Blocks, stored: Blocks, outcome: Outcome, origin: Origin) -> None:
    changed: Flags = np.any(outcome.changed, axis=1)
    replaced: Flags = np.any(outcome.changed & stored.known, axis=1)
    touched = np.flatnonzero(changed | outcome.restated.any(axis=1))
    kept, updates = [], []
    for place, row in zip(touched.tolist(), encoded(now.take(touched)), strict=True):
        key = (row.channel_id, row.day, row.step, row.phase)
        if replaced[place]:
            kept.append((origin.at, origin.run_id, *key))
        new = (origin.at, origin.run_id) if changed[place] else (None, None)
        updates.append((*row[4:], *new, *key))
    with connection.cursor() as cursor:
        cursor.executemany(_KEEP, kept)
        cursor.executemany(_UPDATE, updates)
